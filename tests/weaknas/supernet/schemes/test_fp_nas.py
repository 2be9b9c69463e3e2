from functools import partial
from math import log

import numpy as np
import pytest
import torch

from weaknas.distributions import Independent, LayerJoint
from weaknas.errors import InvalidOption
from weaknas.spaces import Choices
from weaknas.supernet.schemes import FpNas


@pytest.fixture
def make_scheme(attached):
    return partial(attached, FpNas)


def test_samples_are_in_proportion_to_the_entropy(make_scheme, make_step, watched, small):
    scheme = make_scheme(samples=12)
    step = make_step(watched)
    scheme.arch_step(step)
    assert step.logs["samples"] == [12]
    with torch.no_grad():
        for weight in scheme.distribution.logits.split(small.options.tolist()):
            weight[0] = 3.0
    expected = 12 * scheme.distribution.entropy().item() / sum(map(log, small.options))
    assert scheme.count() == round(expected) < 12
    with torch.no_grad():
        scheme.distribution.logits *= 20
    assert scheme.count() == 2
    assert make_scheme(least=5, samples=2).count() == 5


def test_lambda_may_be_given_itself(make_scheme, small):
    assert make_scheme(lam=0.25).count() == round(0.25 * sum(map(log, small.options)))


def test_from_the_switch_on_the_distribution_is_joint_and_at_first_the_same(make_scheme, small):
    scheme = make_scheme(switch=0.3)
    with torch.no_grad():
        scheme.distribution.logits.normal_(generator=torch.Generator().manual_seed(0))
    rows = small.sample(20, np.random.default_rng(0))
    before = scheme.distribution.log_prob(rows)
    assert not any(scheme.arch_begin(number) for number in range(30))
    assert isinstance(scheme.distribution, Independent)
    assert scheme.arch_begin(30)
    assert not scheme.arch_begin(31)
    assert isinstance(scheme.distribution, LayerJoint)
    assert scheme.state() == {"joint": True}
    torch.testing.assert_close(scheme.distribution.log_prob(rows), before, rtol=0, atol=1e-5)
    held = {value for group in scheme.arch_optimizer().param_groups for value in group["params"]}
    assert held == set(scheme.modules()["distribution"].parameters())


def test_without_a_switch_it_stays_as_it_is(make_scheme):
    scheme = make_scheme(switch=1)
    assert not any(map(scheme.arch_begin, range(100)))


def test_layers_too_large_for_a_joint_distribution_are_refused_before_the_first_step():
    large = Choices({f"c{n}": range(12) for n in range(4)})
    large.choices = tuple(type(choice)(choice.name, choice.options, "all") for choice in large.choices)
    with pytest.raises(InvalidOption, match="20,736 combinations"):
        FpNas().prepare(large, 10)
    FpNas(switch=1).prepare(large, 10)


@pytest.mark.parametrize("options", [{"samples": 0}, {"lam": 0}, {"lam": -1}, {"least": 1}, {"switch": 1.5}])
def test_options_out_of_range_are_refused(small, options):
    with pytest.raises(InvalidOption, match=f"{next(iter(options))} of fp-nas"):
        FpNas(**options).prepare(small, 10)
