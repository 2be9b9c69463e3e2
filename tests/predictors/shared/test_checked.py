"""What is refused is one sentence, the same for every predictor; that all of them refuse it is in the contract."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import weaknas
from weaknas import WeaknasError

X = np.random.default_rng(0).random((20, 3), dtype=np.float32)
Y = 50 + 10 * X[:, 0].astype(float)
NAMES = ["ridge", "gp", "mlp", "random-forest", "xgboost", "rank-transform:gp", "ensemble:mlp", "network"]
each = pytest.mark.parametrize("name", NAMES)


def make(name):
    made = weaknas.predictor(name)
    return made.set_params(**{key: 2 for key in made.get_params() if key.endswith(("epochs", "n_estimators"))})


@each
@pytest.mark.parametrize(
    ("features", "scores", "message"),
    [
        (X, np.where(np.arange(20) == 3, np.nan, Y), "Input y contains NaN; leave these architectures out, or"),
        (X, np.where(np.arange(20) == 3, np.inf, Y), "Input y contains infinity"),
        (X, np.array([None, *Y[1:]]), "Input y contains NaN"),
        (X, np.full(20, 1e200), r"Input y contains values beyond those of float32, 3.4e\+38"),
        (np.where(np.eye(20, 3) > 0, 1e200, X.astype(float)), Y, "Input X contains values beyond"),
        (np.where(np.eye(20, 3) > 0, np.nan, X), Y, "Input X contains NaN; leave these"),
        (X, np.full(20, "84"), "y is text, not numbers"),
        (X, Y[:5], "inconsistent numbers of samples"),
        (X, None, "requires y to be passed"),
        (X.astype("datetime64[s]"), Y, "X holds dates or times, not numbers"),
        (pd.DataFrame(X).assign(when=pd.Timestamp(0)), Y, "X holds dates or times, not numbers"),
        (X[:, :0], Y, r"0 feature\(s\)"),
        (X[0], Y, "Reshape your data to a row for each architecture"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_sentence(name, features, scores, message):
    predictor = make(name)
    with pytest.raises(WeaknasError, match=rf"^\w+: .*{message}") as refused:
        predictor.fit(features, scores)
    assert "\n" not in str(refused.value)
    with pytest.raises(NotFittedError):  # a fit that was refused is none
        predictor.predict(X)


@each
def test_labels_of_any_kind_of_number_are_learned(name):
    predictor = make(name)
    if "bootstrap" in predictor.get_params(False):
        predictor.set_params(random_state=0)
    for scores in (Y.astype(int), Y > 55, list(Y), Y.astype(object)):
        assert np.isfinite(predictor.fit(X, scores).predict(X)).all()


def test_missing_scores_of_a_shorter_training_pass_through_what_is_made_of_it():
    low = np.where(np.arange(20) % 3, Y, np.nan)
    features = np.column_stack([X, low])
    for name in ("multi-fidelity:ridge", "rank-transform:multi-fidelity:ridge"):
        assert np.isfinite(weaknas.predictor(name).fit(features, Y).predict(features)).all()
    features[2, 0] = np.nan
    with pytest.raises(WeaknasError, match="Ridge: Input X contains NaN"):
        weaknas.predictor("rank-transform:multi-fidelity:ridge").fit(features, Y)


@pytest.mark.parametrize("name", ["warm-start:mlp", "warm-start:network", "mlp", "xgboost"])
def test_a_fit_that_goes_on_refuses_other_columns(name):
    predictor = make(name).set_params(**({} if ":" in name else {"warm_start": True}))
    predictor.fit(X, Y)
    with pytest.raises(WeaknasError, match=r"X has 2 features, but .* is expecting 3"):
        predictor.fit(X[:, :2], Y)
