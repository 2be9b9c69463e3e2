import numpy as np
import pytest
from sklearn.base import clone

import weaknas
from weaknas import WeaknasError


def test_warm_start_goes_on_and_a_clone_does_not(data):
    train, scores, rest, _ = data
    once = weaknas.predictor("mlp", epochs=30, random_state=0).fit(train, scores).predict(rest)
    warm = weaknas.predictor("warm-start:mlp", random_state=0).set_params(member__epochs=30)
    np.testing.assert_array_equal(warm.fit(train, scores).predict(rest), once)
    errors = [warm.fit(train, scores).member_.network_.loss_ for _ in range(3)]
    assert errors[-1] < errors[0]
    assert not np.allclose(warm.predict(rest), once)
    np.testing.assert_array_equal(clone(warm).fit(train, scores).predict(rest), once)


def test_warm_start_needs_a_member_that_can():
    with pytest.raises(WeaknasError, match="Ridge starts every fit anew"):
        weaknas.predictor("warm-start:ridge").fit(np.zeros((2, 2)), np.zeros(2))
