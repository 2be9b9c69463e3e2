from functools import partial

import numpy as np
import pytest

import weaknas
from weaknas.spaces import NasBench201
from weaknas.table_file import TableFile
from weaknas_benchmarks.building import build_spec, trainer
from weaknas_benchmarks.building.classes import trained_class
from weaknas_benchmarks.building.merging import merge
from weaknas_benchmarks.building.run_build import build

pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def one_architecture_a_shard(monkeypatch):
    monkeypatch.setattr(build_spec, "SHARD", 1)


def test_the_table_is_a_benchmark_whose_isomorphic_rows_share_measurements(tiny, tmp_path, monkeypatch):
    build(tiny, tmp_path / "build")
    path = merge(tiny, tmp_path / "build", tmp_path)
    bench = weaknas.benchmark(str(path), run=1)
    rows = bench.space.enumerate()
    space = NasBench201()
    keys = trained_class(rows)
    assert set(keys.tolist()) == set(trained_class(tiny.rows).tolist())
    np.testing.assert_array_equal(space.code(rows), np.sort(space.code(rows)))
    scores = bench.evaluate(rows).scores
    for key in np.unique(keys):
        assert len(np.unique(scores[keys == key])) == 1
    monkeypatch.setattr(trainer, "BuildSpec", partial(build_spec.BuildSpec, recipe=tiny.recipe))
    trained = weaknas.benchmark("digits-train", images=str(tiny.file), run=1)
    np.testing.assert_array_equal(trained.evaluate(tiny.rows).scores, bench.evaluate(tiny.rows).scores)
    mean = np.mean([TableFile(path).numbers(f"test_acc_run{run}") for run in range(3)], axis=0)
    np.testing.assert_allclose(TableFile(path).numbers("test_acc"), mean, atol=1e-4)
    card = TableFile(path).card
    assert card["network"] == {"channels": 1, "classes": 3, "side": 4, "width": 8}
    assert card["valid"] == "24 images of the user's file, 2 distorted copies of each"
    assert card["recipe"]["epochs"] == card["epochs"] == 2
