"""Pi-NAS: which losses it has, what its teacher follows, and what its queue is given."""

import copy

import numpy as np
import pytest
import torch

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.supernet import Path, make_supernet
from weaknas.supernet.pairs import disjoint_pair
from weaknas.supernet.schemes import PiNas
from weaknas.testing.supernets import randomise

CELLS = weaknas.space("nasbench201", channels=4, stage=1, side=8, classes=5)
FEW = {"queue": 20, "dim": 8, "hidden": 16}


@pytest.fixture(params=["mobile", "cells"])
def student(request, watched):
    torch.manual_seed(0)
    return watched if request.param == "mobile" else randomise(make_supernet(CELLS)).train()


@pytest.fixture
def begun(student, make_step, images):
    """Make a scheme and its step; the teacher's weights are others than the student's."""

    def make(number=0, **options):
        torch.manual_seed(1)
        scheme = PiNas(**{**FEW, **options})
        scheme.prepare(student.space, 100)
        scheme.attach(student)
        if scheme.teacher:
            with torch.no_grad():
                for value in scheme.modules()["teacher"].parameters():
                    value += 0.1 * torch.randn(value.shape)
        step = make_step(student, number)
        step.views = tuple(images(8, student.space.sides[-1], seed=seed) for seed in range(4))
        return scheme, step

    return make


def pair_of(step):
    return disjoint_pair(step.supernet.space, np.random.default_rng((0, step.number)))


@torch.no_grad()
def points(supernet, neck, images, row):
    return copy.deepcopy(neck)(copy.deepcopy(supernet).features(images, Path(row))).double().numpy()


def reached(supernet, images, row):
    """Return the names of the parameters that gradients of a path's features reach."""
    net = copy.deepcopy(supernet)
    net.zero_grad(set_to_none=True)
    net.features(images, Path(row)).sum().backward()
    return {name for name, value in net.named_parameters() if value.grad is not None}


@pytest.mark.parametrize(
    "options", [{}, {"cross": False}, {"teacher": False}, {"negatives": False}, {"negatives": False, "teacher": False}]
)
def test_the_loss_is_its_formula(begun, options):
    """With momentum 0 the teacher is the student by the time that keys are made; the queue is that before the step.

    It is the third step, so that 16 of the 20 places have keys.
    """
    scheme, step = begun(2, momentum=0.0, **options)
    neck, queue = scheme.modules()["neck"], scheme.modules().get("queue")
    if queue is not None:
        queue.put(torch.nn.functional.normalize(torch.randn(16, 8)))
    q, k = (
        [points(step.supernet, neck, step.views[view + 2 * at], row) for at, row in enumerate(pair_of(step))]
        for view in (0, 1)
    )
    negatives = None if queue is None else queue.keys[:16].double().numpy().copy()

    def loss(query, key):
        if negatives is None:
            return 2 - 2 * (query * key).sum(1).mean()
        own, others = np.exp((query * key).sum(1) / 0.2), np.exp(query @ negatives.T / 0.2).sum(1)
        return -np.log(own / (own + others)).mean()

    scheme.step(step)
    wanted = [loss(q[0], k[1]), loss(q[1], k[0])] if scheme.cross else [loss(q[0], k[0]), loss(q[1], k[1])]
    np.testing.assert_allclose([float(value) for value in step.losses["loss"]], wanted, rtol=1e-3)
    if queue is not None:
        put = torch.cat([queue.keys[16:], queue.keys[:4]])
        np.testing.assert_allclose(put.numpy(), (k[0] + k[1]) / 2, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(queue.keys[4:16].numpy(), negatives[4:], rtol=1e-6)
        assert put.norm(dim=1).max() < 1  # not brought back to the sphere


def test_a_run_begins_without_negatives(begun):
    """Random ones would be told apart by features that are the same for all images."""
    scheme, step = begun()
    scheme.step(step)
    assert [float(value) for value in step.losses["loss"]] == [0, 0]
    queue = scheme.modules()["queue"]
    assert queue.keys.any(1).tolist() == [True] * 8 + [False] * 12


def test_the_teacher_follows_the_weights_of_the_paths_and_no_others(begun):
    scheme, step = begun(momentum=0.75)
    teacher, neck = scheme.modules()["teacher"], scheme.modules()["neck"]
    before, statistics = copy.deepcopy(teacher), copy.deepcopy(dict(step.supernet.named_buffers()))
    times = [reached(step.supernet, images, row) for images, row in zip(step.views[::2], pair_of(step), strict=True)]
    scheme.step(step)
    kept = {**dict(step.supernet.named_parameters()), **{f"neck.{name}": p for name, p in neck.named_parameters()}}
    seen = set()
    for (name, was), now in zip(before.named_parameters(), teacher.parameters(), strict=True):
        name = name.removeprefix("supernet.")
        moves = 2 if name.startswith("neck.") else sum(name in used for used in times)
        seen.add(moves)
        wanted = kept[name] + 0.75**moves * (was - kept[name])
        torch.testing.assert_close(now, wanted, rtol=1e-4, atol=1e-6)
        assert moves or torch.equal(now, was)
    assert seen == {0, 1, 2}
    moved = [name for name, value in teacher.supernet.named_buffers() if not torch.equal(value, statistics[name])]
    assert moved  # its statistics come from its own batches


def test_without_a_teacher_keys_have_no_gradients(begun, gradients):
    """The gradients are those of constant keys."""
    scheme, step = begun(teacher=False, negatives=False)
    neck, (first, second) = scheme.modules()["neck"], pair_of(step)
    key = torch.from_numpy(points(step.supernet, neck, step.views[3], second)).float()
    other = torch.from_numpy(points(step.supernet, neck, step.views[1], first)).float()
    scheme.step(step)
    found = gradients(neck)
    neck.zero_grad()
    for images, row, constant in ((step.views[0], first, key), (step.views[2], second, other)):
        (2 - 2 * (neck(step.supernet.features(images, Path(row))) * constant).sum(1).mean()).backward()
    for name, wanted in gradients(neck).items():
        torch.testing.assert_close(found[name], wanted, rtol=1e-3, atol=1e-4)
    assert set(scheme.modules()) == {"neck"}


def test_neither_labels_nor_the_classifier_take_part(begun):
    scheme, step = begun()
    step.labels = None
    scheme.step(step)
    assert all(not value.requires_grad and value.grad is None for value in step.supernet.classifier.parameters())


def test_collapse_and_the_distance_of_the_teacher_are_logged(begun):
    scheme, step = begun()
    with torch.no_grad():
        scheme.modules()["neck"].out.weight.zero_()
        scheme.modules()["neck"].out.bias.fill_(1)
    scheme.step(step)
    assert [float(value) for value in step.logs["feature_std"]] == pytest.approx([0, 0], abs=1e-3)
    (shift,) = step.logs["teacher_shift"]
    assert float(shift) > 0
    for number in (1, 10):  # to compare all weights takes time
        scheme, step = begun(number)
        scheme.step(step)
        assert ("teacher_shift" in step.logs) == (number == 10)


def test_wrong_options_and_spaces_are_refused():
    for options, match in (({"cross": 1}, "cross of pi-nas is true or false, not 1"), ({"queue": 0}, "at least 1")):
        with pytest.raises(InvalidOption, match=match):
            PiNas(**options).prepare(CELLS, 10)
    with pytest.raises(InvalidArchitecture, match="have no option in common"):
        PiNas().prepare(CELLS.narrow({CELLS.choices[0].name: ["none"]}), 10)
