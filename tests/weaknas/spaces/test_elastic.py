"""Numbers that follow from choices whose options have weights."""

import numpy as np
import pytest

from weaknas.spaces import Elastic

AREA = Elastic(("a", "b", "c"), np.arange(24).reshape(2, 3, 4) % 7)
A, B, C = (np.random.default_rng(seed).dirichlet(np.ones(n)) for seed, n in enumerate((2, 3, 4)))


@pytest.fixture
def joint():
    """The `(c, unused, a)` probabilities of choices that are made together."""
    return np.random.default_rng(3).dirichlet(np.ones(4 * 5 * 2)).reshape(4, 5, 2)


def test_choices_made_together_are_summed_together(joint):
    weights = {"b": B, ("c", "unused", "a"): joint}
    table = np.einsum("cua,b->abc", joint, B)
    assert AREA.mean(weights) == pytest.approx((table * AREA.values).sum())
    np.testing.assert_allclose(AREA.distribution(weights), np.bincount(AREA.values.flatten(), table.flatten()))


def test_a_number_that_follows_from_one_of_them_has_its_marginal(joint):
    number = Elastic(("a",), np.array([3, 8]))
    assert number.mean({("c", "unused", "a"): joint}) == pytest.approx(joint.sum((0, 1)) @ [3, 8])


def test_independent_choices_may_be_given_either_way():
    apart = AREA.mean({"a": A, "b": B, "c": C})
    assert AREA.mean({("b", "a"): np.outer(B, A), "c": C}) == pytest.approx(apart)
    assert AREA.mean({("b", "a", "c"): np.einsum("b,a,c->bac", B, A, C)}) == pytest.approx(apart)


def test_torch_gives_the_same_with_gradients(joint):
    torch = pytest.importorskip("torch")
    weights = {"b": torch.from_numpy(B), ("c", "unused", "a"): torch.from_numpy(joint).requires_grad_()}
    mean = AREA.mean(weights)
    assert mean.item() == pytest.approx(AREA.mean({"b": B, ("c", "unused", "a"): joint}))
    (gradient,) = torch.autograd.grad(mean, weights["c", "unused", "a"])
    expected = np.einsum("abc,b->ca", AREA.values, B)[:, None, :].repeat(5, axis=1)
    np.testing.assert_allclose(gradient.numpy(), expected)
