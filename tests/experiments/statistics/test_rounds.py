import numpy as np
import pandas as pd
import pytest

from weaknas_experiments.statistics.rounds import numbered, shares, summary, trends


def frame(scores, label="a", seed=0):
    """Queries of one run."""
    return pd.DataFrame({"label": label, "seed": seed, "query": np.arange(1, len(scores) + 1), "valid_acc": scores})


def test_rounds_are_counted_from_the_first_queries():
    found = numbered(frame(np.zeros(9)), initial=3, batch=2)
    assert found["round"].tolist() == [1, 1, 1, 2, 2, 3, 3, 4, 4]


def test_shares_of_a_run_by_hand():
    run = numbered(frame([1.0, 2.0, 9.0, 1.0, 3.0, 10.0, 2.0]), initial=3, batch=2)
    found = shares(run, threshold=9.0).set_index("round")
    assert np.isnan(found.loc[1, "better"])
    assert found["top"].tolist() == pytest.approx([1 / 3, 0, 1 / 2])
    assert found.loc[2, "better"] == 0.5  # of 1 and 3 only 3 is above 2, the median of the first round
    assert found.loc[3, "better"] == 0.5  # 10 is above the median of 1 and 3, and 2 is not


def test_a_rise_is_found_and_noise_is_not():
    rng = np.random.default_rng(0)
    runs = []
    for seed in range(30):
        rising = np.concatenate([rng.normal(r, 2.0, 10) for r in range(6)])
        runs += [frame(rising, "rising", seed), frame(rng.normal(0, 1, 60), "noise", seed)]
    table = shares(numbered(pd.concat(runs), 10, 10), threshold=5.0)
    found = trends(table, "top", until=6).set_index("label")
    assert found.loc["rising", "peak"] == 6
    assert found.loc["rising", "p"] < 1e-6
    assert not found.loc["noise", "p"] < 1e-3
    early = trends(table, "top", until=3).set_index("label")
    assert found.loc["rising", "p"] < early.loc["rising", "p"]
    mean = summary(table, "better").set_index(["label", "round"])
    assert mean.loc[("rising", 2), "mean"] > 0.5
    assert mean.loc[("noise", 4), "low"] < 0.5 < mean.loc[("noise", 4), "high"]
    assert ("noise", 1) not in mean.index
