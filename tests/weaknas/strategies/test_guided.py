"""What strategies that are guided by a predictor share: options that change what is asked for, and pending scores."""

from dataclasses import KW_ONLY, dataclass, field

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption, PluginError
from weaknas.spaces import Choices
from weaknas.strategies.guided import Guided
from weaknas.strategies.weak import WeakNAS

SMALL = Choices({"a": range(5), "b": range(4), "c": range(2)})


def test_deviations_need_a_predictor_that_has_them(cells):
    with pytest.raises(PluginError, match="has no uncertainty"):
        cells.truth(cells.started(predictor=weaknas.predictor("knn"), acquisition="ei").ask(10).batch)


def test_several_predictors_take_turns(cells):
    strategy = cells.started(predictor=(cells.Oracle(0.0), cells.Oracle(1.0)))
    for _ in range(3):
        batch = strategy.ask().batch
        strategy.tell(batch, cells.truth(batch))
    strategy.ask()
    assert [shift for _, shift, _ in cells.Oracle.fits] == [0.0, 1.0, 0.0, 1.0]
    assert strategy.predictor_name == "Oracle(), Oracle(shift=1.0)"


@pytest.mark.parametrize(("warm", "fits"), [(False, None), (True, 3)])
def test_a_warm_start_goes_on_with_one_predictor(cells, warm, fits):
    strategy = cells.started(predictor=cells.Oracle(warm_start=warm))
    for _ in range(3):
        batch = strategy.ask().batch
        strategy.tell(batch, cells.truth(batch))
    kept = strategy._warm.get((0, 0))
    assert (kept.count_ if kept else None) == fits
    assert len(cells.Oracle.fits) == 3


def test_candidates_limit_what_is_scored(cells):
    assert (
        cells.truth(cells.started(acquisition="mean", explore=0.0, candidates=100).ask(10).batch).mean()
        < cells.best[:10].mean()
    )


@pytest.mark.parametrize(("candidates", "scored"), [(100, 100), (15625, 15625), ("all", 15625)])
def test_a_space_of_no_more_than_the_candidates_is_scored_whole(cells, candidates, scored):
    strategy = WeakNAS(cells.space, "ridge", candidates=candidates, seed=0)
    batch = strategy.ask().batch
    strategy.tell(batch, cells.truth(batch))
    strategy.ask()
    assert 0.9 * scored <= len(strategy._ranking.mean) <= scored


def test_the_recommended_one_is_the_first_of_the_last_fit_evaluated_or_not(cells):
    strategy = cells.started(explore=0.0)
    assert strategy.recommend() is None
    strategy.ask()
    best = cells.rows[np.argmax(cells.truth(cells.rows))]
    assert strategy.recommend().tolist() == [best.tolist()]
    strategy.tell(best[None], cells.truth(best[None]))
    strategy.ask()
    assert strategy.recommend().tolist() == [best.tolist()]
    assert weaknas.strategy("random", cells.space).recommend() is None


def test_what_is_evaluated_elsewhere_is_learned_as_the_median_until_it_is_told(cells):
    class Seen(cells.Oracle):
        learned = ()

        def fit(self, X, y):
            Seen.learned = (*Seen.learned, np.array(y))
            return super().fit(X, y)

    strategy = cells.started(predictor=Seen())
    known = strategy._memory.scores
    elsewhere = strategy._memory.candidates(2, np.random.default_rng(1))
    strategy.reserve(elsewhere)
    strategy.ask(1)
    strategy.tell(elsewhere[:1], [77.0])
    strategy.ask(1)
    strategy.tell(elsewhere[1:], [np.nan])
    strategy.ask(1)
    for scores, rest in zip(
        Seen.learned, ([np.median(known)] * 2, [77.0, np.median([*known, 77.0])], [77.0]), strict=True
    ):
        np.testing.assert_allclose(scores, [*known, *rest])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial": 1}, "initial is a whole number from 2"),
        ({"batch": 0}, "batch is a whole number from 1"),
        ({"explore": 1.5}, "explore is a share from 0 to 1"),
        ({"candidates": 2.5}, "candidates is a whole number"),
        ({"candidates": 0}, "candidates is a whole number from 1"),
        ({"jobs": 0}, "jobs is a whole number from 1"),
        ({"nope": 1}, "'nope'; it takes predictor"),
    ],
)
def test_options_outside_their_range_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.strategy("weaknas", SMALL, **options)


def test_a_subclass_declares_its_options_as_fields(cells):
    @dataclass(eq=False, repr=False)
    class Mine(Guided):
        name = "mine"
        _: KW_ONLY
        batch: int = 3
        explore: float = field(default=0.5, init=False)
        margin: float = 1.0

    strategy = cells.started(Mine, margin=2.0)
    assert len(strategy.ask().batch) == 3
    options = {"initial": 10, "batch": 3, "encoding": "onehot", "candidates": "all", "margin": 2.0}
    assert strategy.options == options
    with pytest.raises(TypeError, match="explore"):
        Mine(cells.space, explore=0.1)
