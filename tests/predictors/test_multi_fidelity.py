import numpy as np
import pytest

import weaknas
from weaknas import WeaknasError


def test_low_fidelities_help_and_their_gaps_are_filled(data):
    train, scores, rest, truth = data
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 20, len(scores) + len(truth))  # what the architecture does not tell
    low = np.r_[scores, truth] / 2 + luck / 2
    low[rng.random(len(low)) < 0.3] = np.nan
    unknown = np.full_like(low, np.nan)
    features = np.c_[np.r_[train, rest], low, unknown]
    final = np.r_[scores, truth] + luck
    n = len(scores)
    model = weaknas.predictor("multi-fidelity:ridge", columns=2).fit(features[:n], final[:n])
    predicted = model.predict(features[n:])
    plain = weaknas.predictor("ridge").fit(train, final[:n]).predict(rest)
    seen = ~np.isnan(low[n:])
    error, without = (abs(p - final[n:]) for p in (predicted, plain))
    assert error[seen].mean() < without[seen].mean() / 3
    assert error[~seen].mean() < without[~seen].mean() * 1.1
    assert np.isnan(features).any()  # and its input is left alone


@pytest.mark.parametrize("columns", [0, 30])
def test_low_fidelity_columns_must_leave_the_architecture(columns, data):
    with pytest.raises(WeaknasError, match="cannot be lower-fidelity scores"):
        weaknas.predictor("multi-fidelity:ridge", columns=columns).fit(data[0], data[1])
