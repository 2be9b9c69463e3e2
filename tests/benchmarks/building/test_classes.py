"""The classes by which the table `digits` was trained, which stay as they are."""

import numpy as np

from weaknas.spaces import NasBench201
from weaknas_benchmarks.building.classes import trained_class

SPACE = NasBench201()
ALL = SPACE.enumerate()


def test_all_but_222_trained_classes_are_official_ones():
    trained, official = trained_class(ALL), SPACE.key(ALL)

    def parts(classes: np.ndarray) -> set[frozenset[int]]:
        order = np.argsort(classes, kind="stable")
        return {frozenset(part.tolist()) for part in np.split(order, np.flatnonzero(np.diff(classes[order])) + 1)}

    assert len(parts(trained)) == len(parts(official)) == 6_466
    assert len(parts(trained) & parts(official)) == 6_244
