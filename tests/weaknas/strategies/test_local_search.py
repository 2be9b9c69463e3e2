import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201
from weaknas.strategies.local_search import LocalSearch

SPACE = NasBench201()


def score(batch):
    return batch.astype(float) @ [5, 4, 3, 2, 1, 6]


@pytest.mark.parametrize("improve", [True, False])
def test_it_climbs_to_the_top_of_a_hill(improve):
    strategy = LocalSearch(SPACE, initial=3, query_until_improvement=improve, seed=0)
    asked = [strategy.ask(3).batch]
    strategy.tell(asked[0], score(asked[0]))
    while score(np.concatenate(asked)).max() < 84:
        batch = strategy.ask().batch
        strategy.tell(batch, score(batch))
        asked.append(batch)
        assert len(asked) < 400
    assert sum(map(len, asked)) < 300


def test_neighbours_of_the_best_are_asked_for_one_by_one_or_all_at_once():
    sizes = {}
    for improve in (True, False):
        strategy = LocalSearch(SPACE, initial=3, query_until_improvement=improve, seed=0)
        batch = strategy.ask().batch
        strategy.tell(batch, score(batch))
        sizes[improve] = strategy.wants
        best = batch[np.argmax(score(batch))]
        assert ((strategy.ask().batch != best).sum(1) == 1).all()
    assert sizes[True] == 1
    assert sizes[False] > 10


def test_at_the_top_it_starts_again():
    strategy = LocalSearch(SPACE, initial=2, seed=0)
    top = np.full((1, 6), 4, dtype=np.int8)
    strategy.tell(top, score(top))
    strategy._drawn = 2
    near = strategy._neighbours()
    strategy.tell(near, score(near))
    batch = strategy.ask(2).batch
    assert ((batch != top).sum(1) > 1).any()


def test_it_starts_from_at_least_one():
    with pytest.raises(InvalidOption, match="initial is a whole number from 1"):
        LocalSearch(SPACE, initial=0)
