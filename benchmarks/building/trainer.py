"""`digits-train`: a benchmark without a table, whose `evaluate` really trains what it is asked for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from weaknas.contracts import Benchmark, Measurements, Optimum, Report
from weaknas.errors import InvalidOption
from weaknas.spaces import Batch, Floats, Keys, NasBench201, Rows

from .building import check_device, measure_rows
from .cost import cost
from .plan import Plan, first_rows

__all__ = ["DigitsTrain"]


class DigitsTrain(Benchmark):
    """NAS-Bench-201's cells, trained on the digits or on images of the user's when they are evaluated.

    The same code and recipe made the table `digits`; docs/digits.md describes both. Isomorphic rows are one
    network here, trained as the first of them. About half a second of one core for each architecture.

    Args:
        images: an `.npz` file of the user's images; None for scikit-learn's digits.
        run: the training run, which is a seed of everything random; the table has runs 0, 1 and 2.
        fidelity: epochs of the schedule after which training stops; None for all.
        objective: `valid`, or `test` to search on test accuracy (label it so: it is not a fair search).
        device: `cpu`, `cuda`, or another that torch knows.

    Raises:
        NotFound: the images are not there.
        InvalidOption: an option that is not one of these, or images that cannot be used.
        PluginError: torch is not installed.
    """

    def __init__(
        self,
        *,
        images: str | None = None,
        run: int = 0,
        fidelity: int | None = None,
        objective: Literal["valid", "test"] = "valid",
        device: str = "cpu",
    ) -> None:
        if objective not in ("valid", "test"):
            raise InvalidOption(f"objective is 'valid' or 'test', not {objective!r}.")
        if isinstance(run, bool) or not isinstance(run, int) or run < 0:
            raise InvalidOption(f"run is a whole number from 0, not {run!r}.")
        check_device(device)
        self.dataset = "digits" if images is None else Path(images).stem
        self.name = f"{self.dataset}-train"
        self.objective = "test_acc" if objective == "test" else "valid_acc"
        self.run = run
        self.fidelity = fidelity
        self.space = Rows(NasBench201(), NasBench201().enumerate())
        self._plan = Plan(self.dataset, None if images is None else Path(images), (run,), device)
        self._epochs(fidelity)
        self._trained: dict[int, tuple[float, float]] = {}  # final accuracies by key

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Train `(n, 6)` architectures; return their accuracies (percent) and seconds of training.

        Raises:
            InvalidArchitecture: an architecture is not one of the space.
            InvalidOption: the schedule has no such epoch.
        """
        epochs = self._epochs(self.fidelity if fidelity is None else fidelity)
        rows = self.space.validate(batch)
        keys, first, back = np.unique(self.space.key(rows), return_index=True, return_inverse=True)
        measured = measure_rows(self._plan, first_rows(rows[first]), epochs)
        accuracy = {part: values[:, -1].astype(np.float64) for part, values in measured.accuracy.items()}
        if epochs == self._plan.recipe.epochs:
            pairs = zip(accuracy["valid"].tolist(), accuracy["test"].tolist(), strict=True)
            self._trained.update(zip(keys.tolist(), pairs, strict=True))
        return Measurements(accuracy[self.objective.removesuffix("_acc")][back], measured.seconds[back])

    def report(self, batch: Batch) -> Report:
        """Return the accuracies of the architectures that were trained to the end; others, and the optimum, are NaN."""
        unknown = (float("nan"), float("nan"))
        keys: Keys = self.space.key(self.space.validate(batch))
        known = np.array([self._trained.get(key, unknown) for key in keys.tolist()]).reshape(-1, 2)
        return Report(known[:, 0], known[:, 1], Optimum(*unknown))

    def features(self, names: Sequence[str]) -> Callable[[Batch], Floats]:
        """Return a function from a batch to `(n, len(names))` of `params` and `macs`."""
        for name in names:
            if name not in ("params", "macs"):
                raise InvalidOption(f"{self.name} has no feature {name!r}; it has params, macs.")
        images, width = self._plan.images, self._plan.recipe.width

        def count(batch: Batch) -> Floats:
            price = cost(batch, images.channels, images.classes, images.side, width)
            return np.stack([getattr(price, name) for name in names], axis=1).astype(np.float32)

        return count

    def _epochs(self, fidelity: int | None) -> int:
        most = self._plan.recipe.epochs
        if fidelity is None:
            return most
        if isinstance(fidelity, bool) or not isinstance(fidelity, int | np.integer) or not 1 <= fidelity <= most:
            raise InvalidOption(f"a fidelity of {self.name} is a number of epochs from 1 to {most}, not {fidelity!r}.")
        return int(fidelity)
