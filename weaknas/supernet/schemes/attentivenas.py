"""AttentiveNAS: the sandwich rule, with the best or the worst architectures of a cost in between."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ... import doors, scoring
from ...errors import InvalidOption
from ...spaces import Batch, NetworkSpace
from ..selection import Path
from .base import counts
from .bignas import Sandwich
from .budgets import Budgets
from .step import Step

__all__ = ["AttentiveSampling"]

Estimator = Callable[[Batch], NDArray[np.float64]]
"""From `(n, d)` architectures to `(n,)` estimates, the better the higher."""


@dataclass
class AttentiveSampling(Sandwich):
    """Attentive sampling (Wang et al., CVPR 2021): of `candidates` of one cost, train the best or the worst.

    Args:
        between: how many such networks a step trains.
        dropout: of the largest network, before the classifier.
        drop_connect: of the largest network; see `Path`.
        pick: `best` (BestUp) or `worst` (WorstUp).
        candidates: how many are compared; 1 is random sampling.
        table: measured architectures, a table file or a benchmark's name, from which a predictor learns which are
            good; without one, the loss on the step's own images decides.
        predictor: the name of the predictor.
        bin_macs: width of the bins of cost, in multiply-accumulates; see `Budgets`.
        uniform: whether all bins are trained alike.
    """

    drop_connect: float = 0.2
    pick: Literal["best", "worst"] = "best"
    candidates: int = 3
    table: str | None = None
    predictor: str = "random-forest"
    bin_macs: float | None = None
    uniform: bool = False

    name: ClassVar[str] = "attentivenas"
    optimisation: ClassVar[Mapping[str, Any]] = {"weight_decay": 1e-5, "clip": 1.0}

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Make the table of costs, and fit the predictor."""
        super().prepare(space, steps, seed)
        counts(self, 1, "candidates")
        if self.pick not in ("best", "worst"):
            raise InvalidOption(f"pick is 'best' or 'worst', not {self.pick!r}.")
        self.budgets = Budgets(space, self.bin_macs, uniform=self.uniform)
        self._estimate = None if self.table is None else fitted(self.predictor, self.table, space, seed)

    def others(self, step: Step) -> Batch:
        """Return the chosen candidates of as many costs, drawn from the prior."""
        return np.concatenate([self._one(step) for _ in range(self.between)] or [self.smallest[None][:0]])

    def _one(self, step: Step) -> Batch:
        rows = self.budgets.sample(self.budgets.draw(step.rng), self.candidates, step.rng)
        if len(rows) == 1:
            return rows
        estimates = -_losses(step, rows) if self._estimate is None else self._estimate(rows)
        at = estimates.argmax() if self.pick == "best" else estimates.argmin()
        return rows[[int(at)]]


@torch.no_grad()
def _losses(step: Step, rows: Batch) -> NDArray[np.float64]:
    """Return `(n,)` losses on the step's images, of all processes together, so that all choose alike."""
    losses = torch.stack([step.hard(step.logits(Path(row))) for row in rows])
    result: NDArray[np.float64] = step.mean(losses).cpu().numpy().astype(np.float64)
    return result


def fitted(predictor: str, table: str, space: NetworkSpace, seed: int) -> Estimator:
    """Return the predictions of a predictor that has learned from a table of the space, the same for the same seed.

    All processes of a run, and a run that goes on, fit it anew and must come to the same choices.

    Raises:
        NotFound: there is no such table or predictor.
        InvalidOption: the table is of another space.
    """
    bench = doors.BENCHMARKS.create(table)
    if bench.space.name != space.name or not np.array_equal(bench.space.options, space.options):
        raise InvalidOption(f"the table {table} is of the space {bench.space.name}, not of this {space.name}.")
    rows = bench.space.enumerate()
    model = doors.PREDICTORS.create(predictor)
    scoring.seed(model, lambda: seed)
    scoring.fit(model, space.encode(rows), bench.evaluate(rows).scores)

    def estimate(batch: Batch) -> NDArray[np.float64]:
        predicted: NDArray[np.float64] = scoring.predict(model, space.encode(batch))
        return predicted

    return estimate
