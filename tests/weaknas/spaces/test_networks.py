"""Expected costs of spaces of whole networks; that they are the costs at weights of 0 and 1 is in the contract."""

from math import prod

import numpy as np
import pytest

from weaknas.spaces import NasBench201, NatsSize, UserMobile

SMALL = {
    "name": "small",
    "classes": 10,
    "resolution": [24, 32],
    "stem": {"width": [8, 16], "stride": 1},
    "stage": [
        {"width": [16, 24], "depth": [1, 2], "kernel": [3, 5], "expansion": [3, 6], "stride": 2, "squeeze": True},
        {"width": 24, "depth": 2, "candidates": ["k3e3", "k5e3", "skip"]},
    ],
    "head": {"width": 64},
}
everywhere = pytest.mark.parametrize("space", [NasBench201(), NatsSize(), UserMobile(SMALL)], ids=lambda s: s.name)


@everywhere
def test_the_expected_cost_is_the_mean_over_all_rows(space):
    rng = np.random.default_rng(0)
    weights = {choice.name: rng.dirichlet(np.ones(len(choice.options))) for choice in space.choices}
    grid = np.indices(tuple(space.options), dtype=np.int8).reshape(len(space.options), -1).T
    chances = prod(weights[choice.name][grid[:, i]] for i, choice in enumerate(space.choices))
    assert chances.sum() == pytest.approx(1)
    cost, expected = space.cost(grid), space.expected_cost(weights)
    assert expected.macs == pytest.approx((chances * cost.macs).sum(), rel=1e-12)
    assert expected.params == pytest.approx((chances * cost.params).sum(), rel=1e-12)


@everywhere
def test_the_expected_cost_is_differentiable(space):
    torch = pytest.importorskip("torch")
    logits = {
        choice.name: torch.zeros(len(choice.options), dtype=torch.float64, requires_grad=True)
        for choice in space.choices
    }
    space.expected_cost({name: logit.softmax(0) for name, logit in logits.items()}).macs.backward()
    for name, logit in logits.items():
        assert torch.isfinite(logit.grad).all()
        assert len(logit) == 1 or logit.grad.abs().max() > 0, name
    if "r" in logits:
        assert logits["r"].grad[1] > 0 > logits["r"].grad[0]  # larger images cost more
