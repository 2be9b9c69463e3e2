"""Pairs of architectures without a common option."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaknas
from weaknas.errors import InvalidArchitecture
from weaknas.supernet.pairs import disjoint_pair

NAMES = ("nasbench201", "darts", "nasnet", "ofa-mbv3", "spos-mobilenet", "fp-nas-f", "attentive-nas")
SPACES = [weaknas.space(name) for name in NAMES]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SPACES), st.integers(0, 2**32))
def test_both_are_architectures_and_agree_in_no_choice_that_both_make(space, seed):
    first, second = space.validate(disjoint_pair(space, np.random.default_rng(seed)))
    free = space.options > 1
    both = space.matters(np.stack([first, second])).all(0)
    assert not (first == second)[free & both].any()
    assert (first == second)[~free].all()


def test_each_alone_is_as_random_as_an_architecture_that_is_drawn():
    space, rng = SPACES[0], np.random.default_rng(0)
    pairs = np.stack([disjoint_pair(space, rng) for _ in range(1500)])
    for of in (0, 1):
        counts = np.stack([np.bincount(column, minlength=5) for column in pairs[:, of].T])
        assert np.abs(counts / 1500 - 0.2).max() < 0.05


def test_conditions_on_architectures_are_kept(small):
    light = small.where("macs <= 3e6")
    for seed in range(3):
        assert light.is_valid(disjoint_pair(light, np.random.default_rng(seed))).all()


def test_a_space_without_such_pairs_is_refused():
    choice = SPACES[0].choices[0]
    pinned = SPACES[0].narrow({choice.name: choice.names[:1]})
    with pytest.raises(InvalidArchitecture, match=r"gave no two architectures of nasbench201 with .* in common; take"):
        disjoint_pair(pinned, np.random.default_rng(0))


def test_in_a_space_of_one_architecture_both_are_it():
    first, second = disjoint_pair(weaknas.space("fbnetv2-f1"), np.random.default_rng(0))
    assert (first == second).all()
