"""PARSEC as a strategy; what FP-NAS adds is tested beside it."""

import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201, Rows
from weaknas.strategies.parsec import Parsec, Prior

SPACE = NasBench201()
FAST = {"rate": 0.3, "sharpness": 1.0, "ess": 2.0, "centred": True}


def score(batch):
    return 10.0 * (batch == 3).sum(1)


def run(strategy, rounds):
    """Ask and tell, and return what was asked for, round by round."""
    asked = []
    for _ in range(rounds):
        asked.append(strategy.ask().batch)
        strategy.tell(asked[-1], score(asked[-1]))
    return asked


def test_the_distribution_comes_to_the_best_architecture_and_known_samples_cost_nothing():
    strategy = Parsec(SPACE, **FAST, seed=0)
    queries = sum(map(len, run(strategy, 25)))
    assert (strategy.recommend() == 3).all()
    assert strategy.prior.unsure() < 0.3
    assert strategy.drawn > 1.2 * queries


def test_a_generation_is_a_step_as_in_the_paper():
    strategy = Parsec(SPACE, samples=8, **FAST, seed=0)
    by_hand, rng = Prior(SPACE, *FAST.values()), np.random.default_rng(0)
    for _ in range(5):
        samples = by_hand.distribution.sample(8, rng)
        by_hand.learn(samples, score(samples))
        (asked,) = run(strategy, 1)
        assert {row.tobytes() for row in asked} <= {row.tobytes() for row in samples}
    np.testing.assert_array_equal(strategy.prior.distribution.logits.detach(), by_hand.distribution.logits.detach())
    assert strategy.drawn == 6 * 8


def test_late_scores_belong_to_a_later_step():
    strategy = Parsec(SPACE, samples=6, **FAST, seed=0)
    batch = strategy.ask(12).batch
    entropies = [strategy.prior.entropy()]
    for part in (batch[:5], batch[5:6], batch[6:]):
        strategy.tell(part, score(part))
        entropies.append(strategy.prior.entropy())
    assert entropies[0] == entropies[1] != entropies[2] != entropies[3]


def test_what_is_reserved_is_waited_for():
    strategy, same = (Parsec(SPACE, samples=4, **FAST, seed=0) for _ in range(2))
    sample = same.ask(1).batch
    strategy.reserve(sample)
    asked = strategy.ask().batch
    assert (asked != sample).any(1).all()
    begin = strategy.prior.entropy()
    strategy.tell(asked, score(asked))
    assert strategy.prior.entropy() == begin
    strategy.tell(sample, score(sample))
    assert strategy.prior.entropy() != begin


def test_nothing_is_learned_where_everything_failed():
    strategy = Parsec(SPACE, **FAST)
    begin = strategy.prior.entropy()
    batch = strategy.ask().batch
    strategy.tell(batch, np.full(len(batch), np.nan))
    assert strategy.prior.entropy() == begin


def test_a_list_of_few_architectures_is_learned_and_one_of_it_derived():
    space = Rows(SPACE, SPACE.enumerate()[::97])
    strategy = Parsec(space, **FAST, seed=0)
    run(strategy, 6)
    assert space.is_valid(strategy.recommend()).all()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("samples", 1),
        ("samples", 4.5),
        ("rate", 0),
        ("rate", float("inf")),
        ("sharpness", -1),
        ("ess", 0.5),
        ("centred", "yes"),
    ],
)
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(InvalidOption, match=f"^{option} is "):
        Parsec(SPACE, **{option: value})
