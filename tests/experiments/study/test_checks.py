"""Results that cannot be right are refused by all that reads them, and a file of which a bit has changed as well."""

import shutil
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weaknas.errors import InvalidTable
from weaknas.parquet import read_parquet
from weaknas_experiments.study import folder
from weaknas_experiments.study.checks import check_rows
from weaknas_experiments.study.folder import RESULTS, TIMINGS
from weaknas_experiments.study.results import load
from weaknas_experiments.study.results_schema import SCHEMA


@pytest.fixture
def out(results_of, tmp_path):
    """The folder of a finished study."""
    results_of("out")
    return tmp_path / "out"


def change(out, column: str, value: object, file: str = RESULTS) -> None:
    """Change a value, and write the file as another program would, without a seal."""
    pq.write_table(changed(read_parquet(out / file, "", ""), column, value), out / file)


def changed(table: pa.Table, column: str, value: object) -> pa.Table:
    place, values = table.column_names.index(column), table[column].to_pylist()
    values[5] = value
    return table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))


CANNOT_BE = [
    ("valid_acc", 8.9e10, "valid_acc is not a percentage from 0 to 100"),
    ("valid_acc", -1.0, "valid_acc is not a percentage from 0 to 100"),
    ("test_acc", 100.5, "test_acc is not a percentage from 0 to 100"),
    ("top1_test", float("inf"), "top1_test is not a percentage from 0 to 100"),
    ("train_seconds", -1.0, "train_seconds is negative"),
    ("spent_seconds", -1.0, "spent_seconds is negative"),
    ("spent_seconds", 1e9, "spent_seconds is not the sum of train_seconds so far"),
    ("spent_seconds", float("inf"), "spent_seconds is infinite"),
    ("query", 0, "the query is not a number from 1"),
    ("query", 5, "the query stands there twice"),
    ("cost", 3.0, "the cost does not grow from query to query"),
    ("cost", 5.5, "the cost is less than 1 a full training"),
    ("seed", None, "seed is empty"),
    ("cost", 7.0, "the cost is not between 0 and the query's number"),
    ("cost", None, "cost is empty"),
    ("fidelity", -3, "the fidelity is no number of epochs"),
    ("arch", None, "arch is empty"),
]


def test_a_value_that_cannot_be_is_refused(out):
    rows = folder.read_merged(out).rows
    check_rows(rows)
    for column, value, message in CANNOT_BE:
        with pytest.raises(InvalidTable) as error:
            check_rows(changed(rows, column, value))
        assert f" places {message}; the first is query" in str(error.value)
        assert "of random on toy, seed " in str(error.value)


def test_whatever_reads_results_refuses_those_that_cannot_be(cli, study_file, tmp_path):
    out = tmp_path / "out"
    assert cli("study", "run", study_file(), "--out", out)[0] == 0
    change(out, "test_acc", 8.9e10)
    for command in (
        ["study", "report", out],
        ["study", "status", out],
        ["study", "merge", out],
        ["study", "merge", out, "--out", tmp_path / "merged"],
        ["study", "run", study_file(), "--out", out],
        ["leaderboard", "build", out, "--out", tmp_path / "page.html"],
        ["leaderboard", "submit", out, "--board", tmp_path / "board", "--who", "A", "--min-seeds", 1],
    ):
        code, _, err = cli(*command)
        assert (code, err.count("\n")) == (2, 1)
        assert "in 1 places test_acc is not a percentage from 0 to 100; the first is query 6 of random" in err


def test_noise_may_take_what_a_search_sees_above_100_and_nothing_else(out):
    rows = folder.read_merged(out).rows
    place = SCHEMA.get_field_index("valid_acc")
    noisy = rows.set_column(place, SCHEMA.field(place), pa.array([101.5] * len(rows), pa.float32()))
    check_rows(noisy, SimpleNamespace(noisy={"toy"}, percent=True))
    with pytest.raises(InvalidTable, match="in 240 places valid_acc"):
        check_rows(noisy, SimpleNamespace(noisy={"another"}, percent=True))


def test_tables_that_do_not_belong_together_are_refused(out, results_of, tmp_path):
    results_of("more", ("seeds = 3", "seeds = 4"))
    for file, message in (
        (TIMINGS, "list other runs than the results"),
        (RESULTS, "timings.parquet does not list"),
    ):
        mixed = shutil.copytree(out, tmp_path / f"mixed-{file}")
        shutil.copy(tmp_path / "more" / file, mixed / file)
        with pytest.raises(InvalidTable, match=message):
            load(mixed)
    change(out, "queries", 39, file=TIMINGS)
    with pytest.raises(InvalidTable, match="list other runs than the results have"):
        load(out)


def test_times_that_cannot_be_are_refused(out):
    change(out, "wall_seconds", -3.0, file=TIMINGS)
    with pytest.raises(InvalidTable, match=r"wall_seconds of weaknas \(ridge\) on toy, seed 2, is -3.0"):
        load(out)


def test_a_clock_of_workers_goes_on(out):
    rows = folder.read_merged(out).rows
    ticks = rows["query"].cast(pa.float64())
    timed = rows.append_column("clock_seconds", ticks)
    check_rows(timed)
    for value in (1.0, -1.0):
        with pytest.raises(InvalidTable, match="the workers' clock does not go on; the first is query"):
            check_rows(changed(timed, "clock_seconds", value))
