"""What indicators share."""

import numpy as np

from weaknas.supernet.evaluators import Indicator


class Sum(Indicator):
    """The sum of an architecture's numbers."""

    def score(self, arch):
        return float(np.sum(arch))


def test_an_indicator_scores_many_one_by_one():
    batch = np.arange(6, dtype=np.int8).reshape(3, 2)
    assert Sum().scores(batch).tolist() == [1.0, 5.0, 9.0]
    assert Sum().scores(batch[:0]).shape == (0,)
