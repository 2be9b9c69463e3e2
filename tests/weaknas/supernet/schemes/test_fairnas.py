"""Strict fairness."""

import numpy as np
import pytest
import torch

import weaknas
from weaknas.spaces.choices import Choices
from weaknas.supernet import Path
from weaknas.supernet.schemes import FairNas
from weaknas.supernet.schemes.fairnas import fair

CELLS = weaknas.space("nasbench201", channels=2, stage=1, side=8)


@pytest.mark.parametrize("seed", range(5))
def test_every_option_of_every_choice_stands_once(seed):
    rows = fair(CELLS, np.random.default_rng(seed))
    assert (np.sort(rows, axis=0) == np.arange(5)[:, None]).all()
    assert (rows != fair(CELLS, np.random.default_rng(seed + 100))).any()


def test_choices_of_fewer_options_repeat_them_as_evenly_as_can_be():
    space = Choices({"a": [0, 1, 2], "b": range(7), "c": [0, 1]})
    rows = fair(space, np.random.default_rng(0))
    counts = [np.bincount(column) for column in rows.T]
    assert len(rows) == 7
    assert [(count.min(), count.max()) for count in counts] == [(2, 3), (1, 1), (3, 4)]


def test_choices_without_meaning_are_not_drawn(small):
    rows = fair(small, np.random.default_rng(0))
    assert (rows == small.canonical(rows)).all()
    assert small.is_valid(rows).all()


def test_rows_that_are_no_architecture_are_replaced():
    space = weaknas.space("darts", channels=2, cells=3, side=8)
    drawn = [fair(space, np.random.default_rng(seed)) for seed in range(20)]
    assert all(space.is_valid(rows).all() and len(rows) == space.options.max() for rows in drawn)


def test_gradients_of_the_paths_are_averaged(watched, make_step, small, gradients):
    step = make_step(watched)
    FairNas().step(step)
    rows = fair(small, make_step(watched).rng)
    averaged = gradients(watched)
    assert len(rows) == len(step.losses["loss"]) == 3
    watched.zero_grad()
    for row in rows:
        (step.hard(watched(step.images, Path(row))) / len(rows)).backward()
    torch.testing.assert_close(averaged, gradients(watched), rtol=1e-3, atol=1e-6)
