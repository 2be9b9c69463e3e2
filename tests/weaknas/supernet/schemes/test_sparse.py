import re
from collections import deque
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import weaknas
from weaknas.errors import InvalidOption, WeaknasError
from weaknas.supernet import Mix, make_supernet
from weaknas.supernet.schemes import Sparse

CELLS = f"{Path(__file__).parents[4] / 'docs/examples/cells.py'}:Cells"


consume = deque(maxlen=0).extend


@pytest.fixture
def cells():
    return weaknas.space(CELLS, channels=4, classes=10, side=15)


@pytest.fixture
def on_cells(cells):
    """Make a scheme attached to a supernet of cells, its optimiser and the supernet; of 100 steps."""

    def make(**options):
        torch.manual_seed(0)
        scheme, supernet = Sparse(**options), make_supernet(cells).train()
        scheme.prepare(cells, 100)
        scheme.attach(supernet)
        return scheme, scheme.arch_optimizer(), supernet

    return make


@pytest.fixture
def learn(make_step):
    """Take an architecture step and return it."""

    def one(scheme, optimizer, supernet, number=10):
        step = make_step(supernet, number)
        optimizer.zero_grad()
        scheme.arch_step(step)
        optimizer.step()
        return step

    return one


def test_none_is_zero_from_the_start_and_does_not_count(on_cells, learn):
    parts = on_cells()
    assert [float(weight[0]) for weight in parts[0].weights().values()] == [0] * 6
    assert parts[0].descent.groups == [[4 * edge + option for option in (1, 2, 3)] for edge in range(6)]
    step = learn(*parts)
    assert (step.logs["options_left"], step.logs["zeros"]) == ([18], [0])
    assert [float(weight[0]) for weight in parts[0].weights().values()] == [0] * 6


def test_groups_are_the_nodes_of_the_space(cells, on_cells):
    joined = {"first": cells.choices[:3], "second": cells.choices[3:]}
    cells.nodes = joined
    scheme, _, _ = on_cells()
    assert scheme.descent.groups == [
        [i for i in range(12) if i % 4],
        [i for i in range(12, 24) if i % 4],
    ]


def test_scales_of_normalisations_are_frozen(on_cells):
    _, _, supernet = on_cells()
    frozen = [name for name, value in supernet.named_parameters() if not value.requires_grad]
    norms = [name for name, module in supernet.named_modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert sorted(frozen) == sorted(f"{norm}.{part}" for norm in norms for part in ("weight", "bias"))


@pytest.mark.parametrize(("optimizer", "rate"), [("adam-hapg", 0.003), ("hapg", 0.5)])
def test_lam1_leaves_out_options_and_lam2_nodes(on_cells, learn, optimizer, rate):
    left = []
    for lam1, lam2 in ((0.0, 0.0), (0.02, 0.0), (0.0, 0.02)):
        parts = on_cells(optimizer=optimizer, arch_rate=rate, lam1=lam1, lam2=lam2)
        consume(learn(*parts, number) for number in range(10, 26))
        left.append({int(mask.sum()) for mask in parts[0].selection().active.values()})
    assert left[0] == {3}
    assert left[1] & {1, 2}
    assert left[2] == {0, 3}


def test_what_is_zero_is_not_computed_and_does_not_return(on_cells, learn, make_step):
    scheme, descent, supernet = on_cells(lam1=0.0, lam2=0.0)
    with FlopCounterMode(display=False) as whole:
        scheme.step(make_step(supernet))
    with torch.no_grad():
        for weight in list(scheme.weights().values())[:3]:
            weight[3] = 0  # the 3x3 convolutions of the first cell
    with FlopCounterMode(display=False) as less:
        scheme.step(make_step(supernet))
    images, pixels, passes = 8, 15 * 15, 3
    assert (whole.get_total_flops() - less.get_total_flops()) == 3 * 2 * passes * 4 * 4 * 9 * images * pixels
    for number in range(10, 14):
        step = learn(scheme, descent, supernet, number)
    assert step.logs["options_left"] == [15]
    assert step.logs["zeros"] == pytest.approx([3 / 18])


def test_the_strongest_option_is_derived_and_none_where_all_are_zero(on_cells):
    scheme, _, _ = on_cells()
    with torch.no_grad():
        for number, weight in enumerate(scheme.weights().values()):
            weight.copy_(torch.tensor([0.0, 0.1, -0.5, 0.2]) * (number != 4))
    assert scheme.space.to_str(scheme.derive()) == ["conv1x1|conv1x1|conv1x1|conv1x1|none|conv1x1"]
    selection = scheme.selection()
    assert isinstance(selection, Mix)
    assert [mask.tolist() for mask in selection.active.values()] == [
        [False] + [number != 4] * 3 for number in range(6)
    ]


def test_nothing_left_is_said_with_the_largest_lambda_that_leaves_something(on_cells, learn):
    parts = on_cells(lam1=500.0, lam2=300.0, ramp=0.4)
    with pytest.raises(WeaknasError, match="leaves no path through cells") as caught:
        learn(*parts)
    said = re.match(
        r"step 11 with lam1=12.5 and lam2=7.5 leaves no path through cells; ([\d.]+)% of them would", str(caught.value)
    )
    share = float(said[1]) / 100
    for factor, leaves in ((share - 0.001, True), (share + 0.001, False)):
        scheme, descent, supernet = on_cells(lam1=12.5 * factor, lam2=7.5 * factor)
        if leaves:
            learn(scheme, descent, supernet)
            assert scheme.raw.coefficients.any()
        else:
            with pytest.raises(WeaknasError, match="no path"):
                learn(scheme, descent, supernet)


def test_a_cell_that_is_cut_is_nothing_though_edges_are_left(learn):
    space = weaknas.space("nasbench201", channels=4, stage=1, side=16, classes=10)
    scheme, supernet = Sparse(optimizer="hapg", arch_rate=0.01, lam1=30.0, lam2=0.0), make_supernet(space).train()
    scheme.prepare(space, 100)
    scheme.attach(supernet)
    descent = scheme.arch_optimizer()
    with torch.no_grad():
        scheme.raw.coefficients.zero_()
        scheme.weights()["op0-1"][2] = 1.0
        scheme.weights()["op1-3"][2] = 0.2  # below the threshold
    with pytest.raises(WeaknasError, match="leaves no path through nasbench201"):
        learn(scheme, descent, supernet)
    assert scheme.weights()["op0-1"][2] > 0.5
    assert not scheme.weights()["op1-3"].any()


def test_a_choice_without_none_keeps_its_strongest(attached, learn, watched, small):
    scheme = attached(partial(Sparse, lam1=100.0))
    descent = scheme.arch_optimizer()
    with torch.no_grad():
        scheme.raw.coefficients.mul_(torch.linspace(0.5, 1, len(scheme.raw.coefficients)))
    strongest, before = scheme.derive(), scheme.weights()
    kept = {name: weight.max().item() for name, weight in before.items()}
    for number in (10, 11):
        learn(scheme, descent, watched, number)
    assert [(weight != 0).sum().item() for weight in scheme.weights().values()] == [1] * len(small.choices)
    assert {name: weight.max().item() for name, weight in scheme.weights().items()} == kept
    np.testing.assert_array_equal(scheme.derive(), strongest)


def test_lambda_rises_and_the_coefficients_do_not_learn_at_first(on_cells, learn):
    scheme, descent, supernet = on_cells(lam1=2e-4, lam2=1e-4, frozen=0.2, ramp=0.4)
    assert [scheme.searches(number) for number in (0, 19, 20, 99)] == [False, False, True, True]
    for number, share in ((20, 1 / 40), (39, 0.5), (59, 1.0), (99, 1.0)):
        learn(scheme, descent, supernet, number)
        assert descent.param_groups[0]["lam1"] == pytest.approx(2e-4 * share)
        assert descent.param_groups[0]["lam2"] == pytest.approx(1e-4 * share)


def test_costs_are_logged_every_ten_steps(on_cells, learn):
    scheme, descent, supernet = on_cells()
    for number, logged in {10: True, 11: False, 20: True, 99: True}.items():
        step = learn(scheme, descent, supernet, number)
        assert ("found_macs" in step.logs and "found_params" in step.logs) == logged


@pytest.mark.parametrize(
    "options",
    [{"lam1": -1}, {"lam2": "much"}, {"optimizer": "adam"}, {"arch_rate": 0}, {"ramp": 1.5}, {"frozen": -0.1}],
)
def test_options_out_of_range_are_refused(cells, options):
    with pytest.raises(InvalidOption, match=f"{next(iter(options))} of sparse"):
        Sparse(**options).prepare(cells, 10)


def test_a_ramp_that_does_not_end_is_refused(cells):
    with pytest.raises(InvalidOption, match="frozen and ramp of sparse"):
        Sparse(frozen=0.6, ramp=0.6).prepare(cells, 10)
