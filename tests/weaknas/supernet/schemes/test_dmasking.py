from functools import partial
from math import log

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from weaknas.errors import InvalidOption
from weaknas.spaces import UserMobile
from weaknas.supernet import Mix, Path, make_supernet
from weaknas.supernet.schemes import DMasking
from weaknas.testing.memory import SavedBytes


@pytest.fixture
def make_scheme(attached):
    return partial(attached, DMasking)


def test_both_steps_run_a_mixture_of_all_by_weights_drawn_anew(make_scheme, make_step, watched):
    scheme = make_scheme()
    for number in range(2):
        scheme.step(make_step(watched, number))
        scheme.arch_step(make_step(watched, number + 10))
    mixtures = [selection for _, _, selection in watched.ran]
    assert all(isinstance(one, Mix) for one in mixtures)
    texts = {torch.cat(list(one.weights.values())).detach().numpy().tobytes() for one in mixtures}
    assert len(texts) == 4
    assert scheme.distribution.logits.grad.abs().sum() > 0


def test_the_temperature_falls_with_the_share_of_the_run_that_has_passed(make_scheme, make_step, watched):
    scheme = make_scheme(temperature=3.0, cooling=0.01)
    steps = [make_step(watched, number) for number in (0, 50, 100)]
    for step in steps:
        scheme.arch_step(step)
    assert [step.logs["temperature"][0] for step in steps] == pytest.approx([3.0, 0.3, 0.03])
    assert float(scheme.distribution.temperature) == pytest.approx(0.03)


def loss_of(scheme, step):
    """Return the loss of a step with the weights that it draws, and the cost of these."""
    weights = scheme.distribution.weights(np.random.default_rng((0, step.number)))
    with torch.no_grad():
        return float(step.hard(step.supernet(step.images, Mix(weights)))), scheme.space.expected_cost(weights)


@pytest.mark.parametrize(("form", "cost"), [("multiply", "macs"), ("add", "macs"), ("multiply", "params")])
def test_without_a_constraint_the_logarithm_of_the_cost_regularises(make_scheme, make_step, watched, form, cost):
    scheme = make_scheme(form=form, cost=cost, alpha=0.3, power=0.5)
    step = make_step(watched)
    scheme.arch_step(step)
    loss, found = loss_of(scheme, step)
    regulariser = 0.3 * log(float(getattr(found, cost))) ** 0.5
    expected = loss * regulariser if form == "multiply" else loss + regulariser
    assert float(step.losses["arch_loss"][0]) == pytest.approx(expected, rel=1e-4)


def test_a_constraint_puts_a_hinge_in_its_place(make_scheme, make_step, watched, small):
    bound = float(np.quantile(small.cost(small.sample(200, np.random.default_rng(0))).macs, 0.2))
    scheme = make_scheme(constraint=f"macs <= {bound}", beta=2.0)
    step = make_step(watched)
    scheme.arch_step(step)
    loss, found = loss_of(scheme, step)
    assert float(step.losses["arch_loss"][0]) == pytest.approx(loss + 2 * (float(found.macs) / bound - 1), rel=1e-4)
    assert small.cost(scheme.derive()).macs[0] <= bound


def test_no_regulariser_leaves_the_loss(make_scheme, make_step, watched):
    scheme = make_scheme(alpha=0)
    step = make_step(watched)
    scheme.arch_step(step)
    assert float(step.losses["arch_loss"][0]) == pytest.approx(loss_of(scheme, step)[0], rel=1e-4)


@pytest.mark.parametrize(
    "options", [{"temperature": 0}, {"cooling": 2}, {"form": "log"}, {"cost": "latency"}, {"alpha": -1}, {"power": 0}]
)
def test_options_out_of_range_are_refused(small, options):
    with pytest.raises(InvalidOption, match=f"{next(iter(options))} of dmasking"):
        DMasking(**options).prepare(small, 10)


def counted(supernet, *selections):
    """Return the multiply-accumulates of some forward passes, and the bytes kept for their backward passes."""
    images = torch.zeros(8, 3, 16, 16)
    with FlopCounterMode(display=False) as flops, SavedBytes() as kept:
        outputs = [supernet(images, selection) for selection in selections]  # held: one step has them all
    assert len(outputs) == len(selections)
    return flops.get_total_flops() // 2, kept.peak


def test_more_channel_options_cost_nothing_where_layers_of_their_own_cost_each():
    masked, apart = {}, {}
    for options in (2, 4, 16):
        widths = [32 * (i + 1) // options for i in range(options)]
        stages = [{"width": widths, "expansion": 2}]
        space = UserMobile(
            {
                "name": "wide",
                "classes": 4,
                "resolution": 8,
                "stem": {"width": 9},
                "stage": stages,
                "head": {"width": 16},
            }
        )
        scheme = DMasking()
        scheme.prepare(space, 10)
        supernet = make_supernet(space)
        scheme.attach(supernet)
        masked[options] = counted(supernet, Mix(scheme.distribution.weights()))
        apart[options] = counted(supernet, *map(Path, space.enumerate()))
    for options in (4, 16):
        assert masked[options] == pytest.approx(masked[2], rel=0.02)  # but for the masks themselves
    assert apart[16][0] > 6 * apart[2][0] > 6 * masked[16][0]
    assert apart[16][1] > 6 * apart[2][1] > 6 * masked[16][1]
