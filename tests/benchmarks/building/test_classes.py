"""The classes by which the table `digits` was trained, which stay as they are."""

import hashlib

import numpy as np

from weaknas.spaces import NasBench201
from weaknas_benchmarks.building.build_spec import first_rows, representatives
from weaknas_benchmarks.building.classes import trained_class

SPACE = NasBench201()
ALL = SPACE.enumerate()


def test_the_cells_that_are_trained_and_their_order_are_those_of_the_published_table():
    digest = hashlib.sha256(representatives().tobytes()).hexdigest()
    assert digest == "228f7c9f1a5af475e4e7689825aac58c14b136d0335f6400b485fec3fd86d55d"
    assert {tuple(row) for row in first_rows(ALL).tolist()} == {tuple(row) for row in representatives().tolist()}


def test_all_but_222_trained_classes_are_official_ones():
    trained, official = trained_class(ALL), SPACE.key(ALL)

    def parts(classes: np.ndarray) -> set[frozenset[int]]:
        order = np.argsort(classes, kind="stable")
        return {frozenset(part.tolist()) for part in np.split(order, np.flatnonzero(np.diff(classes[order])) + 1)}

    assert len(parts(trained)) == len(parts(official)) == 6_466
    assert len(parts(trained) & parts(official)) == 6_244
