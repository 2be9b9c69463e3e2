import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import Choices, NasBench201
from weaknas.strategies.lanas import LaNAS

SPACE = NasBench201()
LARGE = Choices({f"c{i}": range(4) for i in range(12)})


def score(batch):
    return batch.astype(float) @ np.arange(1, batch.shape[1] + 1)


def told(space=SPACE, known=60, **options):
    strategy = LaNAS(space, initial=known, seed=0, **options)
    batch = strategy.ask(known).batch
    strategy.tell(batch, score(batch))
    return strategy


def leaves(node):
    return [leaf for half in node.halves for leaf in leaves(half)] if node.halves else [node]


def test_it_draws_from_the_good_part():
    strategy = told(cp=0, encoding="onehot", known=300)
    near, everything = score(strategy.ask(100).batch), score(SPACE.enumerate())
    assert near.min() > np.median(everything)
    assert np.median(near) > np.quantile(everything, 0.9)


def test_the_halves_of_a_node_share_what_is_known_and_all_candidates():
    strategy = told()
    strategy.ask()
    root = strategy._root
    good, bad = root.halves
    assert good.value > root.value > bad.value
    assert np.array_equal(np.sort(np.concatenate([good.members, bad.members])), np.arange(SPACE.size))


def test_more_exploration_walks_to_more_leaves():
    visited = {}
    for cp in (0.0, 2.0):
        strategy = told(cp=cp)
        batch = strategy.ask(100).batch
        rows = strategy._memory.identify(batch)
        visited[cp] = sum(np.isin(rows, leaf.members).any() for leaf in leaves(strategy._root))
    assert visited[0.0] == 1
    assert visited[2.0] > 4


@pytest.mark.parametrize("depth", [2, 4])
def test_the_tree_is_as_deep_as_wanted(depth):
    strategy = told(depth=depth, known=200)
    strategy.ask()
    assert max(leaf.level for leaf in leaves(strategy._root)) == depth


def test_a_half_keeps_enough_of_what_is_known():
    fewest = {}
    for leaf in (1, 10):
        strategy = told(leaf=leaf, depth=8)
        strategy.ask(100)
        fewest[leaf] = min(len(node.known) for node in leaves(strategy._root))
    assert fewest[1] < 10 <= fewest[10]


def test_a_leaf_without_new_architectures_is_passed_over():
    strategy = told(cp=0)
    asked = np.concatenate([strategy.ask(2000).batch for _ in range(3)])
    assert len(np.unique(SPACE.code(asked))) == 6000
    good, bad = strategy._root.halves
    assert good.visits + bad.visits == strategy._root.visits == 6060


def test_on_a_large_space_it_draws_candidates():
    strategy = told(LARGE, candidates=500)
    near = score(strategy.ask(20).batch)
    assert len(strategy._root.members) <= 500
    assert near.mean() > np.quantile(score(LARGE.sample(1000, np.random.default_rng(0))), 0.85)


def test_scores_in_another_unit_give_the_same_search():
    searches = []
    for unit in (1.0, 1000.0):
        strategy = LaNAS(SPACE, seed=0)
        for _ in range(4):
            batch = strategy.ask().batch
            strategy.tell(batch, unit * score(batch))
        searches.append(strategy._memory.batch)
    assert np.array_equal(*searches)


def test_another_encoding_splits_otherwise():
    first, second = (told(encoding=kind, cp=0).ask().batch for kind in ("onehot", "wl"))
    assert not np.array_equal(first, second)


def test_several_predictors_take_turns(monkeypatch):
    fitted, rounds = LaNAS._fitted, []

    def record(strategy, known):
        predictors, encoding = fitted(strategy, known)
        rounds[-1].update(type(predictor).__name__ for predictor in predictors)
        return predictors, encoding

    monkeypatch.setattr(LaNAS, "_fitted", record)
    strategy = told(predictor=["ridge", "knn"])
    for _ in range(3):
        rounds.append(set())
        batch = np.concatenate([strategy.ask(1).batch, strategy.ask(30).batch])
        strategy.tell(batch, score(batch))
    assert rounds == [{"Ridge"}, {"KNN"}, {"Ridge"}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 1}, "depth is a whole number from 2"),
        ({"leaf": 0}, "leaf is a whole number from 1"),
        ({"cp": -1.0}, "cp is a weight from 0"),
        ({"cp": float("nan")}, "cp is a weight from 0"),
    ],
)
def test_options_outside_their_range_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        LaNAS(SPACE, **options)
