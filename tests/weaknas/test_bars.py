"""What must be beaten: on a table made by hand, and on the published ones."""

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.bars import CEILING, bars, free_columns, truth_of
from weaknas.errors import InvalidOption, InvalidTable
from weaknas.rank_statistics import among_best, partial_tau, tau, tau_top
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.wrappers import Subset

# Kendall's tau with test accuracy of all 15,625 rows, and among the best fifth: the bars of this project's supernets.
PUBLISHED = {
    "cifar10": {
        "macs": (0.578, 0.281),
        "params": (0.578, 0.281),
        "zc_naswot": (0.607, 0.134),
        "zc_logsynflow": (0.630, 0.325),
        "12 epochs": (0.594, 0.245),
        CEILING: (0.910, 0.682),
    },
    "cifar100": {
        "macs": (0.553, 0.274),
        "params": (0.553, 0.274),
        "zc_naswot": (0.624, 0.141),
        "zc_logsynflow": (0.613, 0.318),
        "12 epochs": (0.645, 0.272),
        CEILING: (0.877, 0.476),
    },
    "imagenet16-120": {
        "macs": (0.520, 0.224),
        "params": (0.520, 0.224),
        "zc_naswot": (0.597, 0.201),
        "zc_logsynflow": (0.597, 0.323),
        "12 epochs": (0.644, 0.293),
        CEILING: (0.903, 0.631),
    },
}


@pytest.mark.data
def test_the_bars_of_nasbench201(nasbench201_file):
    dataset = nasbench201_file.stem.removeprefix("nasbench201-")
    found = bars(weaknas.benchmark(f"nasbench201/{dataset}"))
    for name, wanted in PUBLISHED[dataset].items():
        assert found[name][:2] == pytest.approx(wanted, abs=6e-4), name


def test_bars_are_of_what_is_free_of_short_schedules_and_of_one_run_against_another(toy, toy_frame):
    part = toy.space.rows[:300]
    frame, found = toy_frame[:300], bars(toy, part)
    truth, macs = frame["test_acc"].to_numpy(float), toy.space.free_to_know("macs", part)
    assert list(found) == ["params", "macs", CEILING]
    assert found["macs"] == (tau(macs, truth), tau_top(macs, truth), partial_tau(macs, truth, macs))
    # Run 2 is known of every other row, so the pair of runs that is known of all is the one that counts.
    one, other = (frame[f"valid_acc_run{run}"].to_numpy(float) for run in (0, 1))
    best = among_best(truth)
    assert found[CEILING][:2] == (tau(one, other), tau(one[best], other[best]))


def test_runs_that_are_all_known_are_all_compared(toy, toy_frame):
    whole = toy_frame[1:400:2]
    found = bars(Table.from_frame(whole, NasBench201(), name="whole"))
    runs = [whole[f"valid_acc_run{run}"].to_numpy(float) for run in range(3)]
    taus = [tau(runs[one], runs[other]) for one, other in ((0, 1), (0, 2), (1, 2))]
    assert found[CEILING].tau == pytest.approx(np.mean(taus))


def test_short_schedules_are_named_by_their_epochs(toy_file):
    table = weaknas.benchmark(str(toy_file))
    part = table.space.rows[:200]
    assert bars(table, part)["12 epochs"].tau == tau(table.evaluate(part, 12).scores, truth_of(table, part))


def test_a_column_is_compared_where_it_is_known(toy_frame):
    frame = toy_frame[:100].assign(zc_half=lambda frame: frame["test_acc"].where(np.arange(100) % 2 == 0))
    assert bars(Table.from_frame(frame, NasBench201(), name="half"))["zc_half"].tau == 1


def test_one_run_has_no_ceiling(toy_frame):
    one = Table.from_frame(toy_frame[:50][["arch", "valid_acc_run0"]], NasBench201(), name="one")
    assert list(bars(one)) == list(free_columns(one, one.space.rows[:2])) == ["params", "macs"]
    assert truth_of(one, one.space.rows) == pytest.approx(toy_frame["valid_acc_run0"][:50].to_numpy(float))


def test_validation_is_the_truth_where_test_is_not_known(toy, toy_frame):
    frame = toy_frame[:10]
    one = Table.from_frame(frame.assign(test_acc=[np.nan, *frame["test_acc"][1:]]), NasBench201(), name="one")
    assert truth_of(one, one.space.rows) == pytest.approx(frame["valid_acc"].to_numpy(float))
    whole = Table.from_frame(frame, NasBench201(), name="whole")
    assert truth_of(whole, whole.space.rows) == pytest.approx(frame["test_acc"].to_numpy(float))
    test_only = pd.DataFrame({"arch": frame["arch"], "test_acc": frame["test_acc"]})
    bad = Table.from_frame(test_only, NasBench201(), name="bad", objective="test", universe="raw")
    with pytest.raises(InvalidTable, match="bad does not know the accuracy of 1 of 1 architectures"):
        truth_of(bad, NasBench201().enumerate()[[-1]])
    for none in (bad, Subset(toy, np.arange(10))):
        with pytest.raises(InvalidOption, match="is no table of architectures whose accuracies are known"):
            bars(none)
