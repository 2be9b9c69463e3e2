"""Spaces of every kind, small enough to be written out, and distributions with something to them."""

import numpy as np
import pytest

from weaknas.spaces import Choices, NasBench201, NatsSize, UserMobile

STAGE = {"width": [16, 24], "depth": [1, 2], "kernel": [3, 5], "expansion": [3, 4, 6], "stride": 2, "squeeze": True}
MOBILE = {
    "name": "tiny",
    "classes": 10,
    "resolution": [24, 32],
    "stem": {"width": [8, 16], "stride": 1},
    "stage": [STAGE, {"width": 24, "depth": 2, "candidates": ["k3e3", "k5e3", "skip"]}],
    "head": {"width": 64},
}
SPACES = {
    "nasbench201": NasBench201(),
    "nats-size": NatsSize(),
    "list": Choices({"depth": [2, 3, 4], "width": [16, 32], "act": ["relu"]}),
    "mobile": UserMobile(MOBILE),
    "alike": UserMobile({**MOBILE, "stage": [{**STAGE, "alike": True}, MOBILE["stage"][1]]}),  # layers of 4 choices
}


@pytest.fixture(scope="session")
def spaces():
    return SPACES


@pytest.fixture(params=SPACES)
def space(request):
    return SPACES[request.param]


@pytest.fixture(params=["mobile", "alike"])
def mobile(request):
    """A space in which some choices may be without meaning."""
    return SPACES[request.param]


@pytest.fixture(params=["nasbench201", "nats-size", "list"])
def plain(request):
    """A space in which every choice has a meaning."""
    return SPACES[request.param]


@pytest.fixture(scope="session")
def at_random():
    """Give a distribution random logits, in double precision."""

    def change(distribution, seed=0, scale=1.0):
        rng = np.random.default_rng(seed)
        logits = distribution.double().logits.data
        logits.copy_(logits.new_tensor(scale * rng.normal(size=len(logits))))
        return distribution

    return change
