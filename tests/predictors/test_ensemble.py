import numpy as np
import pytest

import weaknas
from weaknas import WeaknasError


def test_an_ensemble_is_the_mean_of_different_members(data):
    train, scores, rest, _ = data
    model = weaknas.predictor("ensemble:mlp", members=3, random_state=0).fit(train, scores)
    each = [member.predict(rest) for member in model.members_]
    mean, std = model.predict(rest, return_std=True)
    assert len(each) == 3
    np.testing.assert_allclose(mean, np.mean(each, axis=0))
    np.testing.assert_array_equal(mean, model.predict(rest))
    np.testing.assert_allclose(std, np.std(each, axis=0))
    assert std.min() > 0


def test_deviations_of_members_add_to_the_ensembles(data):
    train, scores, rest, _ = data
    noisy = scores + np.random.default_rng(0).normal(0, 5, len(scores))
    model = weaknas.predictor("ensemble:bayesian-ridge", bootstrap=True, random_state=0).fit(train, noisy)
    means, stds = np.moveaxis(np.array([m.predict(rest, return_std=True) for m in model.members_]), 1, 0)
    _, std = model.predict(rest, return_std=True)
    np.testing.assert_allclose(std**2, means.var(axis=0) + (stds**2).mean(axis=0))
    assert means.std(axis=0).min() > 0  # the bootstrap makes them differ


@pytest.mark.parametrize(("options", "message"), [({}, "use bootstrap=True"), ({"members": 0}, "1 member or more")])
def test_ensembles_that_cannot_be(options, message, data):
    with pytest.raises(WeaknasError, match=message):
        weaknas.predictor("ensemble:ridge", **options).fit(data[0], data[1])
