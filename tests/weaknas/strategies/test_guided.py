"""Options of the strategies that are guided by a predictor, each of which changes what is asked for."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

import weaknas
from weaknas.errors import InvalidOption, PluginError
from weaknas.spaces import NasBench201
from weaknas.strategies.evolution import PredictorEvolution
from weaknas.strategies.one_shot import BrpNas, OneShot
from weaknas.strategies.weak import WeakNAS

SPACE = NasBench201()
ROWS = SPACE.enumerate()
WEIGHTS = np.random.default_rng(0).random(30)


def truth(batch):
    return 50 + SPACE.encode(batch) @ WEIGHTS


class Oracle(RegressorMixin, BaseEstimator):
    """Knows the score, and is the less sure the more operations a cell shares with the first one."""

    fits = ()

    def __init__(self, shift=0.0, warm_start=False):
        self.shift = shift
        self.warm_start = warm_start

    def fit(self, X, y):
        Oracle.fits = (*Oracle.fits, (id(self), self.shift, len(X)))
        self.count_ = getattr(self, "count_", 0) + 1
        return self

    def predict(self, X, return_std=False):
        mean = 50 + X @ WEIGHTS + self.shift
        return (mean, X[:, ::5].sum(1)) if return_std else mean


@pytest.fixture(autouse=True)
def forget():
    Oracle.fits = ()


def started(kind=WeakNAS, **options):
    strategy = kind(SPACE, options.pop("predictor", Oracle()), seed=0, **options)
    batch = strategy.ask().batch
    strategy.tell(batch, truth(batch))
    return strategy


def scores_of(strategy, n=10):
    return truth(strategy.ask(n).batch)


BEST = np.sort(truth(ROWS))[::-1]


def test_the_mean_is_greedy_and_the_bound_is_not():
    np.testing.assert_allclose(np.sort(scores_of(started(acquisition="mean", explore=0.0)))[::-1], BEST[:10])
    strategy = started(acquisition="ucb", explore=0.0)
    features = SPACE.encode(strategy.ask(10).batch)
    assert features[:, ::5].sum(1).mean() > SPACE.encode(ROWS)[:, ::5].sum(1).mean() + 1


@pytest.mark.parametrize("acquisition", ["ei", "ucb", "thompson"])
def test_spread_scales_the_deviations(acquisition):
    none, wide = (scores_of(started(acquisition=acquisition, spread=spread, explore=0.0)).mean() for spread in (0, 9))
    assert none == pytest.approx(BEST[:10].mean())
    assert wide < none


def test_deviations_need_a_predictor_that_has_them():
    with pytest.raises(PluginError, match="has no uncertainty"):
        scores_of(started(predictor=weaknas.predictor("knn"), acquisition="ei"))


def test_several_predictors_take_turns():
    strategy = started(predictor=(Oracle(0.0), Oracle(1.0)))
    for _ in range(3):
        batch = strategy.ask().batch
        strategy.tell(batch, truth(batch))
    strategy.ask()
    assert [shift for _, shift, _ in Oracle.fits] == [0.0, 1.0, 0.0, 1.0]
    assert strategy.predictor_name == "Oracle(), Oracle(shift=1.0)"


def test_keeping_the_top_fits_to_fewer():
    counts = {}
    for keep in ("all", "top"):
        Oracle.fits = ()
        strategy = started(keep=keep, pool=30)
        for _ in range(2):
            batch = strategy.ask().batch
            strategy.tell(batch, truth(batch))
        strategy.ask()
        counts[keep] = [n for *_, n in Oracle.fits]
    assert counts["all"] == [10, 20, 30]
    assert counts["top"][0] == 10
    assert counts["top"][1] < 20


@pytest.mark.parametrize(("warm", "fits"), [(False, None), (True, 3)])
def test_a_warm_start_goes_on_with_one_predictor(warm, fits):
    strategy = started(predictor=Oracle(warm_start=warm))
    for _ in range(3):
        batch = strategy.ask().batch
        strategy.tell(batch, truth(batch))
    kept = strategy._warm.get((0, 0))
    assert (kept.count_ if kept else None) == fits
    assert len(Oracle.fits) == 3


def test_candidates_limit_what_is_scored():
    assert scores_of(started(acquisition="mean", explore=0.0, candidates=100)).mean() < BEST[:10].mean()


def test_one_shot_fits_once_and_walks_down():
    strategy = started(OneShot, initial=20)
    for start in (0, 10):
        batch = strategy.ask(10).batch
        found = truth(batch)
        strategy.tell(batch, found)
        assert (found >= BEST[start + 9 + 20]).all()  # at most the twenty initial ones are passed over
    assert len(Oracle.fits) == 1


def test_brp_nas_trains_in_rounds_and_then_walks_down():
    strategy = started(BrpNas, train=30, batch=10)
    sizes = []
    for _ in range(5):
        sizes.append(strategy.wants)
        batch = strategy.ask().batch
        strategy.tell(batch, truth(batch))
    assert sizes == [10] * 5
    assert [n for *_, n in Oracle.fits] == [10, 20, 30]
    assert truth(batch).min() > BEST[100]


def test_inner_evolution_climbs_further_with_more_generations():
    few, many = (scores_of(started(PredictorEvolution, generations=n, population=20)).mean() for n in (1, 30))
    assert many > few


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("weaknas", {"acquisition": "best"}, "acquisition is one of uniform, mean"),
        ("weaknas", {"keep": "some"}, "keep is one of all, top"),
        ("weaknas", {"spread": -1}, "spread is a factor from 0"),
        ("weaknas", {"candidates": 0}, "candidates is a whole number from 1"),
        ("npenas", {"predictor": "mlp", "parents": 0}, "parents is a whole number from 1"),
        ("npenas", {"predictor": "mlp", "acquisition": "ei"}, "acquisition is one of mean, thompson"),
        ("evolution", {"population": 3}, "population is a whole number from 4"),
        ("brp-nas", {"predictor": "mlp", "train": 1}, "train is a whole number from 2"),
        ("local-search", {"initial": 0}, "initial is a whole number from 1"),
        ("hyperband", {"fidelities": (6,)}, "two or more numbers of epochs"),
        ("hyperband", {"fidelities": (1, 6), "eta": 1}, "eta is a whole number from 2"),
    ],
)
def test_options_outside_their_range_are_refused(name, options, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.strategy(name, SPACE, **options)


@pytest.mark.parametrize(("candidates", "scored"), [(100, 100), (SPACE.size, SPACE.size), ("all", SPACE.size)])
def test_a_space_of_no_more_than_the_candidates_is_scored_whole(candidates, scored):
    strategy = WeakNAS(SPACE, "ridge", candidates=candidates, seed=0)
    batch = strategy.ask().batch
    strategy.tell(batch, truth(batch))
    strategy.ask()
    assert 0.9 * scored <= len(strategy._ranking.mean) <= scored


def test_the_favourite_is_the_first_of_the_last_fit_evaluated_or_not():
    strategy = started(explore=0.0)
    assert strategy.recommend() is None
    strategy.ask()
    best = ROWS[np.argmax(truth(ROWS))]
    assert strategy.recommend().tolist() == [best.tolist()]
    strategy.tell(best[None], truth(best[None]))
    strategy.ask()
    assert strategy.recommend().tolist() == [best.tolist()]
    assert weaknas.strategy("random", SPACE).recommend() is None
