import numpy as np
import pytest
import torch
from torch import Tensor

from weaknas.errors import InvalidArchitecture, InvalidOption, NotFound
from weaknas.supernet import Each, Mix, Path, active_options, make_supernet, onehot


def draw(space, n=1):
    return space.sample(n, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda w: {k: v for k, v in w.items() if k != "d2"}, "d2"),
        (lambda w: w | {"d2": torch.ones(3)}, "d2"),
        (lambda w: w | {"z": torch.ones(2)}, "z"),
    ],
)
def test_weights_of_other_choices_are_refused(small, change, name):
    weights = onehot(small, draw(small)[0])
    with pytest.raises(InvalidOption, match=rf"choice '{name}' of small has weights of shape"):
        Mix(change(weights)).view(small)
    with pytest.raises(InvalidOption, match=rf"choice '{name}' of small has active options of shape"):
        Mix(weights, active=change(active_options(weights))).view(small)


def test_a_path_is_one_architecture_of_the_space(small):
    with pytest.raises(InvalidArchitecture, match="a path is a single architecture, not 2"):
        Path(draw(small, 2)).view(small)
    with pytest.raises(InvalidArchitecture, match="integer array"):
        Path([0, 1]).view(small)


def test_layers_that_are_none_are_refused(small, images):
    with pytest.raises(NotFound, match=r"there is no layer of small named '7\.1'"):
        make_supernet(small)(images(2, 12), Each({"7.1": Path(draw(small))}, Path(draw(small))))


def test_each_layer_sees_its_own_selection(small):
    first, second = small.sample(2, np.random.default_rng(0))
    path = Path(second)
    each = Each({"1.1": path, "2.1": path}, Path(first, dropout=0.3))
    view = each.view(small)
    assert each.dropout == 0.3
    assert view.within("1.1") is view.within("2.1")
    assert view.within("1.2") is view
    number = small.network.stem.c_out
    assert {view.size(number), view.within("1.1").size(number)} == {8, 16}


def test_onehot_weights_are_made_on_a_device(small):
    row = draw(small)
    assert {weight.device.type for weight in onehot(small, row, "meta").values()} == {"meta"}
    assert {name: int(weight.argmax()) for name, weight in onehot(small, row).items()} == {
        choice.name: row[0, i] for i, choice in enumerate(small.choices)
    }


def test_active_options_come_in_one_transfer(small, monkeypatch):
    weights = {name: weight.requires_grad_() for name, weight in onehot(small, draw(small)).items()}
    transfers, cpu = [], Tensor.cpu
    monkeypatch.setattr(Tensor, "cpu", lambda self: transfers.append(self) or cpu(self))
    found = active_options(weights)
    assert len(transfers) == 1
    assert {name: mask.tolist() for name, mask in found.items()} == {
        name: [value != 0 for value in weight.tolist()] for name, weight in weights.items()
    }
