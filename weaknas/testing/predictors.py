"""What every predictor must do, as tests that a plug-in's author inherits."""

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple
from unittest import SkipTest

import numpy as np
from threadpoolctl import threadpool_limits

from .. import doors, scoring
from ..contracts import Scores
from ..defaults import BENCHMARK
from ..errors import plugin_sentence
from ..spaces import Floats, Rows, as_rows
from .estimators import broken_checks
from .running import require

__all__ = ["PredictorContract"]

_REMEDY = "sklearn.utils.validation.validate_data refuses it, in fit, and with reset=False in predict."


class Data(NamedTuple):
    """Encoded architectures of a real benchmark with their scores: some to fit to, others to predict."""

    train: Floats
    scores: Scores
    rest: Floats
    truth: Scores


class PredictorContract:
    """The contract of predictors. Subclass it, give the fixture `predictor`, and every test is inherited.

    The fixture returns a new, unfitted predictor; fast settings are welcome, except for
    `test_it_ranks_better_than_the_mean`. The data are architectures of `benchmark`, in the first encoding that the
    predictor names in its attribute `encodings` (the space's default without it).

    Attributes:
        benchmark: a benchmark that is on this machine; the embedded one, over the NAS-Bench-201 cells.
        size: how many architectures the predictor is fitted to.
    """

    benchmark = BENCHMARK
    size = 60

    # -- fit and predict ------------------------------------------------------------------------------

    def test_it_predicts_one_finite_number_for_each_architecture(self, predictor: Any) -> None:
        """`fit` returns the predictor; `predict` returns `(m,)` finite numbers."""
        data = self._data(predictor)
        with threadpool_limits(1):
            returned = predictor.fit(data.train, data.scores)
        require(returned is predictor, "fit must return the predictor itself (self).")
        for rows in (data.rest, data.rest[:1]):
            self._predicted(predictor, rows)

    def test_it_ranks_better_than_the_mean(self, predictor: Any) -> None:
        """On real measurements it ranks better than chance: Kendall's tau above 0.15."""
        from scipy.stats import kendalltau

        data = self._data(predictor)
        predicted = self._fitted(predictor, data)
        require(bool(np.ptp(predicted) > 0), "it predicts the same number for every architecture.")
        tau = kendalltau(predicted, data.truth).statistic
        require(
            bool(tau > 0.15),
            f"Kendall's tau is {tau:.2f} for {self.size} architectures of {self.benchmark}; it should exceed 0.15 "
            "(are scores negated? higher is better).",
        )

    def test_a_row_is_predicted_alike_alone_and_in_company(self, predictor: Any) -> None:
        """A row's prediction does not depend on the rows beside it."""
        data = self._data(predictor)
        expected = self._fitted(predictor, data)
        part = self._predicted(predictor, data.rest[7:29])
        require(
            np.allclose(part, expected[7:29], rtol=1e-4, atol=1e-3),
            "predictions change with the rows beside them; predict must treat rows one by one (spaces are scored in "
            "blocks).",
        )

    def test_a_fit_forgets_earlier_fits(self, predictor: Any) -> None:
        """Fitting again gives what a fresh predictor gives."""
        if getattr(predictor, "warm_start", False):
            raise SkipTest("it continues from earlier fits, as its attribute warm_start says")
        data = self._data(predictor)
        self._seed(predictor)
        fresh = self._fitted(self._clone(predictor), data)
        scoring.fit(predictor, data.train[:20], -data.scores[:20])
        require(
            np.array_equal(self._fitted(predictor, data), fresh),
            "a second fit on the same object gives other predictions than a fresh one; fit must start anew.",
        )

    def test_it_leaves_its_input_alone(self, predictor: Any) -> None:
        """Neither `fit` nor `predict` writes to its input."""
        data = self._data(predictor)
        before = copy.deepcopy(data)
        self._fitted(predictor, data)
        for name, written in (
            ("X of fit", not np.array_equal(data.train, before.train)),
            ("y of fit", not np.array_equal(data.scores, before.scores)),
            ("X of predict", not np.array_equal(data.rest, before.rest)),
        ):
            require(not written, f"{name} was written to; work on a copy.")

    # -- little and odd data --------------------------------------------------------------------------

    def test_one_architecture_is_enough(self, predictor: Any) -> None:
        """It can be fitted to a single architecture."""
        data = self._data(predictor)
        scoring.fit(predictor, data.train[:1], data.scores[:1])
        self._predicted(predictor, data.rest)

    def test_constant_scores_give_that_constant(self, predictor: Any) -> None:
        """Fitted to equal scores it predicts that score, to within a point."""
        data = self._data(predictor)
        scoring.fit(predictor, data.train[:20], np.full(20, 50.0))
        off = np.abs(self._predicted(predictor, data.rest) - 50).max()
        require(bool(off <= 1), f"fitted to scores that are all 50 it predicts values up to {off:.3g} away.")

    def test_repeated_architectures_are_no_harm(self, predictor: Any) -> None:
        """The same architecture may occur twice, with different scores."""
        data = self._data(predictor)
        twice = np.concatenate([data.train[:20], data.train[:20]])
        scoring.fit(predictor, twice, np.concatenate([data.scores[:20], data.scores[:20] + 0.5]))
        self._predicted(predictor, data.rest)

    # -- bad data -------------------------------------------------------------------------------------

    def test_numbers_that_are_missing_are_refused(self, predictor: Any) -> None:
        """A NaN or an infinity among features or labels is refused by a ValueError."""
        data = self._data(predictor)
        good, labels = data.train[:20], data.scores[:20]
        for bad in (np.nan, np.inf, -np.inf):
            spoilt = np.where(np.arange(20) == 3, bad, labels)
            self._refused(f"fit takes labels with {bad}", functools.partial(predictor.fit, good, spoilt))
        scoring.fit(predictor, good, labels)
        for bad in (np.inf, -np.inf) if self._allows_nan(predictor) else (np.nan, np.inf, -np.inf):
            features = good.copy()
            features[3, 0] = bad
            self._refused(f"predict takes features with {bad}", functools.partial(predictor.predict, features))
            self._refused(f"fit takes features with {bad}", functools.partial(predictor.fit, features, labels))

    def test_other_columns_than_those_of_the_fit_are_refused(self, predictor: Any) -> None:
        """`fit` notes `n_features_in_`; `predict` refuses another number of columns by a ValueError."""
        data = self._data(predictor)
        scoring.fit(predictor, data.train[:20], data.scores[:20])
        noted, columns = getattr(predictor, "n_features_in_", None), data.train.shape[1]
        require(noted == columns, f"n_features_in_ is {noted} after a fit to {columns} columns.")
        for rows in (data.rest[:, :-1], data.rest[:, :1], np.hstack([data.rest, data.rest[:, :1]])):
            self._refused(f"predict takes {rows.shape[1]} columns", functools.partial(predictor.predict, rows))

    def test_the_kind_of_array_does_not_matter(self, predictor: Any) -> None:
        """Frames, and reversed, transposed and read-only arrays, are predicted alike; float64 and lists are taken."""
        import pandas as pd

        data = self._data(predictor)
        expected, rows = self._fitted(predictor, data)[:20], data.rest[:20]
        locked = rows.copy()
        locked.flags.writeable = False
        same: dict[str, Any] = {
            "a DataFrame": pd.DataFrame(rows),
            "a reversed array": rows[::-1].copy()[::-1],
            "a transposed array": np.asfortranarray(rows),
            "a read-only array": locked,
        }
        for kind, features in same.items():
            found = self._taken(predictor, kind, features)
            require(
                np.allclose(found, expected, rtol=1e-4, atol=1e-3), f"{kind} of the same numbers changes predictions."
            )
        for kind, features in {"float64": rows.astype(np.float64), "a list": rows.tolist()}.items():
            found = self._taken(predictor, kind, features)  # neighbours at equal distances may be others
            require(found.shape == (20,) and bool(np.isfinite(found).all()), f"predictions of {kind} are no numbers.")

    # -- a scikit-learn estimator ---------------------------------------------------------------------

    def test_it_is_a_regressor_of_scikit_learn(self, predictor: Any) -> None:
        """scikit-learn's own checks of estimators hold, but for those of its attribute `check_exceptions`."""
        self._parameters(predictor)
        if self.encoding(predictor).startswith("graph"):
            raise SkipTest("scikit-learn's checks have no graphs to fit it to")
        broken = broken_checks(predictor)
        require(not broken, "\n".join(broken))

    def test_before_a_fit_it_says_so(self, predictor: Any) -> None:
        """`predict` before `fit` raises scikit-learn's `NotFittedError`."""
        from sklearn.exceptions import NotFittedError

        data = self._data(predictor)
        for options in ({}, {"return_std": True}) if scoring.has_std(predictor) else ({},):
            try:
                predictor.predict(data.rest, **options)
            except NotFittedError:
                continue
            except Exception as error:
                said = type(error).__name__
            else:
                said = "nothing"
            require(False, f"predict before fit raises {said}; begin it with sklearn's check_is_fitted(self).")

    def test_it_can_be_cloned(self, predictor: Any) -> None:
        """`get_params` returns what `__init__` was given, and scikit-learn's `clone` works."""
        other = self._clone(predictor)
        ours, theirs = self._parameters(predictor), self._parameters(other)
        require(
            list(ours) == list(theirs) and repr(other) == repr(predictor),
            "a clone has other parameters; keep every argument of __init__ unchanged under its own name.",
        )

    def test_the_same_seed_gives_the_same_predictions(self, predictor: Any) -> None:
        """The same data and `random_state` give the same predictions."""
        data = self._data(predictor)
        seeded = self._seed(predictor)
        first, second = (self._fitted(self._clone(predictor), data) for _ in range(2))
        require(
            np.array_equal(first, second),
            "two fits with the same random_state differ; every random choice must come from it."
            if seeded
            else "two fits on the same data differ; give __init__ a parameter random_state=None and draw from it.",
        )

    def test_it_can_be_pickled(self, predictor: Any) -> None:
        """A fitted predictor survives pickling."""
        data = self._data(predictor)
        predicted = self._fitted(predictor, data)
        revived = pickle.loads(pickle.dumps(predictor))
        require(
            np.array_equal(self._predicted(revived, data.rest), predicted),
            "after pickling it predicts something else.",
        )

    def test_deviations_are_not_negative(self, predictor: Any) -> None:
        """`predict(X, return_std=True)` returns the same means and deviations of 0 or more."""
        if not scoring.has_std(predictor):
            raise SkipTest("its predict takes no return_std")
        data = self._data(predictor)
        mean = self._fitted(predictor, data)
        again, _ = scoring.predict_with_std(predictor, data.rest)
        require(np.allclose(again, mean, rtol=1e-4, atol=1e-3), "the means differ from those of predict(X).")
        scoring.fit(predictor, data.train[:1], data.scores[:1])
        scoring.predict_with_std(predictor, data.rest)

    # -- helpers --------------------------------------------------------------------------------------

    def encoding(self, predictor: Any) -> str:
        """Return the features that it is tried on."""
        return scoring.encoding_of(predictor, _measured(self.benchmark)[0])

    def _data(self, predictor: Any) -> Data:
        rows, scores = _measured(self.benchmark)
        kind = self.encoding(predictor)
        chosen = np.random.default_rng(0).permutation(rows.size)[: self.size + 200]
        features = rows.encode(rows.rows[chosen], kind)
        train, rest = np.split(np.arange(len(chosen)), [self.size])
        return Data(features[train], scores[chosen][train], features[rest], scores[chosen][rest])

    def _fitted(self, predictor: Any, data: Data) -> Scores:
        scoring.fit(predictor, data.train, data.scores)
        return self._predicted(predictor, data.rest)

    def _predicted(self, predictor: Any, features: Floats) -> Scores:
        return scoring.predict(predictor, features)

    def _taken(self, predictor: Any, kind: str, features: Any) -> Any:
        try:
            return np.asarray(predictor.predict(features))
        except Exception as error:
            said = plugin_sentence(error, type(predictor))
        raise AssertionError(f"predict of {kind} raises {said}; let sklearn's validate_data make an array of it.")

    def _refused(self, what: str, call: Callable[[], object]) -> None:
        try:
            call()
        except ValueError:
            return
        except Exception as error:
            require(False, f"{what} up to a {type(error).__name__}; {_REMEDY}")
        require(False, f"{what}; {_REMEDY}")

    def _allows_nan(self, predictor: Any) -> bool:
        from sklearn.utils import get_tags

        return hasattr(predictor, "__sklearn_tags__") and bool(get_tags(predictor).input_tags.allow_nan)

    def _clone(self, predictor: Any) -> Any:
        from sklearn.base import clone

        self._parameters(predictor)
        return clone(predictor)

    def _parameters(self, predictor: Any) -> dict[str, Any]:
        require(hasattr(predictor, "get_params"), "it has no get_params; derive it from sklearn.base.BaseEstimator.")
        parameters: dict[str, Any] = predictor.get_params(deep=False)
        return parameters

    def _seed(self, predictor: Any) -> bool:
        if "random_state" not in self._parameters(predictor):
            return False
        predictor.set_params(random_state=0)
        return True


@functools.cache
def _measured(name: str) -> tuple[Rows, Scores]:
    """Return the architectures of a benchmark and all their scores."""
    benchmark = doors.BENCHMARKS.create(name)
    rows = as_rows(benchmark.space)
    require(rows is not None, f"the benchmark {name} has too many architectures; take a tabular one.")
    assert rows is not None
    return rows, benchmark.metric.oriented(benchmark.evaluate(rows.rows).scores)
