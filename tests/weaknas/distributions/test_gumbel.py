"""Laws of weights drawn by Gumbel noise."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from weaknas.distributions import Gumbel, Independent
from weaknas.errors import InvalidOption
from weaknas.spaces import Choices
from weaknas.supernet import Mix, Path, make_supernet

MANY = Choices({f"c{n}": range(n) for n in range(1, 128)})
"""Choices of every number of options that there may be."""


@pytest.mark.parametrize("temperature", [1e-8, 0.1, 5, 1e4])
def test_weights_are_finite_and_sum_to_one_for_every_number_of_options(temperature):
    gumbel = Gumbel(MANY, temperature)
    weights = gumbel.weights(np.random.default_rng(0))
    assert [len(weight) for weight in weights.values()] == [*range(1, 128)]
    sum((weight**2).sum() for weight in weights.values()).backward()
    assert torch.isfinite(gumbel.logits.grad).all()
    for weight in weights.values():
        assert weight.min() >= 0
        assert weight.sum().item() == pytest.approx(1, rel=1e-5)


def test_weights_are_onehot_in_the_limit_and_even_far_from_it():
    gumbel = Gumbel(MANY, temperature=1e-8)
    for weight in gumbel.weights(np.random.default_rng(0)).values():
        assert weight.max() == 1
    gumbel.temperature.fill_(1e8)
    for weight in gumbel.weights(np.random.default_rng(0)).values():
        torch.testing.assert_close(weight, torch.full_like(weight, 1 / len(weight)))


def test_the_largest_weight_is_as_frequent_as_the_option_is_likely(spaces, at_random):
    space = spaces["list"]
    gumbel, rng = at_random(Gumbel(space)), np.random.default_rng(0)
    drawn = torch.stack([gumbel.weights(rng)["depth"].argmax() for _ in range(1000)]).bincount(minlength=3)
    assert chisquare(drawn.numpy(), 1000 * gumbel.weights()["depth"].detach().numpy()).pvalue > 1e-3


def test_weights_follow_from_the_seed_and_are_new_on_each_call(spaces):
    gumbel, rng = Gumbel(spaces["mobile"]), np.random.default_rng(0)
    first, second = gumbel.weights(rng), gumbel.weights(rng)
    again = gumbel.weights(np.random.default_rng(0))
    for name in first:
        torch.testing.assert_close(first[name], again[name], rtol=0, atol=0)
        assert (first[name] != second[name]).all()


def test_without_noise_it_is_the_independent_distribution(mobile, at_random):
    gumbel, independent = at_random(Gumbel(mobile)), at_random(Independent(mobile))
    rows = gumbel.sample(64, np.random.default_rng(0))
    np.testing.assert_array_equal(independent.sample(64, np.random.default_rng(0)), rows)
    torch.testing.assert_close(independent.log_prob(rows), gumbel.log_prob(rows))
    for name, weights in gumbel.weights().items():
        torch.testing.assert_close(weights, independent.weights()[name])


def test_a_mixture_by_onehot_weights_is_the_architecture_of_the_largest(spaces):
    space = spaces["mobile"]
    gumbel = Gumbel(space, temperature=1e-8)
    weights = gumbel.weights(np.random.default_rng(0))
    row = np.array([weight.argmax().item() for weight in weights.values()], dtype=np.int8)
    supernet = make_supernet(space).eval()
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(supernet(images, Mix(weights)), supernet(images, Path(row)), rtol=1e-4, atol=1e-5)
    assert space.expected_cost(weights).macs.item() == pytest.approx(space.cost(row[None]).macs.item(), rel=1e-5)


def test_the_temperature_is_saved(spaces):
    gumbel, other = Gumbel(spaces["list"]), Gumbel(spaces["list"])
    gumbel.temperature.mul_(0.956)
    other.load_state_dict(gumbel.state_dict())
    assert other.temperature.item() == pytest.approx(4.78)


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_that_is_none_is_refused(spaces, temperature):
    with pytest.raises(InvalidOption, match="temperature of Gumbel weights is a positive number"):
        Gumbel(spaces["list"], temperature)
