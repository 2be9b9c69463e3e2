"""How scores rank a table: on scores made by hand."""

import numpy as np
import pytest

from weaknas.bars import bars
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.rank_statistics import mean_rank, partial_tau, tau, tau_top
from weaknas.spaces import NasBench201
from weaknas.supernet.ranking import Scores, distinct_of, open_truth, rank, rows_in, together


def test_isomorphic_architectures_are_ranked_once(toy):
    batch = distinct_of(toy)
    assert len(batch) == len(np.unique(toy.space.key(toy.space.rows))) == 6466
    some = distinct_of(toy, 50, seed=1)
    assert len(np.unique(toy.space.key(some))) == 50
    assert np.array_equal(some, distinct_of(toy, 50, seed=1))
    assert not np.array_equal(some, distinct_of(toy, 50, seed=2))
    assert len(distinct_of(toy, 99999)) == 6466
    for n, seed, message in ((1, 0, "2 architectures at least, not 1"), (5, -1, "a whole number from 0, not -1")):
        with pytest.raises(InvalidOption, match=message):
            distinct_of(toy, n, seed)


def test_a_supernet_of_another_size_has_the_same_architectures(toy):
    texts = toy.space.to_str(toy.space.rows[:3])
    assert np.array_equal(rows_in(NasBench201(channels=8, stage=1), texts, "toy"), toy.space.rows[:3])


def test_architectures_that_the_supernet_has_not_are_refused(small):
    with pytest.raises(InvalidArchitecture, match=r"toy has architectures that the supernet has not: .*\|none~0\|"):
        rows_in(small, ["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"], "toy")


def test_what_trains_is_no_truth():
    with pytest.raises(InvalidOption, match="digits-train is no table of architectures"):
        open_truth("digits-train")


def test_a_ranking_is_of_means_over_supernets_and_beside_the_best_free_column(toy):
    batch = distinct_of(toy, 60)
    true, macs = toy.report(batch).test, toy.space.free_to_know("macs", batch)
    rng = np.random.default_rng(0)
    good = true + 0.5 * rng.normal(size=(3, 60))
    noise = rng.normal(size=(1, 60))
    scores = {"good": Scores(good, 0.1, "zc_good", (0, 1, 2)), "noise": Scores(noise, 0.2, "zc_noise", (5,))}
    found = rank(toy, batch, scores, macs)
    one = found.schemes["good"]
    assert one.tau.value == pytest.approx(np.mean([tau(values, true) for values in good]))
    assert one.tau_top == pytest.approx(np.mean([tau_top(values, true) for values in good]))
    assert one.partial == pytest.approx(np.mean([partial_tau(values, true, macs) for values in good]))
    assert (one.seeds, one.seconds) == ((0, 1, 2), 0.1)
    assert found.bars == bars(toy, batch)
    assert found.bars[found.best].tau == max(found.bars[name].tau for name in ("macs", "params"))
    assert found.beyond["good"].value == pytest.approx(one.tau.value - found.bars[found.best].tau)
    assert found.beyond["noise"].high < 0 < found.beyond["good"].low
    assert list(found.differences) == [("good", "noise")]


def test_scores_together_with_free_columns_are_mean_ranks(toy):
    batch = distinct_of(toy, 40)
    macs, params = (toy.space.free_to_know(name, batch) for name in ("macs", "params"))
    scores = {"a": Scores(np.random.default_rng(0).normal(size=(2, 40)), 0.1, "zc_a", (3, 4))}
    found = together(scores, toy, batch, ["macs", "params"])
    assert list(found) == ["a + macs + params", "macs + params"]
    one = found["a + macs + params"]
    np.testing.assert_allclose(one.values, mean_rank(scores["a"].values, macs, params))
    assert (one.seeds, one.column) == ((3, 4), "zc_a_together")
    np.testing.assert_allclose(found["macs + params"].values, mean_rank(macs, params)[None])
    assert found["macs + params"].seeds == ()
    assert list(together(scores, toy, batch, ["macs"])) == ["a + macs"]
    with pytest.raises(InvalidOption, match="toy has no column 'zc_none' of all architectures; it has"):
        together(scores, toy, batch, ["zc_none"])
