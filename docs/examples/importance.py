"""A scheme of training in a plain file: it searches while it trains (after PARSEC: Casale et al., 2019).

weaknas supernet train space.toml IMAGES --scheme docs/examples/importance.py:Importance --out run
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from weaknas.spaces import Batch, NetworkSpace
from weaknas.supernet import Path, Supernet
from weaknas.supernet.schemes import Scheme, Step
from weaknas.supernet.schemes.base import counts, rates


class Prior(nn.Module):
    """A probability for each option of each choice."""

    def __init__(self, space: NetworkSpace) -> None:
        super().__init__()
        self.space = space
        self.logits = nn.ParameterList(torch.zeros(options) for options in space.options.tolist())

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        odds = [logits.detach().double().softmax(0).cpu().numpy() for logits in self.logits]
        return self.space.canonical(np.stack([rng.choice(len(p), n, p=p) for p in odds], axis=1).astype(np.int8))

    def log_prob(self, rows: Batch) -> Tensor:
        columns = torch.from_numpy(rows.T.astype(np.int64)).to(self.logits[0].device)
        return sum(logits.log_softmax(0)[column] for logits, column in zip(self.logits, columns, strict=True))

    def mode(self) -> Batch:
        return self.space.canonical(np.array([[int(logits.argmax()) for logits in self.logits]], dtype=np.int8))


@dataclass
class Importance(Scheme):
    """Draws paths, trains their weights alike, and makes those likelier that explain other images better.

    Args:
        samples: paths a step.
        sharpness: how much better a path with a loss smaller by 1 is taken to be, as a logarithm.
        frozen: the share of the run in which only the weights learn.
        arch_share: the share of the images that paths are compared on.
    """

    samples: int = 4
    sharpness: int = 20
    frozen: float = 0.2
    arch_share: float = 0.3

    name: ClassVar[str] = "importance"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        counts(self, 2, "samples")
        counts(self, 1, "sharpness")
        rates(self, "frozen", "arch_share")
        self._first = round(self.frozen * steps)

    def attach(self, supernet: Supernet) -> None:
        self.prior = Prior(supernet.space)

    def modules(self) -> Mapping[str, nn.Module]:
        return {"prior": self.prior}

    def arch_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.prior.parameters(), lr=0.05)

    def searches(self, number: int) -> bool:
        return number >= self._first

    def step(self, step: Step) -> None:
        for row in self.prior.sample(self.samples, step.rng):
            step.backward("loss", step.hard(step.logits(Path(row))) / self.samples)

    def arch_step(self, step: Step) -> None:
        rows = self.prior.sample(self.samples, step.rng)
        with torch.no_grad():
            losses = step.mean(torch.stack([step.hard(step.logits(Path(row))) for row in rows]))
            weights = (-self.sharpness * losses).softmax(0)
        step.backward("arch_loss", -(weights * self.prior.log_prob(rows)).sum())
        step.log("effective_samples", 1 / weights.square().sum())

    def derive(self) -> Batch:
        return self.prior.mode()
