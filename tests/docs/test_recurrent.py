"""docs/examples/recurrent.py: a family whose images are characters."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from weaknas.errors import WeaknasError
from weaknas.supernet import Mix, active_options, make_supernet, onehot
from weaknas.supernet import Path as OnePath
from weaknas.testing import SpaceContract

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs/examples/recurrent.py"))
SMALL = EXAMPLE["Recurrent"](steps=2, width=8, length=5)
TOKENS, LABELS = EXAMPLE["windows"](EXAMPLE["corpus"](200), 5)


class TestSpace(SpaceContract):
    @pytest.fixture
    def space(self):
        return SMALL


@pytest.fixture
def supernet():
    torch.manual_seed(0)
    return make_supernet(SMALL).double()


def off(one, other):
    return float((one - other).detach().abs().max())


def test_a_path_a_mixture_and_what_is_extracted_are_one(supernet):
    for row in SMALL.sample(5, np.random.default_rng(0)):
        weights, net = onehot(SMALL, row), supernet.subnet(row)
        path = supernet(TOKENS, OnePath(row))
        for other in (supernet(TOKENS, Mix(weights)), net(TOKENS)):
            assert off(path, other) < 1e-12
        assert sum(value.numel() for value in net.parameters()) == supernet.active_params(row)


def test_what_is_taken_out_of_a_mixture_computes_the_same(supernet):
    weights = {choice.name: torch.randn(5, dtype=torch.double) * torch.arange(5) for choice in SMALL.choices}
    weights["op1-2"][:] = 0
    for mixture in (Mix(weights), Mix(weights, active=active_options(weights))):
        pruned = supernet.pruned(mixture)
        assert off(supernet(TOKENS, mixture), pruned(TOKENS)) < 1e-12
        assert (list(pruned.edges), pruned.arch) == (["0-1", "0-2"], "")
    pruned.edges["0-1"].weight.data.zero_()
    assert supernet.edges["0-1"].weight.any()


def test_a_mixture_without_a_path_is_not_taken_out(supernet):
    weights = {choice.name: torch.full((5,), float(choice.name == "op1-2")) for choice in SMALL.choices}
    with pytest.raises(WeaknasError, match="no path"):
        supernet.pruned(Mix(weights))


def test_the_text_is_the_same_each_time():
    text = EXAMPLE["corpus"](60)
    assert "".join(EXAMPLE["ALPHABET"][number] for number in text[:40]) == "the dog hears the cat. the red bird foll"
    np.testing.assert_array_equal(text, EXAMPLE["corpus"](200)[:60])
    assert (text != EXAMPLE["corpus"](60, seed=1)).any()
    assert [(TOKENS[0, 1:] == TOKENS[1, :-1]).all().item(), LABELS[0].item()] == [True, TOKENS[1, -1].item()]


def test_a_sparse_cell_is_trained_and_taken_out():
    options = {"lam1": 0.05, "lam2": 0.05, "frozen": 0.4, "arch_rate": 0.006}
    supernet, scheme = EXAMPLE["train"](SMALL, "sparse", options, steps=80)
    mixture = scheme.selection()
    pruned = supernet.pruned(mixture)
    assert sum(map(len, pruned.kept.values())) == sum(mask.sum() for mask in mixture.active.values()) < 12
    assert off(supernet(TOKENS, mixture), pruned(TOKENS)) < 1e-5
    loss, macs = EXAMPLE["measured"](SMALL, pruned)
    assert loss < np.log(SMALL.classes)
    assert macs < SMALL.cost(SMALL.from_str(["tanh|tanh|tanh"])).macs[0]
