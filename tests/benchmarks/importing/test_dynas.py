"""Made-up logs of the published form; of the published rows, the first of two logs."""

import csv

import numpy as np
import pytest

from weaknas.spaces import OfaMobileNetV3

SPACE = OfaMobileNetV3(resolutions=[224])
COLUMNS = ("Sub-network", "Date", "Model Parameters", "Latency (ms)", "MACs", "Top-1 Acc (%)")
FIRST = (
    "{'wid': None, 'ks': [5, 7, 5, 5, 3, 3, 3, 7, 5, 5, 3, 7, 7, 3, 3, 3, 5, 5, 5, 5], "
    "'e': [4, 3, 4, 4, 4, 6, 3, 4, 4, 3, 4, 3, 3, 6, 6, 6, 4, 3, 4, 4], 'd': [2, 3, 2, 4, 3], 'r': [224]}",
    *("2022-11-01 05:40:09", "5029656", "0", "255502624"),
)
TEXT = "r224;d2,3,2,4,3;k5,7,3,3,3,3,3,3,5,5,3,3,7,3,3,3,5,5,5,3;e4,3,3,3,4,6,3,3,4,3,3,3,3,6,6,6,4,3,4,3"


def written(row, accuracy):
    """A log's row of a row of the space."""
    numbers = {
        kind: [choice.options[row[SPACE.choices.index(choice)]] for choice in SPACE.kinds[kind]] for kind in "dke"
    }
    cost = SPACE.cost(row[None])
    named = {"wid": None, "ks": numbers["k"], "e": numbers["e"], "d": numbers["d"], "r": [224]}
    return (str(named), "2022-11-01", cost.params[0], 0, cost.macs[0], accuracy)


@pytest.fixture
def logs(tmp_path):
    def logs(**files):
        folder = tmp_path / "data"
        folder.mkdir()
        for name, rows in files.items():
            with (folder / f"mbnv3w10_{name}.csv").open("w", newline="") as opened:
                csv.writer(opened).writerows([COLUMNS, *rows])
        return folder

    return logs


def test_evaluations_of_one_sub_network_are_its_runs(imported, logs):
    rows = SPACE.sample(3, np.random.default_rng(0))
    first = [(*FIRST, "75.448"), *(written(row, 70 + number) for number, row in enumerate(rows))]
    bench = imported(logs(evoga_acc=first, evonsga2_acc_macs=[(*FIRST, "75.458")]))("ofa/imagenet-r224", run="mean")
    assert bench.space.size == 4
    batch = bench.space.from_str([TEXT])
    assert bench.evaluate(batch).scores[0] == pytest.approx(75.453, abs=1e-4)
    np.testing.assert_allclose(bench.evaluate(rows).scores, [70, 71, 72])
    assert bench.space.free_to_know("macs", batch) == [255_502_624]
    assert bench.data.numbers("repeats").tolist().count(2) == 1
    assert "a part of the published benchmark: 4 of 2,162" in bench.note


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((FIRST[0], "", "5029656", "0", "1", "75"), "the MACs of row 1 are not those of its sub-network"),
        ((FIRST[0].replace("224", "208"), "", "5029656", "0", "1", "75"), "not an architecture"),
        (("__import__('os').getcwd()", "", "5029656", "0", "1", "75"), "is damaged or no log of DyNAS-T"),
        ((*FIRST, "high"), "is damaged or no log of DyNAS-T"),
    ],
)
def test_damaged_logs_are_refused(refusal, logs, row, reason):
    assert reason in refusal(logs(evoga_acc=[row]))


def test_a_log_without_rows_is_refused(refusal, logs):
    assert "has no rows" in refusal(logs(evoga_acc=[]))
