import numpy as np
import pytest

from weaknas.optuna.sampler.labels import kept, warped


def test_scores_that_failed_by_far_do_not_hide_the_others():
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5, -1e9])
    learned = warped(values)
    assert np.argsort(learned).tolist() == np.argsort(values).tolist()
    assert np.ptp(learned[:5]) > 0.2 * np.ptp(learned)
    assert warped(np.ones(3)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("violations", [[1.0, 2.0, 3.0], [np.inf, 2.0, 1.0]])
def test_what_violates_counts_as_worse_than_what_does_not(violations):
    constraints = [{"a": one} for one in violations] + [{"a": -1.0}, {"a": 0.0}, {}]
    ranked = kept([9.0, 9.0, 9.0, 1.0, 2.0, 3.0], constraints)
    assert ranked[3:].tolist() == [1.0, 2.0, 3.0]
    assert ranked[:3].max() < 1
    assert np.isfinite(ranked).all()
    assert np.argsort(ranked[:3]).tolist() == np.argsort(violations)[::-1].tolist()
    assert np.isfinite(kept([9.0, 9.0, 9.0], constraints[:3])).all()
