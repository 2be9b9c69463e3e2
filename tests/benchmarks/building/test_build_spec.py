import hashlib

import numpy as np

from weaknas.spaces import NasBench201
from weaknas_benchmarks.building.build_spec import BuildSpec, first_rows, representatives


def test_every_class_is_trained_once_as_its_first_row():
    rows = representatives()
    assert rows.shape == (6466, 6)
    np.testing.assert_array_equal(first_rows(rows), rows)
    assert len(np.unique(rows @ 5 ** np.arange(6)[::-1])) == 6466


def test_the_cells_that_are_trained_and_their_order_are_those_of_the_published_table():
    digest = hashlib.sha256(representatives().tobytes()).hexdigest()
    assert digest == "228f7c9f1a5af475e4e7689825aac58c14b136d0335f6400b485fec3fd86d55d"
    assert {tuple(row) for row in first_rows(NasBench201().enumerate()).tolist()} == {
        tuple(row) for row in representatives().tolist()
    }


def test_a_limit_takes_the_first_of_them_and_the_last_shard_is_what_is_left():
    spec = BuildSpec("mine", limit=70)
    np.testing.assert_array_equal(spec.rows, representatives()[:70])
    assert [len(spec.shard(number)) for number in range(spec.shards)] == [32, 32, 6]
