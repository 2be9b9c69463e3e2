"""What holds for every strategy."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption, NotFound
from weaknas.spaces import Choices, NasBench101, NasBench201, Rows

SMALL = Choices({"a": range(5), "b": range(4), "c": range(2)})
NAMES = ("random", "regularized-evolution", "weaknas")
every = pytest.mark.parametrize("name", NAMES)


def score(batch):
    return np.asarray(batch, dtype=float) @ np.arange(1, batch.shape[1] + 1)


@every
def test_a_small_space_is_exhausted_without_repeating(name):
    strategy = weaknas.strategy(name, SMALL, seed=0)
    asked = []
    while len(batch := strategy.ask(7).batch):
        assert len(batch) <= 7
        asked.append(batch)
        strategy.tell(batch, score(batch))
    codes = SMALL.code(np.concatenate(asked))
    assert len(codes) == len(np.unique(codes)) == SMALL.size
    assert SMALL.is_valid(np.concatenate(asked)).all()


@every
def test_asking_again_before_telling_gives_other_architectures(name):
    strategy = weaknas.strategy(name, NasBench201(), seed=0)
    first = strategy.ask(120).batch
    strategy.tell(first, score(first))
    asked = [first, *(strategy.ask(3).batch for _ in range(5))]
    codes = NasBench201().code(np.concatenate(asked))
    assert len(np.unique(codes)) == 135


@every
def test_telling_late_in_part_and_of_strangers(name):
    space = NasBench201()
    strategy = weaknas.strategy(name, space, seed=0)
    first, second = strategy.ask(60).batch, strategy.ask(60).batch
    strangers = space.enumerate()[:50]
    strategy.tell(strangers, score(strangers))
    strategy.tell(second[::-1], score(second[::-1]))
    strategy.tell(first[:5], score(first[:5]))
    asked = strategy.ask(20).batch
    codes = space.code(np.concatenate([first, second, strangers, asked]))
    assert len(np.unique(space.code(asked))) == 20
    assert len(np.unique(codes)) >= 20 + len(np.unique(space.code(np.concatenate([first, second]))))


@every
def test_all_evaluations_failing(name):
    strategy = weaknas.strategy(name, SMALL, seed=0)
    for _ in range(4):
        batch = strategy.ask(5).batch
        strategy.tell(batch, np.full(len(batch), np.nan))
    assert len(strategy.ask(5).batch) == 5


@every
def test_runs_on_a_space_too_large_to_enumerate(name):
    space = NasBench101()
    options = {"candidates": 300} if name == "weaknas" else {}
    strategy = weaknas.strategy(name, space, seed=0, **options)
    asked = []
    for _ in range(4):
        batch = strategy.ask(30).batch
        assert space.is_valid(batch).all()
        asked.append(batch)
        strategy.tell(batch, score(batch))
    assert len(np.unique(space.key(np.concatenate(asked)))) == 120


@every
def test_asking_for_none_gives_none(name):
    strategy = weaknas.strategy(name, SMALL, seed=0)
    assert strategy.ask(0).batch.shape == (0, 3)
    batch = strategy.ask(20).batch
    strategy.tell(batch, score(batch))
    assert strategy.ask(0).batch.shape == (0, 3)


@every
def test_options_tell_what_matters(name):
    options = weaknas.strategy(name, SMALL, seed=0).options
    assert not {"seed", "space", "predictor", "jobs"} & set(options)


@every
@pytest.mark.parametrize("seed", [-1, 1.5, "0", None, True])
def test_a_seed_that_is_none_is_refused(name, seed):
    with pytest.raises(InvalidOption, match="a seed is a whole number from 0"):
        weaknas.strategy(name, SMALL, seed=seed)


@every
def test_telling_of_an_architecture_outside_the_space_is_refused(name):
    strategy = weaknas.strategy(name, Rows(SMALL, SMALL.enumerate()[:20]), seed=0)
    with pytest.raises(InvalidArchitecture, match="not among the 20"):
        strategy.tell(SMALL.enumerate()[21:22], [1.0])


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("regularized-evolution", {"population": 5, "sample": 6}, "sample"),
        ("regularized-evolution", {"sample": 0}, "sample"),
        ("weaknas", {"initial": 1}, "initial is a whole number from 2"),
        ("weaknas", {"batch": 0}, "batch is a whole number from 1"),
        ("weaknas", {"pool": 0}, "pool is a whole number from 1"),
        ("weaknas", {"pool": (100, 0)}, "pool is a whole number from 1"),
        ("weaknas", {"explore": 1.5}, "explore is a share from 0 to 1"),
        ("weaknas", {"candidates": 2.5}, "candidates is a whole number"),
        ("weaknas", {"nope": 1}, "'nope'; it takes predictor"),
    ],
)
def test_options_outside_their_range_are_refused(name, options, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.strategy(name, SMALL, **options)


def test_an_unknown_encoding_is_refused_at_once():
    with pytest.raises(NotFound, match="no encoding 'path'"):
        weaknas.strategy("weaknas", SMALL, encoding="path")
