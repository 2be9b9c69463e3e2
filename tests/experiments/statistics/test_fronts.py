"""Hypervolumes and fronts, by their laws and on points whose values are known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weaknas.metrics import ACCURACY, Metric
from weaknas_experiments.statistics import fronts, optimum

MACS = Metric("macs", minimize=True, free=True)
BOTH = (ACCURACY, MACS)
REFERENCE = (0.0, 100.0)
POINTS = hnp.arrays(float, st.tuples(st.integers(1, 8), st.just(2)), elements=st.integers(0, 100).map(float))


def test_the_volume_is_what_is_dominated():
    assert fronts.hypervolume(np.array([[50.0, 60.0]]), REFERENCE, BOTH) == 50 * 40
    assert fronts.hypervolume(np.array([[50.0, 60.0], [80.0, 90.0]]), REFERENCE, BOTH) == 50 * 40 + 30 * 10
    assert fronts.hypervolume(np.array([[np.nan, 1.0], [50.0, 60.0]]), REFERENCE, BOTH) == 50 * 40
    assert fronts.hypervolume(np.zeros((0, 2)), REFERENCE, BOTH) == 0
    assert fronts.hypervolume(np.array([[50.0, 130.0]]), REFERENCE, BOTH) == 0  # worse than the reference


@given(POINTS, POINTS)
def test_more_points_never_have_less_volume_and_dominated_ones_add_none(points, more):
    both = np.concatenate([points, more])
    volume = fronts.hypervolume(points, REFERENCE, BOTH)
    assert fronts.hypervolume(both, REFERENCE, BOTH) >= volume
    worse = np.column_stack([points[:, 0] - 1, points[:, 1] + 1])
    assert fronts.hypervolume(np.concatenate([points, worse]), REFERENCE, BOTH) == volume


@given(POINTS)
def test_a_direction_turned_and_values_negated_change_nothing(points):
    turned = (Metric("loss", minimize=True), Metric("rest"))
    other = fronts.hypervolume(-points, (0.0, -100.0), turned)
    assert other == fronts.hypervolume(points, REFERENCE, BOTH)
    truth = np.array([[90.0, 10.0], [95.0, 60.0]])
    assert fronts.distance(-points, -truth, turned) == pytest.approx(fronts.distance(points, truth, BOTH))


def test_the_distance_is_in_spans_of_the_true_front_and_0_on_it():
    truth = np.array([[90.0, 10.0], [80.0, 5.0]])
    assert fronts.distance(truth, truth, BOTH) == 0
    assert fronts.distance(truth[:1], truth, BOTH) == pytest.approx(0.5)  # a whole span of MACs from one of two
    assert np.isnan(fronts.distance(np.full((1, 2), np.nan), truth, BOTH))


def study(points, truth, fidelity=np.nan):
    card = SimpleNamespace(
        objectives=BOTH, objective="valid_acc", tradeoff=SimpleNamespace(reference=REFERENCE, front=truth)
    )
    columns = {"benchmark": "b", "label": "s", "seed": 0, "fidelity": fidelity}
    frame = pd.DataFrame(points, columns=["valid_acc", "macs"]).assign(**columns, cost=np.arange(1.0, len(points) + 1))
    return frame, {"b": card}


def test_a_run_is_followed_query_by_query():
    points = [[50.0, 60.0], [40.0, 90.0], [np.nan, 1.0], [80.0, 90.0], [80.0, 60.0]]
    frame, cards = study(points, [[80.0, 60.0]])
    shown = fronts.progress(frame, cards)
    assert shown["hypervolume"].tolist() == [2000, 2000, 2000, 2300, 3200]
    assert shown["share"].tolist() == pytest.approx([0.625, 0.625, 0.625, 0.71875, 1.0])
    assert shown["igd"].iloc[-1] == 0
    reached = fronts.hits(shown, 0.95)
    assert reached[["hit", "queries"]].to_numpy().tolist() == [[True, 5.0]]
    assert optimum.summary(reached)["ert"].tolist() == [5.0]
    assert fronts.hits(shown[:4], 0.95)["hit"].tolist() == [False]


def test_short_trainings_and_unknown_fronts_count_for_nothing():
    frame, cards = study([[50.0, 60.0]], [], fidelity=12.0)
    shown = fronts.progress(frame, cards)
    assert (shown["hypervolume"].tolist(), shown["share"].isna().all()) == ([0.0], True)
    assert fronts.hits(shown, 0.95).empty


def test_surfaces_are_what_a_share_of_the_runs_attains():
    runs = [np.array([[90.0, 50.0]]), np.array([[80.0, 40.0]]), np.array([[70.0, 30.0], [60.0, 20.0]])]
    found = fronts.attainment(runs, BOTH, (1, 100))
    assert found[1].tolist() == [[60, 20], [70, 30], [80, 40], [90, 50]]
    assert found[100].tolist() == [[70, 50]]
