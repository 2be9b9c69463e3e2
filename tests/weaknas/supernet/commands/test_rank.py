"""`weaknas supernet rank`."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import weaknas
from weaknas.rank_statistics import tau
from weaknas.supernet import load, save
from weaknas.supernet.evaluators import RecalibratedAccuracy
from weaknas.supernet.ranking import distinct_of
from weaknas.supernet.run import WEIGHTS, TrainingRun

FAST = ("--batch-statistics", 40)


@pytest.fixture
def second(run_folder, tmp_path):
    """Another supernet of the same scheme."""
    folder = tmp_path / "second"
    shutil.copytree(run_folder, folder)
    replace(TrainingRun.load(folder), seed=1).save(folder)
    net = load(folder / WEIGHTS).net
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
    save(net, folder / WEIGHTS)
    return folder


@pytest.fixture
def truth(run_folder, measured):
    """A table of a dozen architectures whose accuracies are noise."""
    space = TrainingRun.load(run_folder).make_space()
    return measured(space, space.sample(14, np.random.default_rng(3)))


def said(cli, *arguments):
    code, out, err = cli(*arguments)
    assert (code, err) == (0, "")
    return out


@pytest.mark.slow
def test_supernets_are_ranked_by_the_table(cli, run_folder, second, truth, own_cache, tmp_path):
    out, figure = tmp_path / "scored.parquet", tmp_path / "rank.png"
    command = ("supernet", "rank", run_folder, second, "--truth", truth, *FAST, "--indicator", "bn-last")
    found = json.loads(said(cli, *command, "--json", "--out", out, "--figure", figure))
    assert figure.stat().st_size > 1000
    table = weaknas.benchmark(str(out))
    batch, true = table.space.rows, table.report(table.space.rows).valid
    columns = {name: table.space.free_to_know(name, batch) for name in table.space.free}
    names = [f"zc_supernet_spos_seed{seed}" for seed in (0, 1)]
    assert set(columns) == {"params", "macs", *names, "zc_bn_last_spos_seed0", "zc_bn_last_spos_seed1"}
    bench = weaknas.benchmark(f"supernet:{second}", batch_statistics=40)
    assert np.array_equal(columns[names[1]], bench.evaluate(batch).scores)
    assert list(found["schemes"]) == ["spos", "spos: bn_last"]
    one = found["schemes"]["spos"]
    assert one["seeds"] == [0, 1]
    assert one["tau"]["value"] == pytest.approx(np.mean([tau(columns[name], true) for name in names]))
    assert (found["architectures"], found["truth"], found["by"]) == (len(batch), "measured", "accuracy")
    assert set(found["bars"]) == {"params", "macs"}
    assert found["best_free"] in found["bars"]
    text = said(cli, *command, "--with", "macs,params")
    assert "spos + macs + params over macs + params: " in text
    assert f"{len(batch)} architectures of measured, ranked by accuracy" in text
    assert "seed, which was not replicated" not in text
    assert "spos over spos: bn_last: " in text


def test_one_run_says_that_it_is_one_and_a_stopped_command_goes_on(cli, run_folder, truth, own_cache, monkeypatch):
    command = ("supernet", "rank", run_folder, "--truth", truth, "--n", 8, *FAST)
    network, made = RecalibratedAccuracy.network, []

    def count(self, arch):
        if len(made) == 5:
            made.append(None)
            raise KeyboardInterrupt
        made.append(arch)
        return network(self, arch)

    monkeypatch.setattr(RecalibratedAccuracy, "network", count)
    code, out, _ = cli(*command)
    assert (code != 0, out) == (True, "")
    text = said(cli, *command)
    assert len(made) == 9  # each once, but for the one that was interrupted
    assert "8 architectures of measured" in text
    assert "spos: a single seed, which was not replicated; the interval is over architectures only." in text
    assert "the best column that is free to know" in text
    by_loss, other = (json.loads(said(cli, *command, "--json", *more)) for more in (("--by", "loss"), ("--seed", 1)))
    assert by_loss["schemes"]["spos"]["tau"]["value"] != other["schemes"]["spos"]["tau"]["value"]
    table, bench = weaknas.benchmark(str(truth)), weaknas.benchmark(f"supernet:{run_folder}", batch_statistics=40)
    batch = distinct_of(table, 8)
    losses, true = [bench.evaluator.score(row).loss for row in batch], table.report(batch).valid
    assert by_loss["by"] == "loss"
    assert by_loss["schemes"]["spos"]["tau"]["value"] == pytest.approx(-tau(losses, true))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("RUN", "--truth", "TRUTH", "--by", "rank"), "--by is accuracy or loss, not 'rank'"),
        (("RUN", "--truth", "nowhere"), "there is no benchmark named 'nowhere'"),
        (("RUN", "--truth", "TOY"), "toy has architectures that the supernet has not:"),
        (("RUN", "--truth", "TRUTH", "--n", 1), "2 architectures at least, not 1"),
        (("RUN", "--truth", "TRUTH", "--out", "TRUTH"), "would take the place of the truth"),
        (("RUN", "--truth", "TRUTH", "--out", "t.csv"), "a table is a .parquet file"),
        (("RUN", "--truth", "TRUTH", "--figure", "t.txt"), "is no picture format"),
        (("RUN", "RUN", "--truth", "TRUTH"), "no two supernets; leave one out"),
    ],
)
def test_refusals_are_one_sentence(
    cli, run_folder, truth, toy_file, own_cache, monkeypatch, tmp_path, arguments, message
):
    monkeypatch.chdir(tmp_path)
    places = {"RUN": run_folder, "TRUTH": truth, "TOY": toy_file}
    code, out, err = cli("supernet", "rank", *(places.get(part, part) for part in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
