"""InfoNCE against numpy, the queue of keys, the neck."""

import numpy as np
import pytest
import torch

from weaknas.supernet.schemes.contrast import KeyQueue, Neck, info_nce, spread


def points(n, dim=6, seed=0):
    return torch.nn.functional.normalize(torch.randn(n, dim, generator=torch.Generator().manual_seed(seed)))


def test_info_nce_is_its_formula():
    queries, keys, negatives = points(4), points(4, seed=1), points(9, seed=2)
    found = info_nce(queries, keys, negatives, 0.2)
    q, k, m = (x.double().numpy() for x in (queries, keys, negatives))
    own, others = np.exp((q * k).sum(1) / 0.2), np.exp(q @ m.T / 0.2).sum(1)
    assert float(found) == pytest.approx(-np.log(own / (own + others)).mean(), rel=1e-5)


def test_gradients_reach_queries_alone():
    queries, keys, negatives = (points(n, seed=n).requires_grad_() for n in (3, 3, 5))
    info_nce(queries, keys, negatives, 0.5).backward()
    assert queries.grad is not None
    assert queries.grad.abs().max() > 0
    assert keys.grad is None
    assert negatives.grad is None


def test_new_keys_take_the_place_of_the_oldest():
    queue = KeyQueue(5, 6)
    first, second = points(3, seed=1), points(3, seed=2)
    queue.put(first)
    assert torch.equal(queue.keys, torch.cat([first, torch.zeros(2, 6)]))
    queue.put(second)
    assert torch.equal(queue.keys, torch.cat([second[2:], first[1:], second[:2]]))
    many = points(12, seed=3)
    queue.put(many)  # more than there are places
    assert {tuple(key.tolist()) for key in queue.keys} == {tuple(key.tolist()) for key in many[-5:]}


def test_the_neck_takes_fewer_features_as_if_the_others_were_zero():
    neck, x = Neck(7, 5, 4), torch.randn(3, 6)
    torch.testing.assert_close(neck(x), neck(torch.cat([x, torch.zeros(3, 1)], 1)))
    torch.testing.assert_close(neck(x).norm(dim=1), torch.ones(3))


def test_spread_is_one_on_the_sphere_and_zero_in_a_point():
    assert float(spread(points(4000, 32))) == pytest.approx(1, abs=0.02)
    assert float(spread(points(1, 32).expand(50, -1))) == pytest.approx(0, abs=1e-6)
