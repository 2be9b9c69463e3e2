import io
from itertools import count

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from torch import nn

from weaknas.distributions import AdamHapg, Hapg, prox
from weaknas.errors import InvalidOption

APART = [[0, 1, 2], [3, 4, 5, 6]]  # the last entry is in none
NESTED = [[0, 1], [3, 4], [0, 1, 2, 3, 4], [5, 6]]
VECTORS = arrays(np.float64, 8, elements=st.floats(-5, 5, allow_subnormal=False))
RATES = st.floats(0, 2)


def penalty(v, lam1, lam2, groups):
    return lam1 * np.abs(v).sum() + lam2 * sum(np.sqrt(len(g)) * np.linalg.norm(v[g]) for g in groups)


def objective(v, u, eta, lam1, lam2, groups):
    return ((v - u) ** 2 / (2 * eta)).sum() + penalty(v, lam1, lam2, groups)


def minimised(u, eta, *rest):
    """Return the least value that a general minimiser finds: smooth in positive and negative parts but for norms."""
    n = len(u)

    def split(parts):
        return objective(parts[:n] - parts[n:], u, eta, *rest)

    begin = np.concatenate([np.maximum(u, 0), np.maximum(-u, 0)])
    best = np.inf
    for method in ("L-BFGS-B", "Powell"):
        found = minimize(split, begin, method=method, bounds=[(0, None)] * 2 * n, options={"maxiter": 5000})
        best, begin = min(best, found.fun), found.x
    return best


@pytest.mark.parametrize("groups", [APART, NESTED])
@pytest.mark.parametrize(("lam1", "lam2"), [(0.3, 0.0), (0.0, 0.4), (0.2, 0.3)])
def test_it_is_the_minimiser(groups, lam1, lam2):
    rng = np.random.default_rng(0)
    for scale in (0.5, 2.0):
        u, eta = scale * rng.normal(size=8), 0.7
        v = prox(torch.from_numpy(u), eta, lam1, lam2, groups).numpy()
        reached, least = objective(v, u, eta, lam1, lam2, groups), minimised(u, eta, lam1, lam2, groups)
        assert reached <= least + 1e-9
        assert reached == pytest.approx(least, rel=2e-3)


def test_with_a_step_size_a_group_it_is_still_the_minimiser():
    u, eta = np.random.default_rng(1).normal(size=8), np.array([0.2] * 3 + [1.5] * 4 + [0.6])
    v = prox(torch.from_numpy(u), torch.from_numpy(eta), 0.2, 0.3, APART).numpy()
    assert objective(v, u, eta, 0.2, 0.3, APART) <= minimised(u, eta, 0.2, 0.3, APART) + 1e-9


def test_with_a_step_size_an_entry_the_two_shrinkages_are_not_the_minimiser():
    u, eta, group = np.array([1.0, -1.5, 2.0]), np.array([0.1, 1.0, 3.0]), [[0, 1, 2]]
    v = np.sign(u) * np.maximum(np.abs(u) - eta * 0.2, 0)
    v *= np.maximum(1 - eta * 0.5 * np.sqrt(3) / np.linalg.norm(v), 0)
    assert objective(v, u, eta, 0.2, 0.5, group) > minimised(u, eta, 0.2, 0.5, group) + 0.01


def test_zeros_are_exact():
    u = torch.tensor([0.3, -0.3, 0.29, 0.5, -2.0, 0.0, 0.1, 0.6])
    v = prox(u, 1.5, 0.2, 0.0, APART)
    assert (v != 0).tolist() == [False, False, False, True, True, False, False, True]
    assert prox(u, 1.5, 0.0, 0.5, APART)[:3].tolist() == [0, 0, 0]  # a whole group, whose norm is below the threshold
    assert (prox(u, 1.5, 0.0, 0.1, APART)[:5] != 0).all()


@given(VECTORS, VECTORS, RATES, RATES, st.sampled_from([APART, NESTED]))
def test_laws(one, other, lam1, lam2, groups):
    u, w = torch.from_numpy(one), torch.from_numpy(other)
    v, x = (prox(value, 0.5, lam1, lam2, groups) for value in (u, w))
    assert (v - x).norm() <= (u - w).norm() * (1 + 1e-12) + 1e-12  # non-expansive
    assert (v * u >= 0).all()
    assert (v.abs() <= u.abs()).all()
    if u.abs().max() <= 0.5 * lam1:
        assert (v == 0).all()
    assert (prox(torch.zeros(8), 0.5, lam1, lam2, groups) == 0).all()


# -- optimisers ---------------------------------------------------------------------------------------

CURVES = torch.linspace(0.01, 1, 8, dtype=torch.double)
TURN = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.double))[0]
MATRIX = TURN @ torch.diag(CURVES) @ TURN.T
AIM = torch.tensor([2.0, 0.05, -1.0, 0.02, -0.03, 0.01, 0.04, 3.0], dtype=torch.double)
LAMS = (0.01, 0.01)


def quadratic(a):
    return 0.5 * (a - AIM) @ MATRIX @ (a - AIM)


def total(a):
    return float(quadratic(a.detach())) + penalty(a.detach().numpy(), *LAMS, APART)


def descend(optimizer, steps, accelerated=True):
    for _ in range(steps):
        if accelerated:
            optimizer.extrapolate()
        optimizer.zero_grad()
        optimizer.step(lambda: quadratic(optimizer.coefficients).backward())


def parameter():
    return nn.Parameter(torch.ones(8, dtype=torch.double))


def steps_to(kind, least, accelerated, **options):
    optimizer = kind(parameter(), APART, 1.0, *LAMS, **options)
    for number in count(1):
        descend(optimizer, 1, accelerated)
        if total(optimizer.coefficients) - least < 1e-6:
            return number


def test_acceleration_takes_fewer_steps_to_the_same_minimum():
    far = Hapg(parameter(), APART, 1.0, *LAMS)
    descend(far, 2000)
    least = total(far.coefficients)
    assert (far.coefficients == 0).any()
    fast, slow = (steps_to(Hapg, least, accelerated) for accelerated in (True, False))
    assert 2 * fast < slow


def test_adam_comes_to_the_same_minimum():
    """The minimum does not depend on the sizes of steps: gradients' means are scaled, lambda with them."""
    far, adam = Hapg(parameter(), APART, 1.0, *LAMS), AdamHapg(parameter(), APART, 0.01, *LAMS)
    descend(far, 2000)
    descend(adam, 2000)
    assert total(adam.coefficients) == pytest.approx(total(far.coefficients), rel=1e-3)
    np.testing.assert_array_equal(adam.coefficients.detach() == 0, far.coefficients.detach() == 0)


def test_adams_step_is_the_minimiser_for_its_step_sizes():
    optimizer = AdamHapg(parameter(), APART, 0.3, 0.1, 0.2)
    optimizer.coefficients.grad = torch.linspace(-0.5, 0.9, 8, dtype=torch.double)
    optimizer.step()
    gradient = optimizer.coefficients.grad.numpy()
    blocks = [*APART, [7]]
    eta = np.concatenate([np.full(len(g), 0.3 / np.abs(gradient[g]).mean()) for g in blocks])  # Adam's first: |g|
    u, v = 1 - eta * gradient, optimizer.coefficients.detach().numpy()
    np.testing.assert_allclose(v, prox(torch.from_numpy(u), torch.from_numpy(eta), 0.1, 0.2, APART), atol=1e-6)
    assert objective(v, u, eta, 0.1, 0.2, APART) <= minimised(u, eta, 0.1, 0.2, APART) + 1e-6


def test_an_entry_with_hardly_a_gradient_does_not_rule_adams_group():
    optimizer = AdamHapg(parameter(), APART, 0.01)
    optimizer.coefficients.grad = torch.tensor([1, 1, 1e-9, 1, 1, 1, 1, 1], dtype=torch.double)
    optimizer.step()
    assert (optimizer.coefficients - 1).abs().max() < 0.02


@pytest.mark.parametrize("kind", [Hapg, AdamHapg])
def test_it_goes_on_bit_for_bit(kind):
    whole = kind(parameter(), APART, 0.1, *LAMS)
    descend(whole, 20)
    first = kind(parameter(), APART, 0.1, *LAMS)
    descend(first, 7)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = kind(nn.Parameter(first.coefficients.detach().clone()), APART, 0.1, *LAMS)
    second.load_state_dict(torch.load(file, weights_only=True))
    descend(second, 13)
    assert torch.equal(second.coefficients, whole.coefficients)


@pytest.mark.parametrize("kind", [Hapg, AdamHapg])
@pytest.mark.parametrize("keep_zeros", [True, False])
def test_zeros_return_unless_they_are_to_be_kept(kind, keep_zeros):
    optimizer = kind(parameter(), APART, 0.1, 100.0, keep_zeros=keep_zeros)
    descend(optimizer, 1)
    assert (optimizer.coefficients == 0).all()
    optimizer.param_groups[0]["lam1"] = 0.0
    optimizer.extrapolate()
    assert (optimizer.coefficients == 0).all() == keep_zeros
    optimizer.step(lambda: quadratic(optimizer.coefficients).backward())
    assert (optimizer.coefficients == 0).all() == keep_zeros


def test_kept_zeros_have_no_part_in_adams_step_sizes():
    moved = []
    for begin in ([1.0, 1.0], [1.0, 0.0]):
        optimizer = AdamHapg(nn.Parameter(torch.tensor(begin)), [[0, 1]], 0.1, keep_zeros=True)
        optimizer.coefficients.grad = torch.tensor([2.0, 2.0 * begin[1]])
        optimizer.step()
        moved.append(optimizer.coefficients[0].item())
    assert moved == pytest.approx([0.9, 0.9])


def test_smaller_lambdas_would_have_left_more():
    optimizer = Hapg(parameter(), APART, 1.0, 1.0, 0.5)
    descend(optimizer, 1)
    assert torch.equal(optimizer.shrunk(1.0), optimizer.coefficients)
    left = [int((optimizer.shrunk(factor) != 0).sum()) for factor in (1.0, 0.5, 0.0)]
    assert left == sorted(left)
    assert left[0] < left[2] == 8


def test_no_gradient_is_one_of_zero():
    optimizer = Hapg(parameter(), APART, 0.5, 0.4)
    optimizer.step()
    torch.testing.assert_close(optimizer.coefficients.detach(), torch.full((8,), 0.8, dtype=torch.double))


@pytest.mark.parametrize("groups", [[[0, 1], [1, 2]], [[0, 1, 2], [0, 1]]])
def test_groups_that_cross_are_refused(groups):
    with pytest.raises(InvalidOption, match="cross"):
        Hapg(parameter(), groups, 0.1)
