"""`weaknas supernet search`."""

import json
import os.path
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import weaknas
from weaknas.drawing import draw
from weaknas.parquet import read_parquet
from weaknas.supernet.run import METRICS, WEIGHTS, TrainingRun
from weaknas.supernet.training import train


@pytest.fixture
def search(cli, space, data, tmp_path):
    def run(*options, scheme="fp-nas", out="run", space=space):
        where = ("--scheme", scheme, "--out", tmp_path / out, "--device", "cpu", "--option", "training.augment=none")
        return cli("supernet", "search", space, data, *where, "--batch", 8, *options)

    return run


def chances(folder):
    table = read_parquet(folder / "probabilities.parquet", "table", "").to_pandas()
    return {name: part["probability"].to_numpy() for name, part in table.groupby("choice", sort=False)}


FEW = ("--option", "samples=3")


@pytest.mark.parametrize(
    ("scheme", "few"), [("parsec", FEW), ("fp-nas", FEW), ("dmasking", ()), ("darts", ()), ("entrannas", ())]
)
def test_it_finds_an_architecture_within_its_constraint(search, scheme, few, tmp_path):
    code, out, err = search("--steps", 12, "--constraint", "macs <= 150e3", *few, scheme=scheme)
    assert (code, err) == (0, "")
    run = TrainingRun.load(tmp_path / "run")
    (arch,) = run.found
    cost = run.make_space().cost(run.make_space().from_str([arch]))
    assert cost.macs[0] <= 150e3
    lines = out.splitlines()
    assert lines[:2] == [f"{tmp_path / 'run'}: tiny, {scheme}, 12 steps", f"  found {arch}"]
    assert lines[2] == f"  {cost.macs[0] / 1e6:,.2f} million MACs, {cost.params[0] / 1e6:,.3f} million parameters"
    with Image.open(tmp_path / "run" / "search.png") as picture:
        assert picture.size > (800, 600)
    assert not (tmp_path / "run" / "found.svg").exists()  # it has no cells
    assert all(part.sum() == pytest.approx(1) for part in chances(tmp_path / "run").values())
    metrics = read_parquet(tmp_path / "run" / METRICS, "table", "").to_pandas()
    assert {"entropy", "expected_macs", "found_macs", "loss", "arch_loss"} <= set(metrics)


CELLS = ("stage=1", "channels=2", "side=8", "classes=4")


def test_the_cells_that_it_finds_are_drawn(search, tmp_path):
    options = [word for option in CELLS for word in ("--option", f"space.{option}")]
    folder = tmp_path / "run"
    for steps in (1, 2):  # the second goes on with the first
        (folder / "found.svg").unlink(missing_ok=True)
        code, out, _ = search("--steps", steps, *options, scheme="darts", space="nasbench201")
        assert code == 0
        assert f"  drawn in {folder / 'search.png'} and {folder / 'found.svg'}\n" in out
        run = TrainingRun.load(folder)
        space = run.make_space()
        assert (folder / "found.svg").read_text() == draw(space, space.from_str(run.found))


def test_a_search_that_was_made_longer_goes_on(search, tmp_path):
    """From the coarse distribution to the joint one, which the longer run has reached."""
    assert search("--steps", 4, *FEW, "--option", "switch=0.75")[0] == 0
    assert search("--steps", 8, *FEW, "--option", "switch=0.75")[0] == 0
    assert TrainingRun.load(tmp_path / "run").done == 8


def test_a_sparse_search_that_was_stopped_ends_as_if_it_had_not_been(search, data, tmp_path):
    options = ("--option", "lam1=0.1", "--option", "arch_rate=0.02", "--option", "ramp=0.2")
    assert search("--steps", 16, *options, scheme="sparse", out="whole")[0] == 0
    whole = TrainingRun.load(tmp_path / "whole")

    def stop(progress):
        if progress.done == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(replace(whole, done=0, found=None), tmp_path / "run", device="cpu", on_step=stop, save_seconds=0)
    assert 0 < TrainingRun.load(tmp_path / "run").done < 16
    assert search("--steps", 16, *options, scheme="sparse")[0] == 0
    for file in ("probabilities.parquet", WEIGHTS):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "run" / file).read_bytes()
    assert any((part == 0).any() for part in chances(tmp_path / "run").values())
    assert (tmp_path / "run" / "search.png").is_file()


def test_fixed_weights_stay_as_they_began(search, cli, space, data, tmp_path):
    where = ("--scheme", "spos", "--out", tmp_path / "trained", "--device", "cpu")
    assert cli("supernet", "train", space, data, *where, "--steps", 2, "--batch", 8)[0] == 0
    for fixed in (True, False):
        options = (
            *FEW,
            "--weights",
            tmp_path / "trained",
            "--option",
            f"fixed={fixed}".lower(),
            "--option",
            "frozen=0",
        )
        assert search("--steps", 3, *options, out=f"fixed-{fixed}")[0] == 0
        before, after = (load_file(tmp_path / name / WEIGHTS) for name in ("trained", f"fixed-{fixed}"))
        names = [name for name in before if name.endswith("weight")]
        assert all(torch.equal(before[name], after[name]) for name in names) == fixed


def test_a_search_begins_with_the_probabilities_of_another(search, tmp_path):
    assert search("--steps", 6, *FEW, "--option", "arch_rate=1")[0] == 0
    never = ("--steps", 1, *FEW, "--option", "frozen=0.9", "--option", f"prior={tmp_path / 'run'}")
    assert search(*never, out="next", scheme="parsec")[0] == 0
    first, second = chances(tmp_path / "run"), chances(tmp_path / "next")
    for name, part in first.items():
        np.testing.assert_allclose(second[name], part, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scheme": "spos"}, "weaknas: the scheme spos searches for nothing while it trains"),
        ({"constraint": "macs <= 9"}, "weaknas: no network of tiny has macs <= 9; the smallest has"),
        ({"constraint": "latency <= 9"}, "weaknas: a search that trains meanwhile knows upper bounds on macs and"),
        ({"prior": "nowhere"}, f"weaknas: there is no file of probabilities at {os.path.abspath('nowhere')}"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_a_sentence(search, options, said):
    constraint = ("--constraint", options["constraint"]) if "constraint" in options else ()
    prior = ("--option", f"prior={options['prior']}") if "prior" in options else ()
    code, out, err = search("--steps", 3, *constraint, *prior, scheme=options.get("scheme", "parsec"))
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_a_single_architecture_is_nothing_to_search(search):
    code, _, err = search("--steps", 3, "--option", "space.classes=4", space="fbnetv2-f1", scheme="dmasking")
    assert code == 2
    assert err == "weaknas: there is nothing to search for in fbnetv2-f1: it is a single architecture.\n"


def test_probabilities_that_were_altered_are_refused(search, tmp_path):
    assert search("--steps", 2, *FEW)[0] == 0
    file = tmp_path / "run" / "probabilities.parquet"
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    code, _, err = search("--steps", 2, "--option", f"prior={tmp_path / 'run'}", out="other")
    assert code == 2
    assert "restore it" in err


def test_what_is_found_is_an_architecture_of_the_space(search, tmp_path):
    assert search("--steps", 4, *FEW)[0] == 0
    found = json.loads((tmp_path / "run" / "run.json").read_text())["found"]
    space = TrainingRun.load(tmp_path / "run").make_space()
    assert len(weaknas.space("mobile", table=space.recipe["table"]).from_str(found)) == 1
