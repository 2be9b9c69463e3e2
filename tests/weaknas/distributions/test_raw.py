"""Coefficients without constraints."""

import numpy as np
import pytest
import torch

from weaknas.distributions import Independent, Raw
from weaknas.errors import InvalidArchitecture
from weaknas.spaces import NasBench101
from weaknas.supernet import Mix, make_supernet


def test_coefficients_begin_as_the_mean_of_the_options(space):
    for name, weights in Independent(space).weights().items():
        torch.testing.assert_close(Raw(space).weights()[name], weights)


def test_a_mixture_takes_them_and_gradients_reach_them(spaces):
    raw, supernet = Raw(spaces["mobile"]), make_supernet(spaces["mobile"])
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    supernet(images, Mix(raw.weights())).square().sum().backward()
    gradients = raw.coefficients.grad.split(raw.space.options.tolist())
    assert all(gradient.abs().max() > 0 for gradient in gradients)


def test_options_of_coefficient_zero_do_not_remain(spaces):
    raw = Raw(spaces["list"])
    raw.coefficients.data = torch.tensor([0.0, -0.5, 2e-30, 0.0, -0.0, 1.0])
    remain = {name: options.tolist() for name, options in raw.nonzero().items()}
    assert remain == {"depth": [False, True, True], "width": [False, False], "act": [True]}


def test_the_mode_has_the_largest_coefficient_of_each_choice_whatever_its_sign(mobile):
    raw, rng = Raw(mobile), np.random.default_rng(0)
    raw.coefficients.data = torch.from_numpy(rng.normal(size=mobile.options.sum()))
    largest = [weight.abs().argmax().item() for weight in raw.weights().values()]
    np.testing.assert_array_equal(raw.mode(), mobile.canonical(np.array([largest], dtype=np.int8)))


def test_a_mode_that_is_no_architecture_is_refused():
    with pytest.raises(InvalidArchitecture, match="no architecture of nasbench101"):
        Raw(NasBench101()).mode()


def test_what_was_saved_is_what_it_was(spaces):
    raw, other = Raw(spaces["mobile"]), Raw(spaces["mobile"])
    raw.coefficients.data.mul_(-3)
    other.load_state_dict(raw.state_dict())
    torch.testing.assert_close(other.coefficients, raw.coefficients)
