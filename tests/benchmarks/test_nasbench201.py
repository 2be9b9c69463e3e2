import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption, InvalidTable
from weaknas.spaces import NasBench201
from weaknas.table_file import write_table
from weaknas_benchmarks.store import find


@pytest.mark.data
def test_runs_of_nasbench201(nasbench201_file):
    dataset = nasbench201_file.stem.removeprefix("nasbench201-")
    one_run = 0 if dataset == "cifar10" else 8_169
    bench = weaknas.benchmark(f"nasbench201/{dataset}", run="random", seed=3)
    assert bench.note == (f"{one_run:,} of 15,625 rows have one known run only" if one_run else "")
    if one_run:
        with pytest.raises(InvalidOption, match=f"valid_acc_run0 is not known for {one_run:,}"):
            weaknas.benchmark(f"nasbench201/{dataset}", run=0)
    low = weaknas.benchmark(f"nasbench201/{dataset}", fidelity=12)
    measured = low.evaluate(low.space.rows)
    assert measured.estimated
    assert measured.scores.max() < bench.optimum.valid - 5


@pytest.mark.data
def test_cells_with_latencies_on_many_devices():
    for file in ("nasbench201-cifar100.parquet", "nasbench201-latency.parquet"):
        try:
            find(file)
        except ValueError:
            pytest.skip(f"needs the real table {file}: name its directory in WEAKNAS_DATA")
    bench = weaknas.benchmark("nasbench201-devices/cifar100", objective="valid_acc,latency_ms_myriad_vpu")
    whole = weaknas.benchmark("nasbench201/cifar100")
    rows = bench.space.rows
    assert len(rows) == 1999
    scores = bench.evaluate(rows).scores
    np.testing.assert_array_equal(scores[:, 0], whole.evaluate(rows).scores)
    for device in ("pixel3", "raspi4", "eyeriss", "fpga"):
        ours, theirs = (b.space.free_to_know(f"latency_ms_{device}", rows) for b in (bench, whole))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    failed = np.isnan(bench.space.free_to_know("latency_ms_hw_edgetpu", rows)).sum()
    assert failed + np.isnan(bench.space.free_to_know("latency_ms_eagle_edgetpu", rows)).sum() == 259
    assert "latency_ms_core_i7" not in bench.space.free
    assert bench.checksums.keys() == {"nasbench201-cifar100.parquet", "nasbench201-latency.parquet"}


def test_cells_without_a_latency_or_an_accuracy_are_left_out(tmp_path, monkeypatch):
    space = NasBench201()
    texts = space.to_str(space.enumerate()[:6])
    card, ones = {"benchmark": "nasbench201", "space": "nasbench201"}, np.ones(4)
    cells = {"arch": texts[:4], "valid_acc": [60.0, 61, 62, 63], "test_acc": ones, "train_seconds": ones}
    cells |= {"params": ones, "macs": ones}
    write_table(tmp_path / "nasbench201-cifar100.parquet", cells, {**card, "dataset": "cifar100"})
    path = tmp_path / "nasbench201-latency.parquet"
    write_table(path, {"arch": [texts[5], texts[2]], "latency_ms_tpu": [1.0, 2.0]}, {**card, "dataset": "cifar10"})
    monkeypatch.setenv("WEAKNAS_DATA", str(tmp_path))
    bench = weaknas.benchmark("nasbench201-devices/cifar100", objective="valid_acc,latency_ms_tpu")
    assert bench.data.texts() == [texts[2]]
    assert bench.evaluate(bench.space.rows).scores.tolist() == [[62, 2]]
    write_table(path, {"arch": texts[5:], "latency_ms_tpu": [1.0]}, {**card, "dataset": "cifar10"})
    with pytest.raises(InvalidTable, match="none of the cells of"):
        weaknas.benchmark("nasbench201-devices/cifar100")
