"""What was measured of some architectures: free to know of them, and only they are searched."""

import json

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidTable, NotFound
from weaknas.supernet.loading import part_of
from weaknas.supernet.measured import measured
from weaknas.supernet.run import TrainingRun


@pytest.fixture
def table(run_folder, tmp_path):
    """The latencies of 30 architectures."""
    space = TrainingRun.load(run_folder).make_space()
    rows = space.sample(60, np.random.default_rng(0))
    _, first = np.unique(space.key(rows), return_index=True)
    rows = rows[np.sort(first)][:30]
    frame = pd.DataFrame({"arch": space.to_str(rows), "latency_ms_phone": np.arange(30) + 0.5, "note": "x"})
    frame.to_csv(tmp_path / "phone.csv", index=False)
    frame.to_parquet(tmp_path / "phone.parquet")
    return tmp_path / "phone.csv", space


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_what_was_measured_is_free_to_know(table, ending):
    file, space = table
    rows = measured(file.with_suffix(ending), space, space)
    assert list(rows.free) == ["latency_ms_phone", "params", "macs"]
    assert rows.free_to_know("latency_ms_phone", rows.rows).tolist() == [number + 0.5 for number in range(30)]
    assert rows.where("latency_ms_phone <= 9 and macs > 1").size == 9
    part = part_of(space, 8, file.with_suffix(ending))
    assert all(text.startswith("r8") for text in part.to_str(part.rows))


def test_a_search_and_a_table_keep_a_latency(cli, table, run_folder, own_cache, tmp_path):
    file, _ = table
    bench = weaknas.benchmark(f"supernet:{run_folder}", device="cpu", measured=str(file))
    assert bench.space.free_to_know("latency_ms_phone", bench.space.rows).max() == 29.5
    out = tmp_path / "t.parquet"
    constraint = ("--constraint", "latency_ms_phone <= 6")
    options = ("--measured", file, "--n", 9, "--out", out, "--device", "cpu")
    code, said, err = cli("supernet", "tabulate", run_folder, *constraint, *options)
    assert (code, err) == (0, "")
    assert "6 architectures, all that there are (9 wanted)" in said
    search = ("search", f"supernet:{run_folder}", "--option", f"benchmark.measured={file}", "--budget", 4, "--json")
    code, said, _ = cli(*search, *constraint, "--strategy", "random", "--option", "benchmark.device=cpu")
    assert code == 0
    assert json.loads(said)["best_arch"] in pd.read_csv(file)["arch"].tolist()[:6]


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        ({"arch": ["r8"]}, InvalidTable, "needs a column arch, and one of what was measured"),
        ({"latency_a": [1.0]}, InvalidTable, "needs a column arch"),
        ({"arch": ["r8"], "latency_a": [1.0]}, InvalidArchitecture, "'r8' is not an architecture of"),
        (
            {"arch": ["KNOWN"], "latency_a": ["fast"]},
            InvalidTable,
            "latency_a of .* holds something else than numbers",
        ),
    ],
)
def test_other_tables_are_refused(table, frame, error, message):
    file, space = table
    texts = space.to_str(space.sample(1, np.random.default_rng(0)))
    frame = {name: texts if values == ["KNOWN"] else values for name, values in frame.items()}
    pd.DataFrame(frame).to_csv(file, index=False)
    with pytest.raises(error, match=message):
        measured(file, space, space)


def test_a_table_that_is_not_there(table):
    file, space = table
    for ending in (".csv", ".parquet"):
        with pytest.raises(NotFound, match="there is no table of measured numbers"):
            measured(file.with_name(f"none{ending}"), space, space)
    file.write_text("")
    with pytest.raises(InvalidTable, match="cannot be read as CSV"):
        measured(file, space, space)
