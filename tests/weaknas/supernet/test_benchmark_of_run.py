"""`supernet:RUN`: searched as a table is."""

import json
import shutil
import sqlite3

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.metrics import Metric
from weaknas.supernet import make_supernet, save
from weaknas.supernet.evaluators import BnIndicator, RecalibratedAccuracy


@pytest.fixture
def bench(run_folder, own_cache):
    return weaknas.benchmark(f"supernet:{run_folder}", device="cpu")


def test_a_search_sees_held_out_images_only(bench, monkeypatch):
    splits = []
    score = RecalibratedAccuracy.score

    def noted(self, arch, split="held-out"):
        splits.append(split)
        return score(self, arch, split)

    monkeypatch.setattr(RecalibratedAccuracy, "score", noted)
    strategy = weaknas.strategy("random", bench.space.where("macs <= 60e3"), seed=0)
    result = weaknas.search(bench, strategy, 6)
    assert splits.count("val") == 1  # of the best, by the report
    assert splits[-1] == "val"
    assert result.history["test_acc"].notna().sum() == 1
    assert result.best.test > 80
    assert (bench.space.free_to_know("macs", bench.space.from_str(result.history["arch"])) <= 60e3).all()


def test_without_the_report_validation_is_not_looked_at(run_folder, own_cache):
    bench = weaknas.benchmark(f"supernet:{run_folder}", device="cpu", test=False)
    row = bench.space.sample(1, np.random.default_rng(0))
    assert np.isnan(bench.report(row).test).all()
    assert bench.report(row).valid == bench.evaluate(row).scores


def test_one_resolution_can_be_searched(run_folder, own_cache):
    bench = weaknas.benchmark(f"supernet:{run_folder}", device="cpu", resolution=8)
    assert all(text.startswith("r8;") for text in bench.space.to_str(bench.space.sample(9, np.random.default_rng(0))))
    with pytest.raises(InvalidArchitecture):
        bench.evaluate(bench.evaluator.supernet.space.from_str(["r12;w8;d1;k3,3,3;e1,1,1"]))


def test_weights_that_overflow_fail(bench):
    bench.evaluator.supernet.classifier.weight.data *= np.nan
    row = bench.space.sample(1, np.random.default_rng(0))
    del bench.evaluator.__dict__["weights"]
    assert np.isnan(bench.evaluate(row).scores).all()
    assert np.isnan(bench.report(row).test).all()


def test_a_supernet_of_cells_is_searched(images_file, tmp_path, own_cache):
    space = weaknas.space("nasnet", channels=2, cells=2, side=8, classes=4)
    weights = tmp_path / "cells.safetensors"
    save(make_supernet(space), weights)
    bench = weaknas.benchmark(f"supernet:{weights}", data=images_file, held_out=100, bn_images=20, device="cpu")
    result = weaknas.search(bench, weaknas.strategy("weaknas", bench.space, initial=4, batch=4, candidates=50), 12)
    assert len(set(space.key(space.from_str(result.history["arch"])).tolist())) == 12
    assert result.best.valid == result.history["valid_acc"].max()


@pytest.fixture
def weights(run_folder, tmp_path):
    """The weights of the run, where no images are known of."""
    return shutil.copy(run_folder / "supernet.safetensors", tmp_path / "alone.safetensors")


def test_a_search_by_an_indicator_under_a_limit_finds_what_enumeration_does(weights):
    bench = weaknas.benchmark(f"supernet:{weights}", evaluator="bn-all")
    space, limit = bench.space.where("macs <= 70e3"), 70e3
    every = bench.space.enumerate()
    within = every[bench.space.free_to_know("macs", every) <= limit]
    scores = BnIndicator(bench.evaluator.supernet, "all").scores(within)
    strategy = weaknas.strategy("regularized-evolution", space, seed=0, population=10, sample=5)
    result = weaknas.search(bench, strategy, 100)
    (best,) = bench.space.from_str([result.best.arch])
    assert len(within) > 150
    assert bench.space.key(best[None]) in bench.space.key(within[scores == scores.max()])
    assert result.best.valid == scores.max()
    assert result.history["test_bn-all"].isna().all()
    assert result.history["train_seconds"].sum() < 60


def test_a_search_by_an_indicator_says_so(cli, weights, tmp_path):
    asked = ("search", f"supernet:{weights}", "--strategy", "random", "--budget", 5)
    asked += ("--option", "benchmark.evaluator=bn-last", "--out", tmp_path / "r.parquet")
    code, out, _ = cli(*asked, "--plot", tmp_path / "r.png")
    result = weaknas.Result.load(tmp_path / "r.parquet")
    assert (code, result.metric) == (0, Metric("bn-last"))
    assert f"\n  bn-last {result.best.valid:.6g}\n" in out
    assert "note: bn-last is an indicator, which compares architectures, and no accuracy" in out
    assert "%" not in out
    assert "with the best bn-last; overhead" in out
    code, out, _ = cli(*asked, "--json")
    found = json.loads(out)
    assert found["bn-last"] == result.best.valid
    code, out, _ = cli(*asked[:3], "nsga2", *asked[4:])
    assert code == 0
    assert "bn-last            macs  arch" in out


def test_there_is_one_fidelity(bench):
    assert bench.fidelities == ()
    with pytest.raises(InvalidOption, match="one fidelity only"):
        bench.evaluate(bench.space.sample(1, np.random.default_rng(0)), 12)
    assert list(bench.checksums) == ["supernet.safetensors"]


def search(cli, run_folder, *arguments):
    return cli("search", f"supernet:{run_folder}", "--option", "benchmark.device=cpu", "--seed", 1, *arguments)


def test_the_command_is_that_of_a_table(cli, run_folder, own_cache, tmp_path):
    options = ("--constraint", "macs <= 60e3", "--budget", 24, "--predictor", "ridge", "--json")
    code, out, err = search(cli, run_folder, *options)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["strategy"], found["queries"]) == ("weaknas", 24)
    assert found["test_acc"] > 80
    with sqlite3.connect(own_cache / "scores.sqlite") as scores:
        assert scores.execute("SELECT count(*) FROM scores").fetchone() == (25,)
    scores.close()
    code, out, _ = search(
        cli, run_folder, *options, "--storage", f"sqlite:///{tmp_path}/runs.db", "--out", tmp_path / "r.parquet"
    )
    assert (code, json.loads(out)["queries"]) == (0, 24)
    assert pd.read_parquet(tmp_path / "r.parquet")["test_acc"].notna().all()  # a storage reports on each


@pytest.mark.parametrize("strategy", ["nsga2", "weaknas-pareto"])
def test_a_trade_off_is_shown(cli, run_folder, own_cache, strategy):
    code, out, _ = search(cli, run_folder, "--strategy", strategy, "--budget", 24, "--json")
    front = json.loads(out)["front"]
    assert code == 0
    assert [point["macs"] for point in front] == sorted(point["macs"] for point in front)
    assert [point["valid_acc"] for point in front] == sorted(point["valid_acc"] for point in front)
    code, out, _ = search(cli, run_folder, "--strategy", strategy, "--budget", 24)
    assert f"{front[0]['macs']:,.0f}  {front[0]['arch']}" in out


def test_refusals_are_one_sentence(cli, run_folder, own_cache, tmp_path):
    code, _, err = search(cli, run_folder, "--constraint", "macs <= 3", "--budget", 5)
    assert (code, err) == (2, "weaknas: there is no architecture of tiny with macs <= 3; loosen the constraint.\n")
    code, _, err = cli("search", f"supernet:{tmp_path}/none", "--budget", 5)
    assert (code, err) == (2, f"weaknas: there is no training run or file of weights at {tmp_path}/none.\n")
    weights = run_folder / "supernet.safetensors"
    code, _, err = cli("search", f"supernet:{weights}", "--budget", 5)
    assert code == 2
    assert "does not say which images" in err
