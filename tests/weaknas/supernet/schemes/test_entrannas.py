"""On cells that share their choices, as the example's do not."""

from copy import deepcopy
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import weaknas
from weaknas.distributions import Independent, Thresholded
from weaknas.errors import InvalidOption
from weaknas.spaces import Choice, Choices
from weaknas.supernet import Each, Mix, make_supernet
from weaknas.supernet import Path as One
from weaknas.supernet.schemes import Darts, EnTranNas
from weaknas.supernet.schemes.entrannas import transit_layers
from weaknas.testing.memory import SavedBytes
from weaknas.testing.supernets import randomise

CELLS = f"{Path(__file__).parents[4] / 'docs/examples/cells.py'}:Cells"
Cells = type(weaknas.space(CELLS))
family = Cells.cost.__globals__  # what the example's file defines
EDGES = family["EDGES"]


class SharedSupernet(Cells.supernet):
    """Many cells of the example's edges, the choices of an edge the same in all."""

    layers = ("cell0", "cell1", "cell2", "cell3")
    shares = False

    def __init__(self, space, zero_gamma: bool = False, bn_momentum: float = 0.1) -> None:
        super().__init__(space, zero_gamma, bn_momentum)
        self.edges = nn.ModuleList(deepcopy(ops) for _ in self.layers for ops in self.edges)

    def share_features(self):
        self.shares = True

    def features(self, images, selection):
        view, x = self.view(selection), self.stem(images)
        for cell, layer in enumerate(self.layers):
            seen, nodes = view.within(layer), [x, 0 * x, 0 * x]
            for number, (source, target) in enumerate(EDGES):
                ops = self.edges[3 * cell + number]
                flow = partial(lambda x, ops, name: ops[name](x) if name in ops else None, nodes[source], ops)
                found = seen.blend(self.chosen[number], flow)
                nodes[target] = nodes[target] if found is None else nodes[target] + found
            x = nodes[-1]
        return x.mean((2, 3))


class Shared(Cells):
    """Cells that share their choices; two edges lead into the last node."""

    supernet = SharedSupernet

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.choices = tuple(Choice(f"op{source}-{target}", self.choices[0].options) for source, target in EDGES)
        self.nodes = {"node1": self.choices[:1], "node2": self.choices[1:]}


@pytest.fixture
def space():
    return Shared(channels=4, side=8)


@pytest.fixture
def net(space):
    torch.manual_seed(0)
    return randomise(make_supernet(space)).train()


@pytest.fixture
def make_scheme(space, net):
    def make(kind=EnTranNas, **options):
        scheme = kind(**options)
        scheme.prepare(space, 100)
        scheme.attach(net)
        return scheme

    return make


@pytest.fixture
def sharp(make_scheme):
    """A scheme of which two options of edge 0-1 survive, none of edge 0-2 and one of edge 1-2."""

    def make(**options):
        scheme = make_scheme(threshold=0.5, **options)
        logits = torch.zeros(3, 4)  # none, skip, conv1x1, conv3x3
        logits[0, 0], logits[0, 2], logits[0, 3] = 3.0, 0.2, -3.0
        logits[2, 3] = 9.0
        scheme.distribution.logits.data = logits.flatten()
        return scheme

    return make


@pytest.mark.parametrize(
    ("own", "layers", "transit"),
    [
        (["op"], ("normal0", "normal1", "reduction2", "normal3", "reduction4"), {"normal0", "normal1", "reduction2"}),
        (["1.1", "1.2", "2"], ("1.1", "1.2", "2.1", "2.2"), {"2.1"}),
        (["cell1.0-1", "cell2.0-1"], ("cell1", "cell2"), set()),
        (["cell1"], ("cell1", "cell10", "cell11"), {"cell10"}),
        (["op"], (), set()),
    ],
)
def test_of_the_layers_that_share_their_choices_one_is_the_engine(own, layers, transit):
    space = Choices({f"c{place}": [1, 2] for place in range(len(own))})
    space.choices = tuple(Choice(f"c{place}", ("1", "2"), layer) for place, layer in enumerate(own))
    assert set(transit_layers(space, layers, "last")) == transit
    assert len(transit_layers(space, layers, "first")) == len(transit)


@pytest.mark.parametrize(("engine", "transit"), [("first", [1, 2, 3]), ("last", [0, 1, 2])])
@pytest.mark.parametrize("sparsify", [True, False])
def test_transit_cells_run_what_the_engine_has_come_to(make_scheme, net, engine, transit, sparsify):
    found = make_scheme(engine=engine, sparsify=sparsify).selection()
    assert isinstance(found, Each)
    assert list(found.selections) == [f"cell{number}" for number in transit]
    assert isinstance(found.otherwise, Mix)
    assert all(isinstance(one, Mix if sparsify else One) for one in found.selections.values())


def test_without_sparsifying_the_derived_network_runs_in_transit_cells(make_scheme, space):
    scheme = make_scheme(sparsify=False)
    assert type(scheme.distribution) is Independent
    found = scheme.selection()
    np.testing.assert_array_equal(found.selections["cell0"].arch, scheme.derive())
    np.testing.assert_array_equal(
        scheme.derive(), space.strongest({k: v.numpy() for k, v in scheme.weights().items()})
    )
    assert found.otherwise.weights["op0-1"].sum().item() == pytest.approx(1)


def test_transit_cells_add_what_survives_without_weights(sharp):
    found = sharp().selection()
    engine, transit = found.otherwise, found.selections["cell0"]
    kept = {"op0-1": [0, 1, 1, 0], "op0-2": [1, 0, 0, 0], "op1-2": [0, 0, 0, 1]}
    for name, wanted in kept.items():
        assert transit.weights[name].tolist() == wanted
        assert (engine.weights[name] > 0).tolist() == transit.active[name].tolist() == engine.active[name].tolist()
        assert engine.active[name].tolist() == [bool(number) for number in wanted]
    assert 0 < engine.weights["op0-1"][1].item() < engine.weights["op0-1"][2].item() < 1


def test_what_is_found_is_the_strongest_survivor_of_each_choice(sharp, space):
    scheme = sharp()
    assert space.to_str(scheme.derive()) == ["conv1x1|none|conv3x3"]
    assert scheme.weights()["op0-2"].tolist() == [1, 0, 0, 0]


def test_what_is_zero_is_not_computed_and_changes_nothing(sharp, net, images):
    selection = sharp().selection()
    dense = Each(
        {name: Mix(one.weights) for name, one in selection.selections.items()}, Mix(selection.otherwise.weights)
    )
    x, macs, logits = images(2, 8), [], []
    for one in (selection, dense):
        with torch.no_grad(), FlopCounterMode(display=False) as flops:
            logits.append(net.eval()(x, one))
        macs.append(flops.get_total_flops())
    torch.testing.assert_close(*logits)
    assert macs[0] < 0.5 * macs[1]


def test_gradients_reach_survivors_and_thresholds_from_the_engine_alone(sharp, make_step, net):
    scheme = sharp()
    scheme.arch_step(make_step(net))
    gradient = scheme.distribution.logits.grad.view(3, 4).abs()
    assert (gradient > 1e-4 * gradient.max()).tolist() == [[False, True, True, False], [False] * 4, [False] * 4]
    assert scheme.distribution.beta.grad[0] != 0


def test_weights_learn_in_all_cells(sharp, make_step, net):
    sharp().step(make_step(net))
    convolutions = [net.edges[3 * cell]["conv1x1"][1].weight for cell in range(4)]
    assert all(weight.grad.any() for weight in convolutions)
    assert all(net.edges[3 * cell]["conv3x3"][1].weight.grad is None for cell in range(4))


@pytest.mark.parametrize("sharing", [True, False])
def test_features_are_shared_if_wanted(make_scheme, net, sharing):
    make_scheme(sharing=sharing)
    assert net.shares == sharing


@pytest.mark.parametrize("sparsify", [True, False])
def test_a_step_keeps_less_than_one_of_darts(make_scheme, make_step, net, sparsify):
    kept = {}
    for kind, options in ((Darts, {}), (EnTranNas, {"sparsify": sparsify, "threshold": 0.99})):
        scheme = make_scheme(kind, **options)
        if sparsify and kind is EnTranNas:
            scheme.distribution.temperature.fill_(1e-4)
        step = make_step(net)
        with SavedBytes() as counted:
            step.logits(scheme.selection())
        kept[kind] = counted.peak
    assert kept[EnTranNas] < 0.6 * kept[Darts]


def test_thresholds_and_survivors_are_logged(sharp, make_step, net):
    scheme, step = sharp(), make_step(net)
    scheme.arch_step(step)
    assert step.logs["survivors"][0].item() == 3
    assert step.logs["threshold"][0].item() == pytest.approx(0.5)
    assert step.logs["entropy"][0].item() > 0


def test_thresholds_do_not_decay(make_scheme):
    logits, beta = make_scheme(threshold=0.2).arch_optimizer().param_groups
    assert (logits["weight_decay"], beta["weight_decay"]) == (1e-3, 0)
    assert logits["lr"] == beta["lr"] == 3e-4
    assert len(make_scheme(sparsify=False).arch_optimizer().param_groups) == 1


def test_the_temperature_falls_with_the_share_of_the_run_that_has_passed(make_scheme, make_step, net):
    scheme = make_scheme(temperature=2.0, cooling=0.01)
    for number, wanted in ((0, 2.0), (50, 0.2), (100, 0.02)):
        scheme.step(make_step(net, number))
        assert scheme.distribution.temperature.item() == pytest.approx(wanted)


def test_what_survives_keeps_to_a_constraint_when_it_is_derived(sharp, space):
    bound = space.cost(sharp().derive()).macs[0] - 1
    scheme = sharp(constraint=f"macs <= {bound}")
    assert space.cost(scheme.derive()).macs[0] <= bound
    assert isinstance(scheme.distribution, Thresholded)


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0},
        {"threshold": 1.0},
        {"temperature": 0},
        {"cooling": 2},
        {"engine": "middle"},
        {"sparsify": "yes"},
        {"sharing": 1},
    ],
)
def test_options_out_of_range_are_refused(space, options):
    with pytest.raises(InvalidOption, match=f"{next(iter(options))} of entrannas"):
        EnTranNas(**options).prepare(space, 10)
