"""The published contract over the spaces of cells, and what cells alone do."""

import copy

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import weaknas
from weaknas.errors import InvalidArchitecture
from weaknas.supernet import Each, Mix, Path, load, make_supernet, onehot, save
from weaknas.testing import SupernetContract
from weaknas.testing.supernets import randomise

SMALL = {"channels": 4, "cells": 3, "side": 8, "classes": 5}
SPACES = {
    "nasbench201": weaknas.space("nasbench201", channels=4, stage=1, side=8, classes=5),
    "darts-edges": weaknas.space("darts-edges", **SMALL),
}
OTHERS = {
    "darts": weaknas.space("darts", **SMALL),
    "darts, imagenet": weaknas.space("darts", **SMALL | {"side": 32, "stem": "imagenet"}),
    "nasnet": weaknas.space("nasnet", **SMALL),
}
EDGES = SPACES["darts-edges"]


def drawn(name):
    torch.manual_seed(0)
    return randomise(make_supernet({**SPACES, **OTHERS}[name])).double().eval()


def images(net, n=2):
    return torch.randn(n, 3, net.network.side, net.network.side, generator=torch.Generator().manual_seed(0)).double()


def soft(space, seed=0):
    rng = np.random.default_rng(seed)
    return {c.name: torch.from_numpy(rng.dirichlet(np.ones(len(c.options)))) for c in space.choices}


def operations_run(net, cell, selection):
    """Return how many operations of a cell are computed in a step."""
    calls = []
    for operation in {operation for operations in cell.edges for operation in operations.values()}:
        operation.register_forward_hook(lambda *_: calls.append(1))
    net(images(net), selection)
    return len(calls)


@pytest.mark.parametrize("name", SPACES)
class TestCells(SupernetContract):
    @pytest.fixture
    def supernet(self, name):
        torch.manual_seed(0)
        return make_supernet(SPACES[name])


@pytest.mark.parametrize("name", OTHERS)
def test_path_mixture_and_extraction_are_one(name):
    contract, net = SupernetContract(), drawn(name)
    contract.images = 2
    contract.test_an_extracted_network_costs_what_the_space_says(copy.deepcopy(net))
    for row in net.space.sample(2, np.random.default_rng(1)):
        contract.one(net, row)


@pytest.mark.parametrize("name", [*SPACES, *OTHERS])
def test_a_cell_sees_a_selection_of_its_own(name):
    net = drawn(name)
    (row,), x, weights = net.space.sample(1, np.random.default_rng(0)), images(net), soft(net.space)
    with torch.no_grad():
        path = net(x, Path(row))
        whole = net(x, Each(dict.fromkeys(net.layers, Path(row)), Mix(weights)))
        mixed = [net(x, Each({layer: Mix(weights)}, Path(row))) for layer in net.layers]
    torch.testing.assert_close(path, whole, rtol=1e-9, atol=1e-9)
    assert all(not torch.allclose(path, logits) for logits in mixed)


@pytest.mark.parametrize("name", [*SPACES, "nasnet"])
def test_what_is_left_of_a_mixture_computes_the_same(name):
    net, rng = drawn(name), np.random.default_rng(0)
    x, weights = images(net), soft(net.space)
    for choice in net.space.choices:
        if choice.kind.endswith("op"):
            weights[choice.name] *= torch.from_numpy(rng.random(len(choice.options)) < 0.5)
    (row,) = net.space.sample(1, rng)
    with torch.no_grad():
        for selection in (Mix(weights), Each({net.layers[0]: Mix(weights)}, Path(row))):
            pruned = net.pruned(selection)
            torch.testing.assert_close(pruned(x), net(x, selection), rtol=1e-9, atol=1e-9)
            assert not pruned.arch
    assert len(list(pruned.modules())) < len(list(net.modules())) / 2


def test_a_mixture_without_a_path_is_refused():
    net = make_supernet(EDGES)
    weights = {name: torch.zeros(8) for name in soft(EDGES)}
    weights["normal.op0-2"][1] = 1.0
    with pytest.raises(InvalidArchitecture, match="without a path"):
        net.pruned(Mix(weights))


def test_sharing_computes_each_operation_of_a_node_once():
    counts = {}
    for shared in (False, True):
        net = drawn("darts-edges")
        if shared:
            net.share_features()
        counts[shared] = operations_run(net, net.cells[0], Mix(soft(EDGES)))
    assert counts == {False: 98, True: 35}  # 14 edges or 5 nodes of 7 operations


def test_a_shared_supernet_is_one_with_equal_weights(tmp_path):
    net = drawn("darts-edges")
    apart = sum(p.numel() for p in net.parameters())
    net.share_features()
    assert sum(p.numel() for p in net.parameters()) < apart / 2
    save(net, tmp_path / "net.safetensors")
    again, x, weights = load(tmp_path / "net.safetensors").net, images(net), soft(EDGES)
    with torch.no_grad():
        torch.testing.assert_close(again(x, Mix(weights)), net(x, Mix(weights)))
        row = EDGES.sample(1, np.random.default_rng(0))
        torch.testing.assert_close(net.subnet(row)(x), net(x, Path(row)))


def test_edges_of_one_hot_weights_cost_what_their_path_costs():
    net, row, macs = drawn("darts-edges"), EDGES.from_str(["darts-v2"]), []
    for selection in (Path(row), Mix(onehot(EDGES, row)), Mix(soft(EDGES))):
        pruned = net.pruned(selection)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            pruned(images(net, 1))
        macs.append(counter.get_total_flops() // 2)
    assert macs[:2] == [EDGES.cost(row).macs[0]] * 2
    assert macs[2] > 5 * macs[0]


def test_the_normalisations_of_an_architecture_are_those_of_its_operations():
    net = drawn("darts-edges")
    row = EDGES.from_str(["darts-v2"])
    weights = net.norm_weights(row)
    assert [len(operation) for operation in weights] == [2, 2, 2, 2, 2, 1]  # sep. convolutions; no skips, poolings
    mine = {p.data_ptr() for p in net.parameters()}
    assert all(value.data_ptr() in mine for operation in weights for value in operation)
