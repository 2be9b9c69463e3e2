"""Statistics over many benchmarks, on made-up runs whose truth is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from weaknas.errors import InvalidOption
from weaknas.measurements import Optimum
from weaknas.metrics import ACCURACY, Metric
from weaknas_experiments.statistics import many

LOSS = Metric("loss", minimize=True)


def card(metric=ACCURACY, best=100.0):
    return SimpleNamespace(metric=metric, objective=metric.valid, best=Optimum(best, best))


def results(values, metric=ACCURACY, benchmark="b", queries=None):
    """A study's frame of `{label: (seeds, n) values}`, one column a query."""
    parts = []
    for label, table in sorted(values.items()):
        for seed, row in enumerate(np.asarray(table, float)):
            n = np.arange(1, len(row) + 1) if queries is None else np.asarray(queries)
            columns = {"benchmark": benchmark, "label": label, "seed": seed, "cost": n.astype(float)}
            columns |= {metric.valid: row, metric.test: row, "fidelity": np.nan, "top1_test": np.nan}
            parts.append(pd.DataFrame(columns | {"spent_seconds": np.nan}))
    return pd.concat(parts, ignore_index=True)


def runs(values, **options):
    return many.regrets([(results(values, **options), {"b": card()})])


def test_a_score_is_1_for_the_optimum_and_0_for_the_first_query():
    found = runs({"one": [[60, 90, 100]], "two": [[60, 50, 80]]})
    assert many.scores(found, 1) == {"one": {"b": [0.0]}, "two": {"b": [0.0]}}
    assert many.scores(found, 2)["one"]["b"] == [0.75]
    assert many.scores(found, 3) == {"one": {"b": [1.0]}, "two": {"b": [0.5]}}
    assert set(many.scores(found, 9)) == {"one"}  # which had found the best; the other's rest is not known


def test_no_score_depends_on_sign_or_unit():
    rng = np.random.default_rng(0)
    values = {"one": rng.uniform(50, 90, (4, 6)), "two": rng.uniform(50, 99, (4, 6))}
    turned = {label: 1000 - 7 * table for label, table in values.items()}
    accuracies = runs(values)
    losses = many.regrets([(results(turned, LOSS), {"b": card(LOSS, 300.0)})])
    for point in (1, 3, 6):
        one, other = many.scores(accuracies, point), many.scores(losses, point)
        for label in values:
            np.testing.assert_allclose(one[label]["b"], other[label]["b"], atol=1e-5)
    pd.testing.assert_frame_equal(many.run_lengths(accuracies), many.run_lengths(losses))


def test_run_lengths_count_targets_and_end_where_something_is_censored():
    found = runs({"one": [[0, 50, 100, 100]], "two": [[0, 0, 75, 75]]})
    table = many.run_lengths(found, targets=(1.0, 0.5, 0.25, 0.0)).set_index(["label", "queries"])["share"]
    assert table["one"].to_dict() == {1.0: 0.25, 2.0: 0.5, 3.0: 1.0}
    assert table["two"].to_dict() == {1.0: 0.25, 3.0: 0.75, 4.0: 0.75}


def test_benchmarks_count_equally():
    short = results({"one": [[0, 100]], "two": [[0, 50]]}, benchmark="b")
    long = results({"one": [[0, 50]] * 30, "two": [[0, 100]] * 30}, benchmark="c")
    both = many.regrets([(short, {"b": card()}), (long, {"c": card()})])
    lengths = many.run_lengths(both, targets=(0.0,)).groupby("label")["share"].last()
    assert lengths.to_dict() == {"one": 0.5, "two": 0.5}
    found = many.scores(both, 2)
    assert many.improvement(found["one"], found["two"])[0].value == 0.5
    assert many.rank_curves(both, [2])["rank"].tolist() == pytest.approx([1.5, 1.5])
    for statistic in (np.mean, np.median):
        assert many.stratified([np.zeros(2), np.ones(30)], statistic).value == 0.5


def test_one_that_is_better_everywhere_is_better_with_certainty():
    rng = np.random.default_rng(1)
    one = {name: rng.uniform(0.8, 0.9, 12) for name in "abc"}
    other = {name: rng.uniform(0.5, 0.6, 12) for name in "abc"}
    found, same, count = many.improvement(one, other)
    assert (tuple(found), same, count) == ((1.0, 1.0, 1.0), 0.0, 3)
    assert many.improvement(one, other, rope=1.0)[:2] == ((0.5, 0.5, 0.5), 1.0)
    assert many.improvement(one, {"d": np.ones(3)})[2] == 0


@pytest.mark.parametrize("statistic", ["improvement", "iqm"])
def test_intervals_cover_the_truth_in_about_95_of_100_cases(statistic):
    rng, covered = np.random.default_rng(2), 0
    for _ in range(80):
        one, other = ({name: rng.normal(size=30) for name in "ab"} for _ in range(2))
        if statistic == "improvement":
            found, truth = many.improvement(one, other)[0], 0.5
        else:
            found, truth = many.stratified(list(one.values()), resamples=400), 0.0
        covered += found.low <= truth <= found.high
    assert 68 <= covered <= 80


def test_a_profile_is_the_share_above_each_level():
    share, low, high = many.profile([np.array([0.1, 0.5, 0.9]), np.array([0.9] * 9)], np.array([0.0, 0.3, 0.7, 1.0]))
    assert share.tolist() == pytest.approx([1.0, 5 / 6, 4 / 6, 0.0])
    assert (low <= share).all()
    assert (share <= high).all()


def test_what_cannot_be_compared_is_refused():
    frame = results({"one": [[60, 90]]})
    with pytest.raises(InvalidOption, match="two of the studies have one on b; name one of them"):
        many.regrets([(frame, {"b": card()})] * 2)
    with pytest.raises(InvalidOption, match="no optimum is known of any benchmark"):
        many.regrets([(frame, {"b": card(best=np.nan)})])
    with pytest.raises(InvalidOption, match="on b the first query is the best one already"):
        many.regrets([(results({"one": [[100, 100]]}), {"b": card()})])
