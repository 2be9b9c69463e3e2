from typing import ClassVar

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201, Rows
from weaknas.strategies.weak import WeakNAS

SPACE = NasBench201()


class Oracle:
    """A predictor that knows the score: the onehot features, weighted so that no two cells score the same."""

    fitted: ClassVar[list[int]] = []

    def get_params(self, deep=True):
        return {}

    def __sklearn_clone__(self):
        return Oracle()

    def fit(self, X, y):
        Oracle.fitted.append(len(X))
        return self

    def predict(self, X):
        return X @ np.random.default_rng(0).random(X.shape[1])


def truth(batch):
    return Oracle().predict(SPACE.encode(batch))


def ranked():
    rows = SPACE.enumerate()
    return rows[np.argsort(-truth(rows), kind="stable")]


def start(**options):
    strategy = WeakNAS(SPACE, Oracle(), **{"seed": 0, "initial": 10, "batch": 10, "explore": 0.0, **options})
    batch = strategy.ask().batch
    strategy.tell(batch, truth(batch))
    return strategy


def test_the_pool_is_the_best_predicted():
    batch = start(pool=40).ask().batch
    top = SPACE.code(ranked()[:40])
    assert np.isin(SPACE.code(batch), top).all()
    assert not np.isin(SPACE.code(batch), top[:10]).all()


def test_a_pool_of_the_size_of_the_batch_is_greedy():
    batch = start(pool=10).ask().batch
    assert set(SPACE.code(batch).tolist()) == set(SPACE.code(ranked()[:10]).tolist())


def test_where_the_pool_runs_dry_the_best_of_the_rest_follow_in_order():
    strategy = start(pool=12)
    first = strategy.ask(10).batch
    strategy.tell(first, truth(first))
    second = strategy.ask(10).batch
    seen = set(SPACE.code(strategy._memory.batch).tolist())
    expected = [code for code in SPACE.code(ranked()).tolist() if code not in seen][:10]
    assert SPACE.code(second).tolist() == expected


def test_explore_is_kept_exactly_over_time():
    strategy = start(pool=1000, explore=0.3)
    top = set(SPACE.code(ranked()[:1000]).tolist())
    outside = 0
    for _ in range(40):
        batch = strategy.ask(1).batch
        outside += int(SPACE.code(batch)[0]) not in top
        strategy.tell(batch, truth(batch))
    assert 8 <= outside <= 12  # 12 explore, of which one in fifteen falls into the pool by chance
    assert start(pool=1000, explore=1.0)._chosen(10)[0].shape[0] == 0


def test_a_model_is_fitted_once_per_round_of_news():
    Oracle.fitted.clear()
    strategy = start()
    for _ in range(3):
        strategy.ask(2)
    assert Oracle.fitted == [10]
    strategy.tell(SPACE.enumerate()[:4], truth(SPACE.enumerate()[:4]))
    strategy.ask(2)
    assert Oracle.fitted == [10, 14]


def test_the_schedule_of_the_pool_shrinks_geometrically():
    strategy = start(pool=(1000, 20), pool_rounds=5)
    sizes = []
    for rounds in range(1, 8):
        strategy._rounds = rounds
        sizes.append(strategy._pool_size())
    assert sizes[0] == 1000
    assert sizes[4:] == [20, 20, 20]
    assert sizes[:5] == sorted(sizes[:5], reverse=True)
    assert sizes[0] - sizes[1] > sizes[1] - sizes[2] > sizes[2] - sizes[3]
    fixed = start(pool=7)
    fixed._rounds = 3
    assert fixed._pool_size() == 7


def test_predictor_by_name_gets_its_seed_from_the_strategy(toy):
    histories = [
        weaknas.search(toy, WeakNAS(toy.space, "mlp", seed=seed, explore=0.0, pool=10), 30).history["arch"].tolist()
        for seed in (5, 5, 6)
    ]
    assert histories[0] == histories[1] != histories[2]


@pytest.mark.parametrize("encoding", [None, "onehot", "path:20+counts"])
def test_encodings(toy, encoding):
    strategy = WeakNAS(toy.space, "random-forest", encoding=encoding)
    result = weaknas.search(toy, strategy, 30)
    assert result.options["encoding"] == (encoding or "onehot")


def test_it_searches_better_than_chance(toy):
    regrets = {}
    for name in ("random", "weaknas"):
        best = [weaknas.search(toy, weaknas.strategy(name, toy.space, seed=s), 100).best.valid for s in range(3)]
        regrets[name] = toy.optimum.valid - np.mean(best)
    assert regrets["weaknas"] < 0.5 * regrets["random"]


def test_what_a_search_sees_does_not_depend_on_the_rest_of_the_table(toy, toy_frame):
    """No statistic of the table leaks: other values of rows that are never queried change nothing."""
    first = weaknas.search(toy, WeakNAS(toy.space, seed=1), 40).history
    changed = toy_frame.copy()
    unseen = ~changed["arch"].isin(first["arch"])
    changed.loc[unseen, "valid_acc"] = 99.0
    other = type(toy).from_frame(changed, SPACE, name="toy")
    second = weaknas.search(other, WeakNAS(other.space, seed=1), 40).history
    assert first["arch"].tolist() == second["arch"].tolist()


def test_candidates_of_a_large_space_are_random_ones_and_mutants(monkeypatch):
    from weaknas.spaces import NasBench101

    space = NasBench101()
    strategy = WeakNAS(space, "random-forest", candidates=100, initial=20, seed=0)
    batch = strategy.ask().batch
    strategy.tell(batch, batch.sum(1))
    drawn = strategy._candidates(len)
    assert space.is_valid(drawn).all()
    assert len(drawn) == 100


def test_a_space_given_as_rows_stays_within_them():
    rows = Rows(SPACE, SPACE.enumerate()[::7])
    strategy = WeakNAS(rows, Oracle(), seed=0)
    for _ in range(5):
        batch = strategy.ask().batch
        assert rows.is_valid(batch).all()
        strategy.tell(batch, truth(batch))


def test_the_mean_is_greedy_and_the_bound_is_not(cells):
    np.testing.assert_allclose(
        np.sort(cells.truth(cells.started(acquisition="mean", explore=0.0).ask(10).batch))[::-1], cells.best[:10]
    )
    strategy = cells.started(acquisition="ucb", explore=0.0)
    features = cells.space.encode(strategy.ask(10).batch)
    assert features[:, ::5].sum(1).mean() > cells.space.encode(cells.rows)[:, ::5].sum(1).mean() + 1


@pytest.mark.parametrize("acquisition", ["ei", "ucb", "thompson"])
def test_spread_scales_the_deviations(cells, acquisition):
    none, wide = (
        cells.truth(cells.started(acquisition=acquisition, spread=spread, explore=0.0).ask(10).batch).mean()
        for spread in (0, 9)
    )
    assert none == pytest.approx(cells.best[:10].mean())
    assert wide < none


def test_keeping_the_top_fits_to_fewer(cells):
    counts = {}
    for keep in ("all", "top"):
        cells.Oracle.fits = ()
        strategy = cells.started(keep=keep, pool=30)
        for _ in range(2):
            batch = strategy.ask().batch
            strategy.tell(batch, cells.truth(batch))
        strategy.ask()
        counts[keep] = [n for *_, n in cells.Oracle.fits]
    assert counts["all"] == [10, 20, 30]
    assert counts["top"][0] == 10
    assert counts["top"][1] < 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"acquisition": "best"}, "acquisition is one of uniform, mean"),
        ({"keep": "some"}, "keep is one of all, top"),
        ({"spread": -1}, "spread is a factor from 0"),
        ({"pool": 0}, "pool is a whole number from 1"),
        ({"pool": (100, 0)}, "pool is a whole number from 1"),
        ({"pool": (1, 2, 3)}, "pool is a whole number, or two"),
    ],
)
def test_options_outside_their_range_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.strategy("weaknas", SPACE, **options)
