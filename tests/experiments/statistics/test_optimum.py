import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaknas_experiments.statistics.optimum import ecdf, expected_running_time, hits, summary


def results(*runs, label="s", budget=10):
    """Rows of runs given by the query that hits, None for a failure; a hit run goes on to the budget."""
    rows = [
        {"benchmark": "b", "label": label, "seed": seed, "cost": query, "spent_seconds": 3600.0 * query}
        | {"hit_test": query == hit, "hit_valid": None}
        for seed, hit in enumerate(runs)
        for query in range(1, budget + 1)
    ]
    frame = pd.DataFrame(rows)
    for name in ("hit_test", "hit_valid"):
        frame[name] = pd.array(frame[name], dtype="boolean")
    return frame


def test_a_run_hits_at_its_first_hit_or_fails_at_its_end():
    runs = hits(results(4, None, 10), "test")
    assert runs.hit.tolist() == [True, False, True]
    assert runs["queries"].tolist() == [4, 10, 10]
    assert runs.hours.tolist() == [4, 10, 10]
    assert not len(hits(results(4, None), "valid"))


def test_the_summary_of_hand_made_runs():
    (row,) = summary(hits(results(4, None, 6, None, 2), "test")).to_dict("records")
    assert (row["runs"], row["hits"], row["budget"]) == (5, 3, 10)
    assert row["success"] == 0.6
    assert row["ert"] == pytest.approx((4 + 10 + 6 + 10 + 2) / 3)
    assert row["median"] == 6
    assert row["ert_low"] < row["ert"] < row["ert_high"]


def test_all_failures_are_infinite_and_no_failure_is_the_mean():
    (row,) = summary(hits(results(*[None] * 8), "test")).to_dict("records")
    assert (row["success"], row["ert"], row["median"]) == (0, np.inf, np.inf)
    (row,) = summary(hits(results(1, 2, 3, 4, 5, 6, 7, 8), "test")).to_dict("records")
    assert (row["success"], row["ert"], row["median"]) == (1, 4.5, 4.5)
    assert np.isnan(row["budget"])


def test_the_interval_of_the_ert_holds_the_truth():
    # Each query hits with probability 0.02, up to 100 queries: a run starts again, so the ERT is 50.
    rng = np.random.default_rng(3)
    held = []
    for _ in range(60):
        drawn = rng.geometric(0.02, 80)
        found = expected_running_time(np.minimum(drawn, 100.0), drawn <= 100)
        held.append(found.low <= 50 <= found.high)
    assert np.mean(held) > 0.85


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=12))
def test_an_ert_is_no_less_than_the_mean_and_scales_with_the_queries(runs):
    queries, hit = (np.array(column) for column in zip(*runs, strict=True))
    ert = expected_running_time(queries, hit).value
    assert ert >= queries.mean() - 1e-9
    assert expected_running_time(3 * queries, hit).value == pytest.approx(3 * ert)


def test_the_ecdf_rises_where_a_run_hits_and_ends_where_the_first_failed():
    table = ecdf(hits(results(4, None, 2, 4), "test"))
    assert table["queries"].tolist() == [0, 2, 4, 4, 10]
    assert table["share"].tolist() == [0, 0.25, 0.5, 0.75, 0.75]
    early = pd.concat([results(4, 9), results(None, budget=6).assign(seed=9)])
    assert ecdf(hits(early, "test"))["queries"].max() == 6
