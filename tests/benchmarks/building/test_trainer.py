import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption, NotFound

pytest.importorskip("torch")


@pytest.fixture
def bench(image_file):
    return weaknas.benchmark("digits-train", images=str(image_file), fidelity=2)


def test_a_search_really_trains(bench):
    result = weaknas.search(bench, weaknas.strategy("random", bench.space, seed=0), budget=3)
    assert result.benchmark == "bars-train"
    assert (result.history["train_seconds"] > 0).all()
    assert result.history["valid_acc"].between(0, 100).all()


def test_isomorphic_rows_are_one_network_and_nothing_is_remembered_of_short_trainings(bench):
    rows = np.array([[1, 0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 0], [3, 0, 0, 1, 2, 0]], dtype=np.int8)
    assert len(set(bench.space.key(rows[:2]).tolist())) == 1
    scores = bench.evaluate(rows).scores
    assert scores[0] == scores[1]
    assert np.isnan(bench.report(rows).test).all()
    full = bench.evaluate(rows[2:], fidelity=6)
    report = bench.report(rows)
    assert np.isnan(report.valid[:2]).all()
    assert abs(report.valid[2] - full.scores[0]) < 40
    assert np.isnan(report.optimum.valid)
    assert len(bench.evaluate(rows[:0]).scores) == 0


def test_the_space_costs_what_the_trained_networks_cost():
    trained, table = weaknas.benchmark("digits-train").space, weaknas.benchmark("digits").space
    rows = table.enumerate()
    for name in ("params", "macs"):
        np.testing.assert_array_equal(trained.free_to_know(name, rows), table.free_to_know(name, rows))
    assert trained.where("macs <= 23200").size == table.where("macs <= 23200").size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"run": -1}, "run is a whole number from 0"),
        ({"run": 2**40}, "run is a whole number from 0 to 999,999,999"),
        ({"run": True}, "run is a whole number from 0"),
        ({"fidelity": 7}, "a number of epochs from 1 to 6, not 7"),
        ({"objective": "loss"}, "objective is 'valid' or 'test'"),
        ({"device": "abacus"}, "the device 'abacus' cannot be used"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.benchmark("digits-train", **options)


def test_images_and_architectures_that_are_not_there(bench):
    with pytest.raises(NotFound, match=r"no file absent\.npz"):
        weaknas.benchmark("digits-train", images="absent.npz")
    with pytest.raises(InvalidArchitecture):
        bench.evaluate(np.full((1, 6), 5, dtype=np.int8))
