"""Files in the layout of NAS-Bench-201's `.pth`, written by the classes of the official package."""

import numpy as np
import pytest

from weaknas.spaces import NasBench201
from weaknas.table_file import TableFile
from weaknas_benchmarks.importing import nasbench201

torch = pytest.importorskip("torch")
api_utils = pytest.importorskip("nas_201_api.api_utils")

SPACE = NasBench201()
TRAININGS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}


def accuracy(index, name, split, epochs, seed):
    return 20 + index / 10 + len(name) + len(split) / 10 + epochs / 100 + seed / 1000


def trained(index, text, name, seed, epochs):
    """Return one training as the official package keeps it."""
    cost = SPACE.cost(SPACE.from_str([text]))
    values = {epoch: np.float64(50) for epoch in range(epochs)}
    config = {"channel": 16, "num_cells": 5, "arch_str": text, "class_num": 10}
    params, flop = np.float64(cost.params[0] / 1e6), cost.macs[0] / 1e6
    result = api_utils.ResultsCount(name, None, values, values, params, flop, config, seed, epochs, [0.01, 0.03])
    result.update_train_info(values, values, values, dict.fromkeys(range(epochs), 1.5))
    for split in TRAININGS[name]:
        final = {epoch: accuracy(index, name, split, epochs, seed) for epoch in (0, epochs - 1)}
        result.update_OLD_eval(split, final, dict.fromkeys(final, 0.25))
    return result


def record(index, text, epochs, seeds):
    architecture = api_utils.ArchResults(index, text)
    for name in TRAININGS:
        for seed in seeds:
            architecture.update(name, seed, trained(index, text, name, seed, epochs))
    return architecture.state_dict()


@pytest.fixture(scope="module")
def content():
    """Thirty architectures: 777 and 999 for the even ones, 888 for the odd ones."""
    texts = SPACE.to_str(SPACE.enumerate()[7::500])[:30]
    infos = {}
    for index, text in enumerate(texts):
        seeds = (777, 999) if index % 2 == 0 else (888,)
        infos[index] = {"less": record(index, text, 12, [111]), "full": record(index, text, 200, seeds)}
    return {"meta_archs": texts, "arch2infos": infos, "evaluated_indexes": set(infos)}


@pytest.fixture(scope="module")
def two(content):
    """The first two of them."""
    infos = {index: content["arch2infos"][index] for index in range(2)}
    return {"meta_archs": content["meta_archs"][:2], "arch2infos": infos, "evaluated_indexes": set(infos)}


@pytest.fixture
def save(tmp_path):
    def save(content, **options):
        torch.save(content, tmp_path / "NAS-Bench-201-v1_1-096897.pth", **options)
        return tmp_path / "NAS-Bench-201-v1_1-096897.pth"

    return save


@pytest.mark.parametrize(("zipped", "options"), [(True, []), (False, []), (False, ["--allow-pickle"])])
def test_numbers_come_back(imported, save, content, tmp_path, zipped, options):
    imported(save(content, _use_new_zipfile_serialization=zipped), *options)
    for dataset, (valid, test) in {
        "cifar10": (("cifar10-valid", "x-valid"), ("cifar10", "ori-test")),
        "cifar100": (("cifar100", "x-valid"), ("cifar100", "x-test")),
        "imagenet16-120": (("ImageNet16-120", "x-valid"), ("ImageNet16-120", "x-test")),
    }.items():
        table = TableFile(tmp_path / "imported" / f"nasbench201-{dataset}.parquet")
        assert table.texts() == content["meta_archs"]
        for column, split in (("valid_acc", valid), ("test_acc", test)):
            for run, seed in enumerate((777, 888, 999)):
                truth = [
                    accuracy(index, *split, 200, seed) if (index % 2 == 1) == (seed == 888) else np.nan
                    for index in range(30)
                ]
                np.testing.assert_allclose(table.numbers(f"{column}_run{run}"), truth, atol=1e-4)
            short = [accuracy(index, *split, 12, 111) for index in range(30)]
            np.testing.assert_allclose(table.numbers(f"{column}_e12"), short, atol=1e-4)
            even = [accuracy(index, *split, 200, 888) for index in range(30)]  # also the mean of 777 and 999
            np.testing.assert_allclose(table.numbers(column), even, atol=1e-4)
        np.testing.assert_allclose(table.numbers("train_seconds"), 300)
        np.testing.assert_allclose(table.numbers("latency_ms_gpu"), 20, rtol=1e-6)
        np.testing.assert_allclose(table.numbers("valid_loss"), 0.25)
    assert table.card["seeds"] == {"run0": 777, "run1": 888, "run2": 999, "run3": 111}
    assert table.card["source"] == "NAS-Bench-201-v1_1-096897.pth"


def test_scalars_of_the_numpy_of_those_days_are_plain_data(imported, save, two, tmp_path):
    path = save(two, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    assert b"numpy._core.multiarray" in content
    path.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    imported(path)
    table = TableFile(tmp_path / "imported" / "nasbench201-cifar100.parquet")
    truth = [accuracy(0, "cifar100", "x-valid", 200, 777), accuracy(1, "cifar100", "x-valid", 200, 888)]
    assert [table.numbers("valid_acc_run0")[0], table.numbers("valid_acc_run1")[1]] == pytest.approx(truth, abs=1e-4)


class Dangerous:
    ran = False

    def __reduce__(self):
        return setattr, (Dangerous, "ran", True)


def test_code_runs_only_where_it_is_allowed(refusal, imported, save, two):
    path = save({**two, "code": Dangerous()})
    error = refusal(path)
    assert "holds more than plain data (setattr), and loading it" in error
    assert (
        "could run any code that its author put there; if you trust where you have it from, add --allow-pickle"
        in error
    )
    assert not Dangerous.ran
    imported(path, "--allow-pickle")
    assert Dangerous.ran


def test_memory_is_stated_and_a_file_too_large_is_refused(cli, refusal, save, two, monkeypatch, tmp_path):
    path = save(two)
    _, _, err = cli("data", "import", path, "--out", tmp_path / "fine")
    assert "takes about 0.0 GB of memory; " in err
    monkeypatch.setattr(nasbench201, "memory_available", lambda: 10_000)
    error = refusal(path)
    assert "GB are available; close other programs" in error.splitlines()[-1]
    monkeypatch.setattr(nasbench201, "memory_available", lambda: None)
    assert cli("data", "import", path, "--out", tmp_path / "unknown")[0] == 0


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file_is_refused(refusal, save, two, share, zipped):
    path = save(two, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert "is truncated, altered or no file of torch.save" in refusal(path)


@pytest.mark.parametrize("other", [{"meta_archs": []}, [1, 2], {"meta_archs": ["a"], "arch2infos": {0: {"full": 1}}}])
def test_another_file_of_torch_is_refused(refusal, save, other):
    assert "is no file of NAS-Bench-201" in refusal(save(other))
