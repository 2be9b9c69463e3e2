import bz2
import pickle
import shutil

import numpy as np
import pandas as pd
import pytest

from weaknas.table_file import TableFile

TOPOLOGY, SIZE = "NATS-tss-v1_0-3ffb9-simple", "NATS-sss-v1_0-50262-simple"
SEEDS = {777: 0, 888: 1, 999: 2, 111: 3}
DATASETS = {
    "cifar10": (("cifar10-valid", "x_valid"), ("cifar10", "ori_test")),
    "cifar100": (("cifar100", "x_valid"), ("cifar100", "x_test")),
    "imagenet16-120": (("ImageNet16-120", "x_valid"), ("ImageNet16-120", "x_test")),
}


@pytest.fixture
def truth(official):
    return pd.read_parquet(official / "nats-official-3-final.parquet")


@pytest.mark.data
@pytest.mark.parametrize(
    ("folder", "space", "name", "full"),
    [(TOPOLOGY, "tss", "nasbench201", 200), (SIZE, "sss", "nats-size", 90)],
)
@pytest.mark.parametrize("dataset", DATASETS)
def test_numbers_equal_the_official_ones(imported, official, truth, tmp_path, folder, space, name, full, dataset):
    imported(official / folder)
    table = TableFile(tmp_path / "imported" / f"{name}-{dataset}.parquet")
    truth = truth[truth["space"] == space]
    rows = {arch: row for row, arch in enumerate(table.texts())}
    assert list(rows) == truth["arch_str"].drop_duplicates().tolist()
    compared = set()
    for column, (training, split) in zip(("valid_acc", "test_acc"), DATASETS[dataset], strict=True):
        mine = truth[truth["dataset"] == training]
        for epochs, schedule in mine.groupby("total_epochs"):
            ending = "" if epochs == full else f"_e{epochs}"
            for (arch, seed), value in schedule.set_index(["arch_str", "seed"])[split].items():
                name = f"{column}_run{SEEDS[seed]}{ending}"
                assert table.numbers(name)[rows[arch]] == pytest.approx(value, abs=1e-4)
                compared.add(name)
            mean = schedule.groupby("arch_str")[split].mean()
            np.testing.assert_allclose(table.numbers(column + ending), mean[list(rows)], atol=1e-4)
            compared.add(column + ending)
    assert compared == {c for c in table.columns if c.startswith(("valid_acc", "test_acc"))}
    cost = truth[truth["dataset"] == DATASETS[dataset][1][0]].groupby("arch_str").first().loc[list(rows)]
    np.testing.assert_allclose(table.numbers("params"), 1e6 * cost["params_m"], atol=1e-4)
    np.testing.assert_allclose(table.numbers("macs"), 1e6 * cost["flops_m"], atol=1e-4)


@pytest.mark.data
def test_imported_topology_equals_the_real_tables(imported, official, nasbench201_file, tmp_path):
    imported(official / TOPOLOGY)
    mine, real = TableFile(tmp_path / "imported" / nasbench201_file.name), TableFile(nasbench201_file)
    rows = [real.texts().index(text) for text in mine.texts()]
    shared = [c for c in mine.columns if c in real.columns and c != "arch"]
    assert {"valid_acc", "test_acc", "valid_acc_e12", "train_seconds", "params", "macs"} <= set(shared)
    for column in shared:
        known = ~np.isnan(real.numbers(column)[rows])
        np.testing.assert_allclose(mine.numbers(column)[known], real.numbers(column)[rows][known], rtol=1e-5)


@pytest.mark.data
def test_the_size_space_is_a_benchmark(imported, official):
    benchmark = imported(official / SIZE)
    bench = benchmark("nats-size/cifar100")
    batch = bench.space.from_str(["8:8:40:32:40", "8:8:8:8:8"])
    assert bench.evaluate(batch).scores == pytest.approx([62.78, 32.24], abs=1e-4)
    assert bench.evaluate(batch).train_seconds[1] == pytest.approx(462.184, abs=1e-3)
    short = benchmark("nats-size/cifar100", run=1, fidelity=12)
    assert short.evaluate(batch).scores == pytest.approx([49.42, 22.66], abs=1e-4)
    assert bench.report(batch).test == pytest.approx([62.70, 32.30], abs=1e-4)
    raw = benchmark("nats-size/imagenet16-120", universe="raw")
    assert raw.space.size == 32_768
    assert np.isnan(raw.evaluate(raw.space.from_str(["64:64:64:64:64"])).scores).all()


@pytest.mark.data
def test_a_table_says_which_official_split_its_columns_are(imported, official, cli):
    imported(official / SIZE)
    _, out, _ = cli("data", "info", "nats-size/cifar10")
    assert "valid: x-valid of cifar10-valid" in out
    assert "test: ori-test of cifar10" in out
    assert "facts were verified" not in out
    code, out, _ = cli("data", "check", "nats-size/cifar10")
    assert code == 0
    assert "parameters reproduced for every row  [3]" in out


@pytest.fixture
def folder(tmp_path):
    """A folder with a made-up record of one architecture, and how to change that record."""
    path = tmp_path / "NATS-tss-made-up"
    path.mkdir()

    def write(change=lambda record: None, file="000011.pickle.pbz2"):
        text = "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
        result = {
            "eval_acc1es": {
                f"{split}@{epoch}": 50.0 for split in ("x-valid", "x-test", "ori-test") for epoch in (11, 199)
            },
            "eval_losses": {},
            "train_times": dict.fromkeys(range(200), 2.0),
            "latency": [-1],
        }
        results = {(name, 777): result for name in ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")}
        record = {"arch_index": 11, "arch_str": text, "all_results": results}
        content = {"12": record, "200": dict(record)}
        change(content)
        with bz2.open(path / file, "wb") as stream:
            pickle.dump(content, stream)
        return path

    return write


class Dangerous:
    def __reduce__(self):
        return print, ("this code must never run",)


class Big:
    def __reduce__(self):
        return np._core.multiarray.scalar, (np.dtype("O"), "text")


def set_index(content):
    content["12"]["arch_index"] = 12


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.update(code=Dangerous()), r"it asks for builtins.print, which no file of NATS-Bench holds"),
        (lambda c: c.update(code=Big()), "no record of NATS-Bench"),
        (lambda c: c.clear(), "truncated, altered or no record of NATS-Bench"),
        (set_index, "000011.pickle.pbz2 holds the record of architecture 12; its name was changed"),
    ],
)
def test_what_is_no_record_is_refused(refusal, folder, change, sentence):
    error = refusal(folder(change))
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("share", [0, 0.1, 0.9])
def test_a_truncated_file_is_refused(refusal, folder, share):
    path = folder() / "000011.pickle.pbz2"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "truncated, altered or no record" in refusal(path.parent)


def test_a_flipped_bit_is_refused(refusal, folder):
    path = folder() / "000011.pickle.pbz2"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)
    assert "truncated, altered or no record" in refusal(path.parent)


def test_an_architecture_twice_is_refused(refusal, folder):
    path = folder()
    shutil.copy(path / "000011.pickle.pbz2", path / "000012.pickle.pbz2")
    assert "000012.pickle.pbz2 holds the record of architecture 11" in refusal(path)


def test_an_empty_folder_is_refused(refusal, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "has no file like 000000.pickle.pbz2" in refusal(tmp_path / "empty")
