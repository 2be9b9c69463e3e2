import numpy as np
import pandas as pd
import pytest

from weaknas_experiments.statistics.comparison import cliques, nemenyi, pairs, ranks, restricted, scores, summary


def table(**strategies):
    rows = [("b", label, seed, value) for label, values in strategies.items() for seed, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["benchmark", "label", "seed", "value"])


UP = [float(i) for i in range(1, 11)]


def test_a_pair_is_compared_on_its_own_seeds():
    other = [value - difference for value, difference in zip(UP, [1, 2, 3, 4, 5, 6, 7, 8, 9, -10], strict=True)]
    (row,) = pairs(table(a=UP, b=other)).to_dict("records")
    assert (row["first"], row["second"], row["seeds"]) == ("a", "b", 10)
    assert (row["wins"], row["ties"], row["losses"]) == (9, 0, 1)
    assert row["difference"] == pytest.approx(3.5)
    assert row["difference_low"] < 3.5 < row["difference_high"]
    # Signed ranks: 45 against 10; of the 1,024 sign patterns 43 have a rank sum of 10 or less, so p = 86 / 1,024.
    assert row["p"] == pytest.approx(86 / 1024)


def test_holms_correction_is_that_of_the_textbook():
    rng = np.random.default_rng(0)
    base = rng.normal(size=30)
    made = pairs(table(a=base, b=base + rng.normal(0.3, 1, 30), c=base + rng.normal(1, 1, 30)))
    order = made.sort_values("p")
    stepped = np.maximum.accumulate(np.minimum(order["p"].to_numpy() * [3, 2, 1], 1))
    np.testing.assert_allclose(order["p_holm"], stepped)


def test_equal_strategies_are_no_evidence():
    (row,) = pairs(table(a=UP, b=UP)).to_dict("records")
    assert (row["ties"], row["difference"], row["p"]) == (10, 0, 1)


def test_strategies_without_a_common_seed_are_not_compared():
    other = table(b=UP).assign(seed=lambda t: t.seed + 50)
    assert not len(pairs(pd.concat([table(a=UP), other])))
    assert not len(ranks(pd.concat([table(a=UP), other])))


def test_ranks_share_ties_and_use_the_seeds_that_all_have():
    made = ranks(table(a=[3, 3, 3], b=[2, 3, 1], c=[1, 1, 2, 9]))
    assert made.set_index("label")["rank"].to_dict() == pytest.approx({"a": 3.5 / 3, "b": 6.5 / 3, "c": 8 / 3})
    assert made.seeds.tolist() == [3, 3, 3]
    assert made.label.tolist() == ["a", "b", "c"]


def test_a_strategy_of_few_seeds_does_not_cut_the_others_short():
    rng = np.random.default_rng(0)
    base = rng.normal(size=40)
    others = {"a": base, "b": base + 1, "c": base + 2}
    assert ranks(table(**others, d=base[:8])).seeds.unique().tolist() == [8]
    few = table(**others, d=base[:7])
    pd.testing.assert_frame_equal(ranks(few), ranks(table(**others)))
    pd.testing.assert_frame_equal(nemenyi(few), nemenyi(table(**others)))


def test_nemenyi_tells_the_different_from_the_equal():
    rng = np.random.default_rng(0)
    base = rng.normal(size=40)
    made = nemenyi(table(a=base, b=base + rng.normal(0, 0.1, 40), c=base + 5))
    assert made.loc["a", "c"] < 0.001
    assert made.loc["a", "b"] > 0.2
    np.testing.assert_allclose(made, made.T)


def test_queries_are_cut_where_the_first_run_failed():
    runs = table(a=[5, 40], b=[7, 20]).rename(columns={"value": "queries"}).assign(hit=[True, True, True, False])
    assert restricted(runs).value.tolist() == [-5, -20, -7, -20]


def test_a_pair_is_cut_where_the_first_run_of_the_two_failed():
    runs = table(a=[5, 40], b=[7, 20], c=[1, 9]).rename(columns={"value": "queries"})
    made = pairs(restricted(runs.assign(hit=[True, True, True, False, False, True])))
    found = {(row.first, row.second): (row.wins, row.ties, row.difference) for row in made.itertuples(index=False)}
    assert found == {
        ("a", "b"): (1, 1, (2 + 0) / 2),  # cut at 20
        ("a", "c"): (0, 2, 0),  # at 1
        ("b", "c"): (0, 2, 0),
    }


def test_a_summary_has_the_best_first():
    made = summary(table(low=UP, high=[v + 1 for v in UP]))
    assert made.label.tolist() == ["high", "low"]
    assert made["mean"].tolist() == [6.5, 5.5]
    assert made["iqm"].tolist() == [6.5, 5.5]
    assert made["median"].tolist() == [6.5, 5.5]
    assert (made.mean_low < made["mean"]).all()


def test_scores_are_the_values_at_a_place_of_the_strategies_known_there():
    values = {
        ("b", "a"): ([3, 4], np.array([[1.0, 2.0], [5.0, 6.0]])),
        ("b", "ended"): ([3, 4], np.array([[1.0, 2.0], [5.0, np.nan]])),
    }
    assert scores(values).to_numpy().tolist() == [["b", "a", 3, 2.0], ["b", "a", 4, 6.0]]
    assert scores(values, 0)["value"].tolist() == [1, 5, 1, 5]


def test_cliques_are_the_longest_stretches_that_a_test_does_not_tell_apart():
    apart = np.zeros((4, 4), bool)
    assert cliques(apart | np.eye(4, dtype=bool)) == []
    assert cliques(~apart) == [[0, 3]]
    near = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) <= 1
    assert cliques(near) == [[0, 1], [1, 2], [2, 3]]
