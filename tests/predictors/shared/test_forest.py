import numpy as np

import weaknas


def test_the_deviation_is_that_of_the_trees_and_zero_for_constant_scores(data):
    train, scores, rest, _ = data
    forest = weaknas.predictor("random-forest", n_estimators=20, random_state=0)
    mean, std = forest.fit(train, scores).predict(rest, return_std=True)
    np.testing.assert_array_equal(mean, forest.predict(rest))
    assert (std >= 0).all()
    assert std.mean() > 0.1
    trees = np.stack([tree.predict(rest.astype(np.float32)) for tree in forest.estimators_])
    np.testing.assert_allclose(std, trees.std(0), atol=1e-9)
    _, none = forest.fit(train, np.full(len(train), 5.0)).predict(rest, return_std=True)
    np.testing.assert_array_equal(none, 0)
