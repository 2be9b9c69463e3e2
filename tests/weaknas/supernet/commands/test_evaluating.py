"""`weaknas supernet evaluate`, `tabulate`, `extract`, and `weaknas validate`."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

import weaknas
from weaknas.spaces import UserMobile
from weaknas.supernet import load
from weaknas.supernet.commands import tabulate
from weaknas.supernet.evaluators import RecalibratedAccuracy

ARCH = "r12;w8;d1;k3,3,3;e2,1,2"


def said(cli, *arguments):
    code, out, err = cli(*arguments)
    assert (code, err) == (0, "")
    return out


def test_evaluate_scores_one_architecture(cli, run_folder, own_cache):
    command = ("supernet", "evaluate", run_folder, "--arch", ARCH)
    found = json.loads(said(cli, *command, "--json"))
    bench = weaknas.benchmark(f"supernet:{run_folder}")
    row = bench.space.from_str([ARCH])
    assert found["top1"] == bench.evaluate(row).scores[0]
    assert (found["split"], found["images"], found["macs"]) == ("held-out", 100, bench.space.cost(row).macs[0])
    assert f"held-out, 100 images: top-1 {found['top1']:.3f} %" in said(cli, *command)
    other = json.loads(said(cli, *command, "--split", "val", "--resolution", 8, "--bn-images", 50, "--json"))
    assert other["arch"] == ARCH.replace("r12", "r8")
    assert (other["split"], other["bn_images"]) == ("val", 50)
    fast = ("--batch-statistics", 50)
    assert json.loads(said(cli, *command, *fast, "--json"))["images"] == 50
    assert "batch-norm statistics of these images themselves" in said(cli, *command, *fast)
    weights = run_folder / "supernet.safetensors"
    data = weaknas.benchmark(f"supernet:{run_folder}").evaluator.data
    named = ("--weights", weights, "--data", images_of(run_folder), "--held-out", data.split[0])
    assert json.loads(said(cli, "supernet", "evaluate", *named, "--arch", ARCH, "--json"))["top1"] == found["top1"]


def images_of(run_folder):
    return json.loads((run_folder / "run.json").read_text())["data"]


def test_an_extracted_network_validates_as_it_was_evaluated(cli, run_folder, own_cache, tmp_path):
    file = tmp_path / "net.safetensors"
    said(cli, "supernet", "extract", run_folder, "--arch", ARCH, "--out", file)
    assert load(file).net.arch == ARCH
    for split in ("val", "held-out"):
        wanted = json.loads(said(cli, "supernet", "evaluate", run_folder, "--arch", ARCH, "--split", split, "--json"))
        command = ("validate", file, "--data", images_of(run_folder), "--split", split)
        found = json.loads(said(cli, *command, "--batch", 30, "--json"))
        assert (found["arch"], found["images"]) == (ARCH, 100)
        assert (found["top1"], found["top5"]) == (wanted["top1"], wanted["top5"])
        assert f"top-1 {found['top1']:.3f} %" in said(cli, *command, "--precision", "float32")


def test_what_a_run_found_is_taken_where_no_architecture_is_named(cli, found_folder, own_cache, tmp_path):
    assert json.loads(said(cli, "supernet", "evaluate", found_folder, "--json"))["arch"] == ARCH
    assert json.loads(said(cli, "supernet", "evaluate", found_folder, "--resolution", 8, "--json"))["arch"][:2] == "r8"
    other = ARCH.replace("d1", "d2")
    assert json.loads(said(cli, "supernet", "evaluate", found_folder, "--arch", other, "--json"))["arch"] == other
    said(cli, "supernet", "extract", found_folder, "--out", tmp_path / "net.safetensors")
    assert load(tmp_path / "net.safetensors").net.arch == ARCH


def test_a_table_is_searched_as_any_other_and_a_killed_one_goes_on(cli, run_folder, own_cache, tmp_path, monkeypatch):
    file = tmp_path / "tiny.parquet"
    command = ("supernet", "tabulate", run_folder, "--n", 20, "--seed", 3, "--test", "--out", file)
    network, made = RecalibratedAccuracy.network, []

    def dies(self, arch):
        if len(made) == 7:
            raise KeyboardInterrupt
        made.append(arch)
        return network(self, arch)

    with monkeypatch.context() as patch:
        patch.setattr(RecalibratedAccuracy, "network", dies)
        with pytest.raises(KeyboardInterrupt):
            tabulate(file, str(run_folder), n=20, seed=3, test=True)
    assert not file.exists()
    with monkeypatch.context() as patch:
        patch.setattr(RecalibratedAccuracy, "network", lambda self, arch: made.append(arch) or network(self, arch))
        assert "20 architectures, written to" in said(cli, *command)
    assert len(made) == 20  # each once, for both splits
    table = weaknas.benchmark(str(file))
    bench = weaknas.benchmark(f"supernet:{run_folder}")
    assert isinstance(table.space.base, UserMobile)
    batch = table.space.enumerate()
    assert len(batch) == 20
    np.testing.assert_allclose(table.evaluate(batch).scores, bench.evaluate(batch).scores, rtol=1e-6)
    for name in ("params", "macs"):
        assert np.array_equal(table.space.free_to_know(name, batch), bench.space.free_to_know(name, batch))
    assert np.isfinite(table.report(batch).test).all()
    assert json.loads(said(cli, "search", file, "--budget", 10, "--json"))["queries"] == 10
    assert "20" in said(cli, "data", "info", file)


def test_indicators_are_columns_that_are_free_to_know(cli, run_folder, own_cache, tmp_path):
    file = tmp_path / "tiny.parquet"
    indicators = ("--indicator", "bn-last", "--indicator", "bn-all", "--indicator", "grad-norm")
    said(cli, "supernet", "tabulate", run_folder, "--n", 5, *indicators, "--out", file)
    table = weaknas.benchmark(str(file))
    batch = table.space.enumerate()
    last, whole = (table.space.free_to_know(name, batch) for name in ("zc_bn_last", "zc_bn_all"))
    assert (whole > last).all()
    assert (table.space.free_to_know("zc_grad_norm", batch) > 0).all()
    command = ("supernet", "evaluate", run_folder, "--arch", table.space.to_str(batch)[0], *indicators)
    assert json.loads(said(cli, *command, "--json"))["zc_bn_last"] == pytest.approx(last[0])
    assert f"zc_bn_last {last[0]:.6g}" in said(cli, *command)


def test_another_evaluator_scores_the_same_architectures(cli, run_folder, own_cache, tmp_path):
    alone = ("--evaluator", "stand-alone", "--option", "epochs=0.5", "--option", "train_batch=50")
    alone += ("--option", "training.augment=none")
    found = json.loads(said(cli, "supernet", "evaluate", run_folder, "--arch", ARCH, *alone, "--json"))
    inherited = json.loads(said(cli, "supernet", "evaluate", run_folder, "--arch", ARCH, "--json"))
    assert (found["evaluator"], inherited["evaluator"]) == ("stand-alone", "accuracy")
    assert found["top1"] != inherited["top1"]
    options = {"epochs": 0.5, "train_batch": 50, "training": {"augment": "none"}}
    bench = weaknas.benchmark(f"supernet:{run_folder}", evaluator="stand-alone", evaluator_options=options)
    assert bench.evaluate(bench.space.from_str([ARCH])).scores == found["top1"]
    file = tmp_path / "head.parquet"
    head = ("--evaluator", "frozen-head", "--option", "epochs=1")
    said(cli, "supernet", "tabulate", run_folder, "--n", 2, *head, "--out", file)
    assert json.loads(pq.read_schema(file).metadata[b"weaknas"])["evaluator"] == "frozen-head"


def test_a_table_of_means_over_seeds_has_each_seed(cli, run_folder, own_cache, tmp_path):
    options = ("seeds=2", "epochs=0.2", "train_batch=50", "training.augment=none")
    alone = ("--evaluator", "stand-alone", *(part for option in options for part in ("--option", option)))
    said(cli, "supernet", "tabulate", run_folder, "--n", 2, "--test", *alone, "--out", tmp_path / "alone.parquet")
    table = pq.read_table(tmp_path / "alone.parquet").to_pandas()
    for split in ("valid", "test"):
        runs = table[[f"{split}_acc_run0", f"{split}_acc_run1"]].to_numpy()
        assert runs.mean(1) == pytest.approx(table[f"{split}_acc"].to_numpy(), abs=1e-4)
        assert (runs[:, 0] != runs[:, 1]).any()


def test_a_table_of_a_part_of_the_space(cli, run_folder, own_cache, tmp_path):
    file = tmp_path / "part.parquet"
    part = ("--constraint", "macs <= 30e3", "--resolution", 8)
    out = said(cli, "supernet", "tabulate", run_folder, "--n", 500, *part, "--out", file)
    table = weaknas.benchmark(str(file))
    assert f"{table.space.size} architectures, all that there are (500 wanted)" in out
    assert (table.space.free_to_know("macs", table.space.rows) <= 30e3).all()
    assert all(text.startswith("r8") for text in table.space.to_str(table.space.rows))
    assert np.isnan(table.report(table.space.rows).test).all()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("supernet", "evaluate", "--arch", ARCH), "name what to evaluate: either RUN"),
        (("supernet", "evaluate", "RUN", "--weights", "RUN", "--arch", ARCH), "name what to evaluate: either RUN"),
        (
            ("supernet", "evaluate", "RUN"),
            "names no architecture, as a run does that searched and is at its end; name",
        ),
        (("supernet", "extract", "RUN", "--out", "n.safetensors"), "names no architecture, as a run does"),
        (("supernet", "evaluate", "RUN", "--arch", "r9"), "'r9' is not an architecture of the space tiny"),
        (("supernet", "evaluate", "RUN", "--arch", ARCH, "--split", "train"), "--split is held-out or val"),
        (("supernet", "evaluate", "RUN", "--arch", ARCH, "--resolution", "9"), "tiny has the resolution 8 or 12"),
        (("supernet", "tabulate", "RUN", "--out", "table.csv"), "a table's file ends in .parquet"),
        (("supernet", "tabulate", "RUN", "--n", "0", "--out", "t.parquet"), "at least one architecture, not 0"),
        (("supernet", "tabulate", "RUN", "--constraint", "macs < 1", "--out", "t.parquet"), "no architecture of tiny"),
        (("validate", "RUN/supernet.safetensors", "--data", "RUN"), "is a supernet; extract an architecture"),
        (("validate", "RUN/none.safetensors", "--data", "RUN"), "there is no checkpoint"),
    ],
)
def test_refusals_are_one_sentence(cli, run_folder, own_cache, tmp_path, monkeypatch, command, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(*(part.replace("RUN", str(run_folder)) for part in command))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_an_extracted_network_is_no_supernet(cli, run_folder, own_cache, tmp_path):
    file = tmp_path / "net.safetensors"
    said(cli, "supernet", "extract", run_folder, "--arch", ARCH, "--out", file)
    code, _, err = cli("supernet", "evaluate", file, "--data", images_of(run_folder), "--arch", ARCH)
    assert (code, "is a single architecture, not a supernet; try weaknas validate" in err) == (2, True)
    for option, message in ((("--precision", "int8"), "--precision is"), (("--batch", 0), "--batch is a number")):
        code, _, err = cli("validate", file, "--data", images_of(run_folder), *option)
        assert (code, message in err) == (2, True)
