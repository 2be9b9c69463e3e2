from contextlib import nullcontext
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
import torch

from weaknas.errors import InvalidCheckpoint, InvalidOption, NotFound
from weaknas.spaces import UserMobile
from weaknas.supernet import Path, make_supernet, save
from weaknas.supernet.run import WEIGHTS, TrainingRun
from weaknas.supernet.schemes import extremes
from weaknas.supernet.schemes.teacher import open_teacher


@pytest.fixture
def supernet(small, randomise):
    torch.manual_seed(1)
    return randomise(make_supernet(small))


@pytest.fixture
def write(small, supernet, tmp_path):
    """Write a network, of the supernet unless another is given, with names of classes."""

    def write(classes=None, net=None):
        net = net or supernet.subnet(small.sample(1, np.random.default_rng(5)))
        net.class_names = classes
        file = tmp_path / "net.safetensors"
        save(net, file)
        return file

    return write


def test_a_network_of_its_own_teaches_as_it_is_evaluated(watched, make_step, small, supernet, write):
    net = supernet.subnet(small.sample(1, np.random.default_rng(5))).eval()
    file = write(net=net)
    teacher, step = open_teacher(str(file), watched), make_step(watched)
    before = {name: value.clone() for name, value in teacher.net.state_dict().items()}
    with torch.no_grad():
        assert torch.equal(teacher.logits(step), net(step.images))
    assert all(torch.equal(value, before[name]) for name, value in teacher.net.state_dict().items())
    assert not any(value.requires_grad for value in teacher.net.parameters())
    assert teacher.digest == sha256(file.read_bytes()).hexdigest()


def test_it_runs_in_the_step_s_precision_without_gradients(watched, make_step, write):
    teacher, step = open_teacher(str(write()), watched), make_step(watched)
    plain = teacher.logits(step)
    low = teacher.logits(replace(step, precision=lambda: torch.autocast("cpu", torch.bfloat16)))
    assert plain.dtype == low.dtype == torch.float32
    assert not torch.equal(plain, low)
    assert plain.grad_fn is None


def test_of_a_supernet_the_largest_network_teaches_with_the_statistics_of_each_batch(
    watched, make_step, small, supernet, tmp_path
):
    save(supernet, tmp_path / WEIGHTS)
    teacher, step = open_teacher(str(tmp_path / WEIGHTS), watched), make_step(watched)
    largest = extremes(small)[1]
    assert teacher.net.arch == small.to_str(largest[None])[0]
    wanted = step.teach(supernet.train(), Path(largest))
    assert torch.allclose(teacher.logits(step), wanted, atol=1e-4)
    assert torch.equal(teacher.logits(step), teacher.logits(step))  # whatever it has seen


def test_a_run_s_folder_is_that_of_its_supernet_and_not_of_one_architecture(watched, small, supernet, tmp_path):
    save(supernet, tmp_path / WEIGHTS)
    run = TrainingRun(
        small.recipe, "spos", {}, {}, data="", held_out=0.1, split_seed=0, image_size=12, batch=8, steps=1, seed=0
    )
    run.save(tmp_path)
    assert open_teacher(str(tmp_path), watched).net.arch == small.to_str(extremes(small)[1:])[0]
    replace(run, scheme="single").save(tmp_path)
    with pytest.raises(InvalidOption, match="trained one architecture and not its largest, which would teach; name"):
        open_teacher(str(tmp_path), watched)


def test_it_must_tell_the_same_classes_apart(watched, randomise, write, small):
    mine = tuple("abcdefghij")
    for names, theirs, allowed in (
        (mine, mine, True),
        (mine, None, True),
        (None, mine, True),
        (mine, mine[::-1], False),
    ):
        watched.class_names = names
        with nullcontext() if allowed else pytest.raises(InvalidOption, match=r"10 classes \(j, i, h, \.\.\.\) apart"):
            open_teacher(str(write(theirs)), watched)
    few = UserMobile({**small.recipe["table"], "classes": 4})
    file = write(net=make_supernet(few))
    with pytest.raises(InvalidOption, match=r"tells 4 classes apart, and what learns from it 10 classes \(a, b, c, "):
        open_teacher(str(file), watched)


def test_what_is_not_there_or_damaged_is_refused(watched, write, tmp_path):
    with pytest.raises(NotFound, match="there is no training run"):
        open_teacher(str(tmp_path), watched)
    with pytest.raises(NotFound, match="none"):
        open_teacher(str(tmp_path / "none"), watched)
    file = write()
    content = bytearray(file.read_bytes())
    content[-9] ^= 1
    file.write_bytes(content)
    with pytest.raises(InvalidCheckpoint, match="altered or damaged"):
        open_teacher(str(file), watched)
