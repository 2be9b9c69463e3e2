import numpy as np
import pytest
import torch

from weaknas.supernet import Path
from weaknas.supernet.schemes import BigNas, extremes
from weaknas.supernet.schemes.step import distillation


@pytest.fixture
def sandwich(small):
    scheme = BigNas(between=2, dropout=0.0)
    scheme.prepare(small, 10)
    return scheme


def test_a_step_trains_the_largest_the_smallest_and_random_networks(watched, make_step, small, sandwich):
    smallest, largest = (row.tobytes() for row in extremes(small))
    between = []
    for number in range(3):
        watched.ran.clear()
        step = make_step(watched, number)
        sandwich.step(step)
        assert watched.trained[:2] == [largest, smallest]
        assert len(watched.trained) == 4
        between += watched.trained[2:]
        assert {name: len(losses) for name, losses in step.losses.items()} == {
            "largest": 1,
            "smallest": 1,
            "between": 2,
        }
    assert len(set(between)) == 6


def test_only_the_largest_sees_labels_and_no_gradient_reaches_it_from_the_others(
    watched, make_step, small, sandwich, gradients
):
    step = make_step(watched)
    sandwich.step(step)
    found = gradients(watched)
    watched.zero_grad()
    step = make_step(watched)
    teacher = step.logits(Path(sandwich.largest))
    step.hard(teacher).backward()
    target = teacher.detach()
    for row in (sandwich.smallest, *small.sample(2, np.random.default_rng((0, 0)))):
        distillation(step.logits(Path(row)), target).backward()
    for name, value in gradients(watched).items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5)


def test_other_labels_change_only_what_the_largest_is_told(watched, make_step, sandwich):
    losses = []
    for shift in (0, 3):
        step = make_step(watched)
        step.labels = (step.labels + shift) % 10
        sandwich.step(step)
        losses.append({name: float(torch.stack(values).sum()) for name, values in step.losses.items()})
    assert losses[0]["largest"] != losses[1]["largest"]
    assert losses[0]["smallest"] == losses[1]["smallest"]
    assert losses[0]["between"] == losses[1]["between"]


@pytest.mark.parametrize(("between", "paths"), [(0, 2), (3, 5)])
def test_how_many_are_in_between(watched, make_step, small, between, paths):
    scheme = BigNas(between=between)
    scheme.prepare(small, 10)
    scheme.step(make_step(watched))
    assert len(watched.trained) == paths


def test_the_largest_alone_is_regularised(watched, make_step, small):
    scheme = BigNas(dropout=0.3, drop_connect=0.1)
    scheme.prepare(small, 10)
    scheme.step(make_step(watched))
    rates = [(selection.dropout, selection.drop_connect) for _, _, selection in watched.ran]
    assert rates == [(0.3, 0.1)] + 3 * [(0.0, 0.0)]
