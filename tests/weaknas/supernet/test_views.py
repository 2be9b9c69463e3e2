import numpy as np
import pytest
import torch
from torch import Tensor

from weaknas.spaces import Choice, Elastic
from weaknas.supernet.views import MixView, PathView

OPERATION = Elastic.of(Choice("1<-0", ("none", "skip", "conv")))
WIDTH = Elastic.of(Choice("w", (2, 4)))
WEIGHTS = {"1<-0": torch.tensor([0.5, 0.0, 0.25]), "w": torch.tensor([0.25, 0.75])}


def run(asked):
    """Return what runs an operation of a cell, and notes which."""
    results = {"none": None, "skip": torch.ones(1), "conv": torch.full((1,), 4.0)}
    return lambda name: asked.append(name) or results[name]


def test_a_path_runs_the_operation_that_is_chosen():
    asked = []
    view = PathView({"1<-0": 2})
    assert view.blend(OPERATION, run(asked)) == 4
    assert asked == ["conv"]
    assert PathView({"1<-0": 0}).blend(OPERATION, run(asked)) is None
    assert view.options(OPERATION) == [("conv", None)]


def test_a_mixture_runs_all_operations_unless_some_are_not_active():
    asked = []
    assert MixView(WEIGHTS).blend(OPERATION, run(asked)) == 1
    assert sorted(asked) == ["conv", "none", "skip"]
    asked.clear()
    view = MixView(WEIGHTS, active={"1<-0": np.array([True, False, True]), "w": np.array([True, True])})
    assert view.blend(OPERATION, run(asked)) == 1
    assert sorted(asked) == ["conv", "none"]
    assert [value for value, _ in view.options(WIDTH)] == [2, 4]


def test_a_mixture_masks_the_largest_width():
    view, x = MixView(WEIGHTS), torch.ones(1, 4, 1, 1)
    assert (view.size(WIDTH), PathView({"w": 0}).size(WIDTH)) == (4, 2)
    assert view.mask(x, WIDTH).flatten().tolist() == [1, 1, 0.75, 0.75]
    assert PathView({"w": 0}).mask(x, WIDTH) is x


def test_tables_are_made_once_and_not_kept_from_inference_mode(monkeypatch):
    width = Elastic.of(Choice("w", (2, 4)))
    made, new_tensor = [], Tensor.new_tensor
    monkeypatch.setattr(Tensor, "new_tensor", lambda self, data: made.append(data) or new_tensor(self, data))
    weights = {"w": torch.tensor([0.25, 0.75], requires_grad=True)}
    with torch.inference_mode():
        width.mean(weights)
    for _ in range(3):
        width.mean(weights).backward()
        MixView(weights).mask(torch.ones(1, 4, 1, 1), width).sum().backward()
    assert len(made) == 4  # one within inference mode; afterwards mean, distribution, channels
    width.mean({"w": weights["w"].double()})
    assert len(made) == 5


@pytest.mark.parametrize("view", [PathView({"w": 1}), MixView(WEIGHTS)])
def test_layers_without_a_view_of_their_own_have_the_same(view):
    assert view.within("anything") is view
