"""Steps of training without a run."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from weaknas.supernet import Path, Supernet
from weaknas.supernet.mobile.supernet import MobileSupernet
from weaknas.supernet.schemes import Step


class Watched(MobileSupernet):
    """Notes which architectures run, and whether with gradients."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.ran: list[tuple[bytes, bool, Any]] = []

    def forward(self, images: Tensor, selection: Any) -> Tensor:
        arch = selection.arch.tobytes() if isinstance(selection, Path) else b""
        self.ran.append((arch, torch.is_grad_enabled(), selection))
        return super().forward(images, selection)

    @property
    def trained(self) -> list[bytes]:
        """The architectures that ran with gradients, in order."""
        return [arch for arch, gradients, _ in self.ran if gradients]


@pytest.fixture
def watched(small: Any, randomise: Callable[[Any], Any]) -> Watched:
    """A supernet of the small space, in training, that carries signal everywhere."""
    torch.manual_seed(0)
    return randomise(Watched(small)).train()


@pytest.fixture
def attached(small: Any, watched: Watched) -> Callable[..., Any]:
    """Make a scheme of a run of 100 steps, attached to the watched supernet."""

    def make(kind: Callable[..., Any], **options: Any) -> Any:
        scheme = kind(**options)
        scheme.prepare(small, 100)
        scheme.attach(watched)
        return scheme

    return make


@pytest.fixture
def make_step(images: Callable[..., Tensor]) -> Callable[..., Step]:
    """Make the step of a number."""

    def make(supernet: Supernet, number: int = 0, n: int = 8) -> Step:
        return Step(
            number=number,
            supernet=supernet,
            views=(images(n, 15, seed=number),),
            labels=torch.arange(n) % 10,
            rng=np.random.default_rng((0, number)),
            batch=n,
            smoothing=0.1,
            precision=nullcontext,
            mean=lambda values: values,
        )

    return make


@pytest.fixture
def gradients() -> Callable[[Any], dict[str, Tensor]]:
    """Return copies of the gradients there are."""
    return lambda net: {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
