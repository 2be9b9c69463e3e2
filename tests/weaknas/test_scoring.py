import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaggingRegressor, RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

import weaknas
from weaknas import scoring
from weaknas.errors import InvalidOption, PluginError
from weaknas.optuna import WeakNASSampler
from weaknas.spaces import Choices, NasBench201, NatsSize
from weaknas.spaces.arrays import BLOCK


class Predictor:
    def __init__(self, answer=lambda X: X.sum(1)):
        self.answer = answer

    def fit(self, X, y):
        if len(X) < 2:
            raise RuntimeError("too few")
        return self

    def predict(self, X):
        return self.answer(X)


def test_jobs_do_not_change_the_scores():
    features = np.random.default_rng(0).random((2 * BLOCK + 17, 3), dtype=np.float32)
    one, two = (scoring.predict(Predictor(), features, jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert one.shape == (len(features),)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda X: X[:, 0] * np.nan, r"predictor Predictor returned NaN or infinity for 10 of 10"),
        (lambda X: X, r"returned shape \(10, 2\) for 10 architectures, not \(10,\)"),
        (lambda X: X[:3, 0], r"returned shape \(3,\)"),
        (
            lambda X: 1 / 0,
            r"predict 10 architectures: ZeroDivisionError: division by zero \(.*test_scoring.py, line \d+\)",
        ),
        (lambda X: ["a"] * len(X), r"failed to predict"),
        (lambda X: sys.exit(3), r"failed to predict 10 architectures: SystemExit: 3 \("),
    ],
)
def test_a_predictor_that_breaks_its_contract_is_named(answer, message):
    with pytest.raises(PluginError, match=message):
        scoring.predict(Predictor(answer), np.ones((10, 2), dtype=np.float32))


def test_a_predictor_that_cannot_fit_is_named():
    with pytest.raises(
        PluginError,
        match=r"Predictor failed to fit 1 architectures: RuntimeError: too few \(.*test_scoring.py, line \d+\)",
    ):
        scoring.fit(Predictor(), np.ones((1, 2), dtype=np.float32), np.ones(1))


class Uncertain(Predictor):
    def predict(self, X, return_std=False):
        return (X.sum(1), self.answer(X)) if return_std else X.sum(1)


def test_deviations_come_with_the_scores():
    features = np.random.default_rng(0).random((BLOCK + 17, 3), dtype=np.float32)
    mean, std = scoring.predict_with_std(Uncertain(lambda X: X[:, 0]), features)
    np.testing.assert_array_equal(mean, scoring.predict(Uncertain(), features))
    np.testing.assert_array_equal(std, features[:, 0])


@pytest.mark.parametrize(
    ("predictor", "message"),
    [
        (Predictor(), "has no uncertainty"),
        (Uncertain(lambda X: -X[:, 0]), "negative standard deviations"),
        (Uncertain(lambda X: X[:, 0] / 0), "NaN or infinity for 10 of 10"),
        (Uncertain(lambda X: X), "failed to predict 10"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_deviations_that_break_the_contract_are_refused(predictor, message):
    with pytest.raises(PluginError, match=message):
        scoring.predict_with_std(predictor, np.ones((10, 2), dtype=np.float32))


@pytest.mark.parametrize(
    ("encodings", "expected"),
    [(None, "onehot"), (("path",), "path"), (("features", "graph"), "graph"), (("nope+onehot", "counts"), "counts")],
)
def test_a_predictor_names_the_encodings_it_can_use(encodings, expected):
    predictor = Predictor()
    if encodings:
        predictor.encodings = encodings
    assert scoring.encoding_of(predictor, NasBench201()) == expected


def test_a_predictor_without_an_encoding_for_the_space_is_refused():
    predictor = Predictor()
    predictor.encodings = ("graph",)
    with pytest.raises(InvalidOption, match="Predictor needs the encoding graph, which nats-size does not have"):
        scoring.encoding_of(predictor, NatsSize())


def test_fits_and_predictions_run_on_one_thread():
    threads = []

    class Watching(Predictor):
        def fit(self, X, y):
            threads.extend(pool["num_threads"] for pool in threadpool_info())

        def predict(self, X):
            threads.extend(pool["num_threads"] for pool in threadpool_info())
            return X.sum(1)

    features = np.ones((5, 2), dtype=np.float32)
    with threadpool_limits(2):
        scoring.fit(Watching(), features, features.sum(1))
        scoring.predict(Watching(), features)
        assert {pool["num_threads"] for pool in threadpool_info()} == {2}
    assert set(threads) == {1}


def test_parts_of_a_predictor_without_a_seed_of_its_own_are_seeded():
    seeds = iter(range(5, 10))
    pipeline = make_pipeline(StandardScaler(), RandomForestRegressor())
    scoring.seed(pipeline, lambda: next(seeds))
    assert pipeline.get_params()["randomforestregressor__random_state"] == 5
    whole = BaggingRegressor(RandomForestRegressor())
    scoring.seed(whole, lambda: next(seeds))
    assert (whole.random_state, whole.estimator.random_state) == (6, None)
    scoring.seed(KNeighborsRegressor(), lambda: pytest.fail("a predictor without randomness draws nothing"))


def test_a_search_by_a_pipeline_follows_from_its_seed():
    space = Choices({f"c{i}": range(4) for i in range(5)})
    histories = []
    for _ in range(2):
        pipeline = make_pipeline(StandardScaler(), RandomForestRegressor(5))
        strategy = weaknas.strategy("weaknas", space, predictor=pipeline, seed=0)
        for _ in range(4):
            batch = strategy.ask().batch
            strategy.tell(batch, (batch * [1, 2, 3, 5, 7]).sum(1) % 11)
        histories.append(strategy.ask().batch)
    np.testing.assert_array_equal(*histories)


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_architectures_have_no_scores(jobs):
    none = np.ones((0, 3), dtype=np.float32)
    assert scoring.predict(Predictor(), none, jobs).shape == (0,)
    assert [each.shape for each in scoring.predict_with_std(Uncertain(), none, jobs)] == [(0,), (0,)]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_labels_that_are_no_numbers_are_counted_and_refused(bad):
    scores = np.array([1.0, bad, 2.0, bad])
    with pytest.raises(InvalidOption, match="2 of 4 scores are NaN or infinite; leave failed evaluations out"):
        scoring.fit(Predictor(), np.ones((4, 2), dtype=np.float32), scores)
    with pytest.raises(InvalidOption, match=r"4 architectures need as many scores, not \(3,\)"):
        scoring.fit(Predictor(), np.ones((4, 2), dtype=np.float32), scores[:3])


def test_an_error_is_placed_in_the_predictors_own_file_and_keeps_its_traceback():
    class Deep(Predictor):
        def predict(self, X):
            return np.linalg.solve(X, X)  # fails within numpy

    with pytest.raises(PluginError, match=r"LinAlgError: .* square \(.*test_scoring.py, line \d+\)\.$") as raised:
        scoring.predict(Deep(), np.ones((3, 2), dtype=np.float32))
    assert isinstance(raised.value.__cause__, np.linalg.LinAlgError)


def test_what_another_says_at_length_is_cut():
    with pytest.raises(PluginError, match=r"ValueError: word .* word .*… .*word \(") as raised:
        scoring.predict(Predictor(lambda X: (_ for _ in ()).throw(ValueError("word " * 9999))), np.ones((3, 2)))
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize("encodings", ["onehot", None, (), 3, ("onehot", 3)])
def test_encodings_that_are_no_tuple_of_names_are_refused(encodings):
    predictor = Predictor()
    predictor.encodings = encodings
    with pytest.raises(PluginError, match=r"Predictor has encodings = .*, which is no tuple of names"):
        scoring.encoding_of(predictor, NasBench201())


def test_encodings_that_cannot_be_told_are_the_predictors_error():
    class Broken(Predictor):
        @property
        def encodings(self):
            raise OSError("no such card")

    with pytest.raises(PluginError, match=r"Broken failed to tell its encodings: OSError: no such card \(.*line"):
        scoring.encoding_of(Broken(), NasBench201())


class Forgetful(BaseEstimator):
    """Its `__init__` keeps no parameter under its name."""

    def __init__(self, k=1):
        self.number = k

    fit, predict = Predictor.fit, Predictor.predict


@pytest.mark.parametrize(
    ("predictor", "message"),
    [
        (Predictor(), "Predictor has no get_params; derive it from sklearn.base.BaseEstimator"),
        (Forgetful(), "Forgetful failed to be copied: AttributeError: .* 'k'"),
        (RandomForestRegressor, "a predictor is an object, not the class RandomForestRegressor"),
    ],
)
def test_what_cannot_be_copied_is_refused_before_anything_is_paid_for(predictor, message):
    space = NasBench201()
    makers = (
        lambda: weaknas.strategy("weaknas", space, predictor=predictor),
        lambda: WeakNASSampler(predictor=predictor),
        lambda: weaknas.predictor("rank-transform", member=predictor).fit(np.eye(3), np.arange(3)),
    )
    for make in makers:
        with pytest.raises(PluginError, match=message):
            make()


def test_a_predictor_without_parameters_needs_no_seed_to_be_ranked():
    scoring.seed(Predictor(), lambda: pytest.fail("there is nothing to seed"))
    with pytest.raises(PluginError, match="Forgetful failed to take a seed: AttributeError"):
        scoring.seed(Forgetful(), lambda: 0)
