"""`digits-train`: a benchmark without a table, whose `evaluate` really trains what it is asked for."""

from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weaknas.contracts import Benchmark, Measurements, Optimum, Report
from weaknas.errors import InvalidOption
from weaknas.spaces import Batch, NasBench201, Rows

from .build_spec import RUNS_PER_BLOCK, SHARD, BuildSpec, first_rows
from .classes import trained_class
from .cost import cost
from .run_build import check_device, measure_rows

__all__ = ["DigitsTrain"]

Scores = NDArray[np.float64]
_FREE = ("params", "macs")
_MOST_RUNS = 10**9


class DigitsTrain(Benchmark):
    """NAS-Bench-201's cells, trained on the digits or on images of the user's when they are evaluated.

    Code and recipe are those that made the table `digits`; docs/digits.md describes both. The rows of a class (see
    `classes`) are one network, trained as the first of them. A run is trained beside the two others of its block (0 to
    2, 3 to 5, ...), which takes about a second of one core for an architecture.

    Args:
        images: an `.npz` file of the user's images, see `from_file`; None for scikit-learn's digits.
        run: the training run that a query sees, a number from 0; it seeds everything random.
        fidelity: epochs of the schedule after which training stops; None for all.
        objective: `valid`, or `test` to search on test accuracy (label it so: it is not a fair search).
        device: `cpu`, `cuda`, or another that torch knows.

    Raises:
        NotFound: the images are not there.
        InvalidOption: an option that is not one of these.
        InvalidImages: the images cannot be used.
        PluginError: torch is not installed.
    """

    user_only = True  # it trains, on files of the user's

    def __init__(
        self,
        *,
        images: str | None = None,
        run: int = 0,
        fidelity: int | None = None,
        objective: Literal["valid", "test"] = "valid",
        device: str = "cpu",
    ) -> None:
        self.at_once = 1 if device == "cpu" else SHARD
        if objective not in ("valid", "test"):
            raise InvalidOption(f"objective is 'valid' or 'test', not {objective!r}.")
        if isinstance(run, bool) or not isinstance(run, int) or not 0 <= run < _MOST_RUNS:
            raise InvalidOption(f"run is a whole number from 0 to {_MOST_RUNS - 1:,}, not {run!r}.")
        check_device(device)
        file = None if images is None else Path(images)
        self.dataset = "digits" if file is None else file.stem
        self.name = f"{self.dataset}-train"
        self.on_test = objective == "test"
        self.run = run
        self.fidelity = fidelity
        first = run - run % RUNS_PER_BLOCK
        self._spec = BuildSpec(self.dataset, file, tuple(range(first, first + RUNS_PER_BLOCK)), device)
        self._images = self._spec.images
        rows = NasBench201().enumerate()
        self.space = Rows(NasBench201(), rows, {name: partial(self._cost, rows, name) for name in _FREE})
        self._epochs(fidelity)
        self._trained: dict[int, Scores] = {}  # mean accuracies of the runs by class, `(valid, test)`

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Train `(n, 6)` architectures; return accuracies (percent) and seconds of training of the run asked for.

        Raises:
            InvalidArchitecture: an architecture is not one of the space.
            InvalidOption: the schedule has no such epoch.
        """
        epochs = self._epochs(self.fidelity if fidelity is None else fidelity)
        rows = self.space.validate(batch)
        if not len(rows):
            return Measurements(np.empty(0), np.empty(0))
        keys, first, back = np.unique(trained_class(rows), return_index=True, return_inverse=True)
        curves = measure_rows(self._spec, first_rows(rows[first]), epochs)
        accuracy = {split: values[:, -1].reshape(-1, RUNS_PER_BLOCK) for split, values in curves.accuracy.items()}
        if epochs == self._spec.recipe.epochs:
            means = np.stack([accuracy[split].mean(1, dtype=np.float64) for split in ("valid", "test")], axis=1)
            self._trained.update(zip(keys.tolist(), means, strict=True))
        column = self.run % RUNS_PER_BLOCK
        scores = accuracy["test" if self.on_test else "valid"][:, column].astype(np.float64)
        return Measurements(scores[back], curves.seconds.reshape(-1, RUNS_PER_BLOCK)[back, column])

    def report(self, batch: Batch) -> Report:
        """Return mean accuracies over the block of runs; NaN, like the optimum, where no training went to the end."""
        unknown = np.full(2, np.nan)
        keys = trained_class(self.space.validate(batch)).tolist()
        means = np.array([self._trained.get(key, unknown) for key in keys]).reshape(-1, 2)
        return Report(means[:, 0], means[:, 1], Optimum(*unknown.tolist()))

    def _cost(self, batch: Batch, name: str) -> Scores:
        """Return `(n,)` parameters or multiply-accumulates of the network that is trained, not of NAS-Bench-201's."""
        images = self._images
        price = cost(batch, images.channels, images.classes, images.side, self._spec.recipe.width)
        counted: NDArray[np.int64] = getattr(price, name)
        return counted.astype(np.float64)

    def _epochs(self, fidelity: int | None) -> int:
        most = self._spec.recipe.epochs
        if fidelity is None:
            return most
        if isinstance(fidelity, bool) or not isinstance(fidelity, int | np.integer) or not 1 <= fidelity <= most:
            raise InvalidOption(f"a fidelity of {self.name} is a number of epochs from 1 to {most}, not {fidelity!r}.")
        return int(fidelity)
