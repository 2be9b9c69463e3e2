import numpy as np
import pytest

from weaknas.distributions import Independent, LayerJoint
from weaknas.errors import InvalidOption
from weaknas.spaces import Choice, Choices, NasBench201
from weaknas.strategies.fp_nas import FpNas
from weaknas.strategies.parsec import Prior

SPACE = NasBench201()
FAST = {"rate": 0.3, "sharpness": 1.0, "ess": 2.0, "centred": True}


def layered():
    """Two layers of two choices each."""
    space = Choices({"a0": [0, 1], "b0": [0, 1], "a1": [0, 1], "b1": [0, 1]})
    space.choices = tuple(Choice(one.name, one.options, f"layer {one.name[1]}") for one in space.choices)
    return space


def run(strategy, rounds):
    for _ in range(rounds):
        batch = strategy.ask().batch
        strategy.tell(batch, 10.0 * batch.sum(1))


def test_samples_follow_the_entropy():
    strategy = FpNas(SPACE, samples=20, switch=1, **FAST, seed=0)
    assert strategy.drawn == 20
    for _ in range(10):
        batch, before = strategy.ask().batch, strategy.drawn
        strategy.tell(batch, 10.0 * batch.sum(1))
        assert strategy.drawn == before + max(2, round(20 * strategy.prior.unsure()))
    assert strategy.prior.unsure() < 0.5


def test_samples_for_each_nat_may_be_given():
    assert FpNas(SPACE, lam=0.5).drawn == round(0.5 * 6 * np.log(5))


@pytest.mark.parametrize(("switch", "joint"), [(0, True), (0.5, False), (1, False)])
def test_the_distribution_becomes_joint_when_a_share_of_the_entropy_is_gone(switch, joint):
    strategy = FpNas(layered(), switch=switch, **FAST)
    assert isinstance(strategy.prior.distribution, LayerJoint) is joint
    run(strategy, 5)
    assert strategy.prior.unsure() < 0.5
    assert isinstance(strategy.prior.distribution, LayerJoint) is (switch < 1)


def test_options_that_go_together_are_learned_after_the_switch():
    """Both or neither of a layer's options: a factorised distribution cannot say that, a joint one can."""
    prior = Prior(layered(), *FAST.values())
    prior.refine()
    rng = np.random.default_rng(0)
    for _ in range(30):
        batch = prior.distribution.sample(30, rng)
        prior.learn(batch, 10.0 * ((batch[:, 0] == batch[:, 1]) + (batch[:, 2] == batch[:, 3])))
    drawn = prior.distribution.sample(100, rng)
    assert ((drawn[:, 0] == drawn[:, 1]) & (drawn[:, 2] == drawn[:, 3])).mean() > 0.9


def test_the_optimiser_goes_on_where_layers_have_one_choice():
    """Then the joint distribution is the independent one, and nothing is to change."""
    prior, joint = (Prior(SPACE, *FAST.values()) for _ in range(2))
    batch = SPACE.sample(8, np.random.default_rng(0))
    for step in range(6):
        if step == 3:
            joint.refine()
        for one in (prior, joint):
            one.learn(batch, 10.0 * batch.sum(1))
    logits = [one.distribution.log_prob(batch).detach().numpy() for one in (prior, joint)]
    np.testing.assert_allclose(*logits, atol=1e-9)


@pytest.mark.parametrize("switch", [0.0, 1.0])
def test_a_state_has_the_distribution_and_the_optimiser_of_both_phases(switch):
    strategy, other = (FpNas(layered(), switch=switch, **FAST, seed=seed) for seed in (0, 1))
    run(strategy, 3)
    other.load_state_dict(strategy.state_dict())
    samples = strategy.prior.distribution.sample(9, np.random.default_rng(0))
    for one in (strategy, other):
        one.prior.learn(samples, samples.sum(1).astype(float))
    logits = [one.prior.distribution.logits.detach() for one in (strategy, other)]
    np.testing.assert_array_equal(*logits)


def test_a_state_from_after_the_switch_goes_on_in_a_strategy_before_it():
    strategy, other = (FpNas(layered(), switch=0.3, **FAST, seed=seed) for seed in (0, 1))
    run(strategy, 5)
    other.load_state_dict(strategy.state_dict())
    kinds = [type(one.prior.distribution) for one in (strategy, other, FpNas(layered(), switch=0.3))]
    assert kinds == [LayerJoint, LayerJoint, Independent]
    np.testing.assert_array_equal(strategy.ask(4).batch, other.ask(4).batch)


@pytest.mark.parametrize(("option", "value"), [("samples", 1), ("lam", 0), ("lam", "high"), ("switch", 1.1)])
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(InvalidOption, match=f"^{option} is "):
        FpNas(SPACE, **{option: value})


def test_a_layer_that_is_too_large_is_refused_before_anything_is_paid_for():
    space = Choices({letter: range(20) for letter in "abcd"})
    space.choices = tuple(Choice(one.name, one.options, "cell") for one in space.choices)
    with pytest.raises(InvalidOption, match="160,000 combinations"):
        FpNas(space)
    assert len(FpNas(space, switch=1).ask().batch)
