"""What the commands do with images of the network's classes, of some of them, and of others."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from weaknas.supernet import load, save
from weaknas.supernet.run import TrainingRun

ARCH = "r12;w8;d1;k3,3,3;e2,1,2"
NAMES = ("ant", "bee", "cat", "dog")


def folder(root, images_file, names, parts=("train", "val")):
    """Write the images of some classes as a folder."""
    arrays = np.load(images_file)
    for part, (x, y) in {"train": ("x_train", "y_train"), "val": ("x_test", "y_test")}.items():
        for row in range(100) if part in parts else ():
            name = names.get(int(arrays[y][row]))
            if name is not None:
                (root / part / name).mkdir(parents=True, exist_ok=True)
                Image.fromarray(arrays[x][row]).save(root / part / name / f"{row:03}.png")
    return root


@pytest.fixture
def images(images_file, tmp_path):
    return folder(tmp_path / "images", images_file, dict(enumerate(NAMES)))


@pytest.fixture
def named_run(run_folder, images, own_cache, tmp_path):
    """The run as if it had been trained on the folder."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    net = load(run / "supernet.safetensors").net
    net.class_names = NAMES
    save(net, run / "supernet.safetensors")
    replace(TrainingRun.load(run), data=str(images)).save(run)
    return run


def scored(cli, *arguments):
    code, out, err = cli(*arguments, "--arch", ARCH, "--split", "val", "--device", "cpu", "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def refused(cli, *arguments):
    code, out, err = cli(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    return err


def test_some_of_the_classes_are_matched_by_name(cli, named_run, images, images_file, tmp_path):
    part = folder(tmp_path / "part", images_file, {1: "bee", 3: "dog"})
    found = scored(cli, "supernet", "evaluate", named_run, "--data", part)
    assert found["classes"] == "by name, 2 of the network's 4"
    assert found["top1"] > 80
    _, out, _ = cli("supernet", "evaluate", named_run, "--data", part, "--arch", ARCH)
    assert "classes are matched by name, 2 of the network's 4" in out


def test_renamed_classes_are_refused_and_can_be_named(cli, named_run, images_file, tmp_path):
    other = folder(tmp_path / "other", images_file, {0: "zant", 1: "bee", 2: "cat", 3: "dog"})
    command = ("supernet", "evaluate", named_run, "--data", other)
    assert "has the class 'zant', which the network does not know" in refused(cli, *command, "--arch", ARCH)
    names = tmp_path / "names.txt"
    names.write_text("zant\nbee\ncat\ndog\n")
    assert scored(cli, *command, "--classes", names)["top1"] > 80


def test_another_folder_with_the_same_names_of_files_has_its_own_scores(cli, named_run, images, tmp_path):
    first = scored(cli, "supernet", "evaluate", named_run)
    assert first["top1"] > 80
    black = tmp_path / "black"
    shutil.copytree(images, black)
    for file in black.rglob("*.png"):
        Image.new("RGB", (12, 12)).save(file)
    assert scored(cli, "supernet", "evaluate", named_run, "--data", black)["top1"] < 50
    for file in black.rglob("val/*/*.png"):  # replaced in place
        shutil.copy(images / file.relative_to(black), file)
    for file in black.rglob("train/*/*.png"):
        shutil.copy(images / file.relative_to(black), file)
    assert scored(cli, "supernet", "evaluate", named_run, "--data", black)["top1"] == first["top1"]


def test_a_run_without_names_is_scored_by_number_with_a_note(
    cli, run_folder, own_cache, images, images_file, tmp_path
):
    found = scored(cli, "supernet", "evaluate", run_folder, "--data", images)
    assert "by number, in the order of their names: the weights do not name" in found["classes"]
    part = folder(tmp_path / "part", images_file, {1: "bee", 3: "dog"})
    command = ("supernet", "evaluate", run_folder, "--data", part, "--arch", ARCH)
    assert "has 2 of the network's 4 classes, and which is not known" in refused(cli, *command)


def test_an_extracted_network_keeps_the_names_and_needs_no_training_images(cli, named_run, images_file, tmp_path):
    net = tmp_path / "net.safetensors"
    assert cli("supernet", "extract", named_run, "--arch", ARCH, "--out", net, "--device", "cpu")[0] == 0
    assert load(net).net.class_names == NAMES
    wanted = scored(cli, "supernet", "evaluate", named_run)
    part = folder(tmp_path / "val only", images_file, dict(enumerate(NAMES)), parts=("val",))
    code, out, _ = cli("validate", net, "--data", part, "--json")
    assert (code, json.loads(out)["loss"]) == (0, pytest.approx(wanted["loss"], rel=1e-5))
    assert "has no images for training" in refused(cli, "validate", net, "--data", part, "--split", "held-out")
    renamed = folder(tmp_path / "renamed", images_file, {0: "bee", 1: "x"}, parts=("val",))
    assert "has the class 'x', which the network" in refused(cli, "validate", net, "--data", renamed)


def test_how_much_is_held_out_can_be_said(cli, named_run, images, tmp_path):
    net = tmp_path / "net.safetensors"
    cli("supernet", "extract", named_run, "--arch", ARCH, "--out", net, "--device", "cpu")
    command = ("validate", net, "--data", images, "--split", "held-out", "--json")
    assert json.loads(cli(*command)[1])["images"] == 25  # as in training
    assert json.loads(cli(*command, "--held-out", 40)[1])["images"] == 40
    assert "needs --split held-out" in refused(cli, "validate", net, "--data", images, "--held-out", 40)


def test_validation_images_in_a_file_will_do(cli, run_folder, own_cache, images_file, tmp_path):
    net = tmp_path / "net.safetensors"
    cli("supernet", "extract", run_folder, "--arch", ARCH, "--out", net, "--device", "cpu")
    arrays = np.load(images_file)
    np.savez(tmp_path / "val.npz", x_test=arrays["x_test"], y_test=arrays["y_test"])
    both = [
        json.loads(cli("validate", net, "--data", data, "--json")[1]) for data in (images_file, tmp_path / "val.npz")
    ]
    assert [found["loss"] for found in both] == [pytest.approx(both[0]["loss"])] * 2


def tuned(cli, run, out, data, *more):
    command = (
        "supernet",
        "finetune",
        run,
        "--arch",
        ARCH,
        "--batch",
        10,
        "--device",
        "cpu",
        "--data",
        data,
        "--out",
        out,
    )
    code, said, err = cli(*command, "--held-out", 20, *more)
    assert (code, err) == (0, "")
    return said


def test_other_classes_get_a_new_classifier(cli, named_run, images_file, tmp_path):
    other = folder(tmp_path / "other", images_file, {0: "x", 1: "y", 2: "z"})
    long = ("--epochs", 12, "--option", "training.learning_rate=0.1")
    said = tuned(cli, named_run, tmp_path / "tuned", other, *long)
    assert "a new classifier for 3 classes, none of which the supernet knows" in said
    net = load(tmp_path / "tuned/net.safetensors").net
    assert (net.class_names, net.classifier.out_features) == (("x", "y", "z"), 3)
    code, out, _ = cli("validate", tmp_path / "tuned/net.safetensors", "--data", other, "--json")
    assert (code, json.loads(out)["top1"] > 60) == (0, True)
    again = tuned(cli, named_run, tmp_path / "tuned", other, *long)  # finished already
    assert again == said


def test_classes_that_the_supernet_knows_keep_their_weights(cli, named_run, images_file, tmp_path):
    part = folder(tmp_path / "part", images_file, {3: "dog", 1: "bee", 0: "new"})
    still = ("--steps", 1, "--option", "training.learning_rate=0")
    said = tuned(cli, named_run, tmp_path / "tuned", part, *still)
    assert "a new classifier for 3 classes, 2 of which have the weights of the supernet" in said
    kept = load(tmp_path / "tuned/supernet.safetensors").net.classifier
    before = load(named_run / "supernet.safetensors").net.classifier
    assert load(tmp_path / "tuned/supernet.safetensors").net.class_names == ("bee", "dog", "new")
    for row, place in ((0, 1), (1, 3)):
        assert torch.equal(kept.weight[row], before.weight[place])
        assert torch.equal(kept.bias[row], before.bias[place])
    assert not any(torch.equal(kept.weight[2], row) for row in before.weight)


def test_two_processes_do_not_write_one_file(cli, named_run, tmp_path):
    from weaknas.files import locked

    for name, command in (
        ("net.safetensors", ("extract", named_run, "--arch", ARCH)),
        ("t.parquet", ("tabulate", named_run)),
    ):
        with locked(tmp_path / name, "wait", file=True):
            said = refused(cli, "supernet", *command, "--out", tmp_path / name)
        assert f"another process is working on {tmp_path / name}; wait for it, or name another file with --out" in said


@pytest.mark.parametrize(
    "notes",
    [{"split": 3}, {"split": [0.1, "x"]}, {"mean": [1, 2]}, {"mean": ["a"] * 3, "std": [1] * 3}, {"image_size": "x"}],
)
def test_notes_of_the_wrong_kind_are_refused(cli, run_folder, images_file, tmp_path, notes):
    supernet = load(run_folder / "supernet.safetensors").net
    save(supernet.subnet(supernet.space.from_str([ARCH])), tmp_path / "net.safetensors", notes)
    command = ("validate", tmp_path / "net.safetensors", "--data", images_file, "--split", "held-out")
    assert "weaknas: " in refused(cli, *command)
