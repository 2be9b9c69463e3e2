import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weaknas.distributions import Independent, effective_samples, importance, prior_loss, samples_for

LOGS = arrays(np.float64, st.integers(1, 20), elements=st.floats(-50, 0))


def test_weights_are_the_likelihoods_of_all_images_where_these_leave_enough_samples():
    logs = np.array([-1.0, -1.01, -1.02, -3.0])
    np.testing.assert_allclose(importance(logs, 30), np.exp(30 * logs) / np.exp(30 * logs).sum())


@given(LOGS, st.floats(1, 1e6), st.floats(1, 4))
def test_enough_samples_count(logs, sharpness, ess):
    weights = importance(logs, sharpness, ess)
    assert weights.sum() == pytest.approx(1)
    assert effective_samples(weights) >= min(ess, (1 + len(logs)) / 2) * (1 - 1e-9)
    assert (np.diff(weights[np.argsort(logs, kind="stable")]) >= -1e-15).all()  # the better, the heavier


def test_the_likelihood_is_tempered_no_more_than_is_needed():
    assert effective_samples(importance([-1.0, -2.0, -3.0, -4.0], 1e4, ess=2.0)) == pytest.approx(2)
    assert effective_samples(importance([-1.0, -2.0], 1e4, ess=2.0)) == pytest.approx(1.5)
    assert effective_samples(importance([-1.0, -2.0, -3.0], 1e4, ess=1.0)) == pytest.approx(1)


def test_what_failed_has_no_weight():
    np.testing.assert_allclose(importance([np.nan, -1.0, -np.inf, -1.0], 5), [0, 0.5, 0, 0.5])
    assert not importance([np.nan], 5).any()


def test_the_gradient_is_that_of_the_papers(spaces):
    """For independent choices: sum_k (w_k - beta c_k) (softmax(theta) - onehot(A_k)) of PARSEC and FP-NAS."""
    space = spaces["nasbench201"]
    distribution = Independent(space)
    with torch.no_grad():
        distribution.logits.normal_(generator=torch.Generator().manual_seed(0))
    rows = distribution.sample(5, np.random.default_rng(0))
    weights, excess = np.array([0.5, 0.2, 0.1, 0.1, 0.1]), np.array([0, 3.0, 1.0, 0, 0])
    prior_loss(distribution, rows, weights, excess, 0.7).backward()
    probs = torch.cat(list(distribution.weights().values())).detach()
    onehots = torch.from_numpy(space.encode(rows, "onehot")).to(probs)
    coefficients = torch.tensor(weights - 0.7 * excess / 4).to(probs)
    torch.testing.assert_close(distribution.logits.grad, (coefficients[:, None] * (probs - onehots)).sum(0))


def test_centred_weights_sum_to_nothing(spaces):
    """Samples that are all alike good and dear leave the distribution as it is."""
    distribution = Independent(spaces["nasbench201"])
    rows = distribution.sample(4, np.random.default_rng(0))
    prior_loss(distribution, rows, np.full(4, 0.25), np.ones(4), centred=True).backward()
    torch.testing.assert_close(distribution.logits.grad, torch.zeros_like(distribution.logits))
    distribution.logits.grad = None
    prior_loss(distribution, rows, np.full(4, 0.25), np.zeros(4)).backward()
    assert distribution.logits.grad.abs().sum() > 0


def test_samples_follow_the_entropy():
    assert [samples_for(entropy, 0.25) for entropy in (56.0, 20.0, 8.1, 1.0, 0.0)] == [14, 5, 2, 2, 2]
    assert samples_for(1.0, 0.25, least=4) == 4
