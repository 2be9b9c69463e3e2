import numpy as np

import weaknas


def test_below_the_median_nothing_is_told(data):
    train, scores, rest, _ = data
    median = np.median(scores)
    worse = np.where(scores < median, scores - 40, scores)
    clipped = weaknas.predictor("clip-below-median:ridge")
    expected = clipped.fit(train, scores).predict(rest)
    np.testing.assert_array_equal(clipped.fit(train, worse).predict(rest), expected)
    assert clipped.member_.score_scale_.mean > scores.mean()
