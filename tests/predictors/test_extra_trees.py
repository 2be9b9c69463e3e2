import numpy as np
import pytest

import weaknas


@pytest.mark.parametrize("options", [{"n_estimators": 3}, {"max_depth": 2}, {"max_features": 1.0}])
def test_every_option_changes_the_predictions(options, predicted):
    assert not np.allclose(predicted("extra-trees", **options), predicted("extra-trees"))


def test_extra_trees_agree_where_they_were_trained(data):
    train, scores, rest, _ = data
    forest = weaknas.predictor("extra-trees", random_state=0).fit(train, scores)
    near, far = (forest.predict(X, return_std=True)[1].mean() for X in (train, rest))
    assert near < 0.1
    assert far > 1
