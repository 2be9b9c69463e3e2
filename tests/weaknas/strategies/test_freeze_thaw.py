import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201
from weaknas.strategies.freeze_thaw import FreezeThaw

SPACE = NasBench201()
FIDELITIES = (1, 2, 6)


def final(batch, noise=1.0):
    """A made-up final score: a number from 0 to 100 that is worth nothing to a model of architectures."""
    return SPACE.code(batch).astype(float) * 7919 % 10_000 / 100


def scores(batch, fidelity, noise):
    """What is measured at a fidelity: the final score less what is missing yet, give or take the noise."""
    drawn = np.random.default_rng(SPACE.code(batch)).normal(0, noise, 2)
    return {1: 0.5 * final(batch) + drawn[0], 2: 0.8 * final(batch) + drawn[1] / 2, None: final(batch)}[fidelity]


def run(strategy, rounds, noise=1.0):
    """Return the architectures asked for at each fidelity."""
    asked = {fidelity: [] for fidelity in (1, 2, None)}
    for _ in range(rounds):
        batch, fidelity = strategy.ask(1)
        asked[fidelity] += batch.tolist()
        strategy.tell(batch, scores(batch, fidelity, noise), fidelity)
    return asked


def test_the_first_are_trained_in_full_then_only_what_may_become_the_best():
    asked = run(FreezeThaw(SPACE, FIDELITIES, initial=5, seed=0), 100)
    assert asked[1][:5] == asked[None][:5]
    assert len(asked[None]) < len(asked[2]) < len(asked[1])
    late = [final(np.array([row]))[0] for row in asked[None][5:]]
    assert min(late) > np.quantile(final(np.array(asked[1])), 0.7)
    best = max(asked[1], key=lambda row: final(np.array([row]))[0])
    assert best in asked[None]  # the best of all that was begun


def test_curves_that_say_little_stop_less():
    counts = [len(run(FreezeThaw(SPACE, FIDELITIES, initial=5, seed=0), 100, noise)[None]) for noise in (0.1, 30)]
    assert counts[0] < counts[1]


def test_the_threshold_decides_what_is_frozen():
    counts = []
    for stop_below in (0.01, 0.3, 1.0):
        strategy = FreezeThaw(SPACE, FIDELITIES, initial=5, stop_below=stop_below, seed=0)
        counts.append(len(run(strategy, 100, noise=10)[None]))
    assert counts[0] > counts[1] > counts[2] == 5


def test_what_was_frozen_is_thawed_when_the_extrapolations_change():
    strategy = FreezeThaw(SPACE, (1, 6), initial=3, seed=0)
    rows = SPACE.enumerate()[:9]
    strategy.tell(rows[:4], [50.0, 50.1, 50.2, 50.0], 1)
    strategy.tell(rows[:3], [70.0, 70.1, 70.2])
    assert strategy.ask(1).fidelity == 1  # 50.0 is bound to end at 70.0, and 70.2 is known
    strategy.tell(rows[4:8], [50.1, 50.0, 50.2, 50.1], 1)
    strategy.tell(rows[4:8], [60.0, 80.0, 61.0, 79.0])  # nothing is bound to happen after all
    strategy.tell(rows[8:], [50.0], 1)
    assert strategy.ask(1).fidelity is None


def test_what_failed_is_not_trained_on_and_teaches_nothing():
    strategy = FreezeThaw(SPACE, (1, 6), initial=3, seed=0)
    rows = SPACE.enumerate()[:8]
    strategy.tell(rows[:6], [10.0, 20.0, 30.0, np.nan, 25.0, 12.0], 1)
    strategy.tell(rows[:4], [20.0, 40.0, np.nan, 60.0])
    batch, fidelity = strategy.ask(1)  # two are trained in full, three are wanted
    assert fidelity is None
    assert batch.tolist() in (rows[4:5].tolist(), rows[5:6].tolist())


@pytest.mark.parametrize(
    ("options", "message"),
    [({"stop_below": 1.5}, "stop_below is a probability from 0 to 1"), ({"initial": 2}, "whole number from 3")],
)
def test_options_outside_their_range_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        FreezeThaw(SPACE, FIDELITIES, **options)
