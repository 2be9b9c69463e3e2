from pathlib import Path

import numpy as np
import pytest
import torch

from weaknas.errors import InvalidArchitecture, InvalidCheckpoint, InvalidOption
from weaknas.supernet import make_supernet, save
from weaknas.supernet.schemes import Single
from weaknas.supernet.schemes.step import distillation
from weaknas.supernet.schemes.teacher import open_teacher


@pytest.fixture
def text(small):
    return small.to_str(small.sample(1, np.random.default_rng(2)))[0]


@pytest.fixture
def write(small, randomise, tmp_path):
    """Write a teacher, drawn from a seed."""

    def write(seed=1):
        torch.manual_seed(seed)
        net = randomise(make_supernet(small)).subnet(small.sample(1, np.random.default_rng(seed)))
        with torch.no_grad():
            net.classifier.weight.mul_(5)  # so that its predictions differ from image to image
        save(net, tmp_path / "teacher.safetensors")
        return tmp_path / "teacher.safetensors"

    return write


@pytest.fixture
def begun(small, watched):
    def begin(*args, **options):
        scheme = Single(*args, **options)
        scheme.prepare(small, 10)
        scheme.attach(watched)
        return scheme

    return begin


def test_every_step_trains_the_one_architecture_on_the_labels(watched, make_step, small, begun):
    (row,) = small.sample(1, make_step(watched).rng)
    scheme = begun(small.to_str(row[None])[0], dropout=0.5, drop_connect=0.25)
    for number in (0, 1):
        scheme.step(make_step(watched, number))
    assert watched.trained == [row[None].tobytes()] * 2
    assert {(path.dropout, path.drop_connect) for *_, path in watched.ran} == {(0.5, 0.25)}
    assert scheme.state() == {}
    scheme.restore({}, watched)  # as older versions kept it


def test_an_architecture_must_be_named_and_be_in_the_space(small):
    with pytest.raises(InvalidOption, match="name it"):
        Single().prepare(small, 10)
    with pytest.raises(InvalidArchitecture):
        Single("r1;w2").prepare(small, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropout": 1.0}, "dropout of single is a rate"),
        ({"distil": -1.0}, "distil of single is a weight of at least 0, not -1.0"),
        ({"distil": float("nan")}, "distil of single is a weight of at least 0, not nan"),
        ({"teacher": 3}, "teacher of single is a path, not 3"),
    ],
)
def test_bad_options_are_refused(small, text, options, message):
    with pytest.raises(InvalidOption, match=message):
        Single(text, **options).prepare(small, 10)


@pytest.mark.parametrize("distil", [0.0, 1.0, 2.5])
def test_the_weight_of_the_teacher(watched, make_step, begun, text, write, distil):
    teacher, step = open_teacher(str(write()), watched), make_step(watched)
    begun(text, teacher=str(write()), distil=distil).step(step)
    selection = watched.ran[0][2]
    with torch.no_grad():
        logits = step.logits(selection)
        hard, divergence = float(step.hard(logits)), float(distillation(logits, teacher.logits(step)))
    assert divergence > 0.01
    assert float(step.logs["divergence"][0]) == pytest.approx(divergence, rel=1e-4)
    assert float(step.losses["loss"][0]) == pytest.approx(hard + distil * divergence, rel=1e-4)


def test_predictions_come_close_to_the_teacher_s(watched, make_step, begun, text, write):
    scheme = begun(text, teacher=str(write()), distil=20.0)
    optimizer = torch.optim.SGD(watched.parameters(), 2e-3, momentum=0.9)
    found = []
    for _ in range(15):
        optimizer.zero_grad()
        step = make_step(watched)  # the same images each time
        scheme.step(step)
        optimizer.step()
        found.append(float(step.logs["divergence"][0]))
    assert found[-1] < 0.5 * found[0]


def test_the_teacher_s_path_is_absolute(write, monkeypatch, tmp_path):
    file = write()
    monkeypatch.chdir(tmp_path)
    assert Single("a", teacher=file.name).teacher == str(Path.cwd() / file.name)
    assert Single("a", teacher=str(file)).teacher == str(file)


def test_a_run_goes_on_with_the_same_teacher_alone(watched, begun, text, write):
    kept = begun(text, teacher=str(write())).state()
    begun(text, teacher=str(write())).restore(kept, watched)
    with pytest.raises(InvalidCheckpoint, match=r"it learned from another teacher than .*teacher\.safetensors is now"):
        begun(text, teacher=str(write(seed=2))).restore(kept, watched)
