"""What the tests of supernets share."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch

from weaknas.spaces import OwnMobile

SMALL = {
    "name": "small",
    "classes": 10,
    "resolution": [12, 15],
    "stem": {"width": [8, 16], "stride": 1},
    "stage": [
        {"width": [8, 16], "depth": [1, 2], "kernel": [3, 5, 7], "expansion": [1, 3], "squeeze": True},
        {"width": [16, 24], "depth": [1, 2], "kernel": [3, 5, 7], "stride": 2, "transform": True, "act": "hswish"},
        {"width": [16, 24], "depth": 2, "expansion": [2, 4], "alike": True, "stride": 2, "shortcut": "projection"},
        {"width": 24, "depth": 3, "candidates": ["k3e3", "k5e2", "skip"], "shortcut": "none", "squeeze": True},
        {"width": [16, 24], "depth": 2, "candidates": ["k3e2", "k3e3"], "act": "relu6"},
    ],
    "head": {"width": 32, "mix": [24, 40], "act": "swish"},
}


@pytest.fixture(scope="session")
def small() -> OwnMobile:
    """A tiny space in which everything that can be chosen is."""
    return OwnMobile(SMALL)


@pytest.fixture(scope="session")
def randomise() -> Callable[[Any], Any]:
    """Give a network weights and statistics under which no mistake goes unseen: all parts carry signal."""

    def change(net: Any) -> Any:
        generator = torch.Generator().manual_seed(1)

        def normal(value: Any) -> Any:
            return torch.randn(value.shape, generator=generator)

        with torch.no_grad():
            for name, value in net.state_dict().items():
                if name.endswith("matrix"):
                    value.add_(0.05 * normal(value))
                elif value.ndim > 1:
                    value.copy_(normal(value) * sqrt(1 / value[0].numel()))
                elif name.endswith(("running_var", "weight")):
                    value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
                elif value.ndim:
                    value.copy_(0.2 * normal(value))
        return net

    return change


@pytest.fixture(scope="session")
def images() -> Callable[..., Any]:
    """Draw `(n, 3, side, side)` images."""
    return lambda n, side, seed=0: torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))
