"""`supernet:RUN`: a supernet as a benchmark, so that every strategy searches it as it would a table."""

import hashlib
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..contracts import Benchmark, Measurements, Optimum, Report
from ..errors import InvalidOption
from ..metrics import Metric
from ..spaces import Batch, Space
from .classes import in_words
from .evaluators import INDICATORS, AccuracyEvaluator, Evaluation, Indicator, open_evaluator, open_indicator
from .evaluators.base import weights_digest
from .loading import part_of, weights_file
from .run import TrainingRun

__all__ = ["SupernetBenchmark"]


class SupernetBenchmark(Benchmark):
    """The architectures of a supernet, each scored with batch-norm statistics of its own, or by another evaluator.

    The objective is accuracy on the held-out part of the training images. Images for validation are looked at by the
    report alone, and only for the best architecture of those reported on. `train_seconds` is what an evaluation took.
    Scores are kept on disk, so that nothing is evaluated twice.

    With an indicator as its evaluator, such as `bn-last`, the objective is that number, which is no percentage, and
    neither search nor report reads an image: options that are of images change nothing.

    Args:
        source: the folder of a run, a file of ours, or released weights.
        measured: a CSV or Parquet file of measured architectures (`arch`, `latency_ms_phone`, ...): search these, and
            know those numbers of them, for constraints and as costs.
        test: whether the report measures the best architecture on the images for validation, if there are any. A
            search over a storage reports on every architecture: there it costs as much as the search.
        options: those of `Evaluation`; `resolution` restricts the search to this one, too.

    Raises:
        NotFound: there is no run, file or data set of the name.
        InvalidCheckpoint: the weights are damaged, or nothing that is known.
        InvalidImages: the images are damaged.
        InvalidOption: an option that cannot be used.
    """

    user_only = True  # it reads a run of the user's
    at_once: int | None = 1

    def __init__(
        self,
        source: str,
        *,
        measured: str | None = None,
        test: bool = True,
        **options: Any,
    ) -> None:
        evaluation = Evaluation.of(options, "supernet:RUN")
        self.evaluator: AccuracyEvaluator | Indicator
        if evaluation.evaluator in INDICATORS:
            self.evaluator = open_indicator(source, evaluation)
            self.metric, self.at_once = Metric(self.evaluator.name), None
            self.dataset = Path(TrainingRun.load(source).data).stem if Path(source).is_dir() else "none"
            self.weights = weights_digest(self.evaluator.supernet)
        else:
            self.evaluator = open_evaluator(source, evaluation)
            self.dataset, self.weights = self.evaluator.data.name, self.evaluator.weights
        self.name = f"supernet:{source}"
        self.test = test
        self.space: Space = part_of(self.evaluator.supernet.space, evaluation.resolution, measured)
        self._file = weights_file(source)

    @cached_property
    def _checksum(self) -> str:
        with self._file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def note(self) -> str:
        """How classes were matched, where that needs to be known, or that scores are no accuracies."""
        if isinstance(self.evaluator, Indicator):
            return f"{self.metric.name} is an indicator, which compares architectures, and no accuracy."
        return in_words(self.evaluator.matching)

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of the file of weights, by its name."""
        return {self._file.name: self._checksum}

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return the scores of `(n, d)` architectures, and the seconds of their evaluations.

        They are held-out accuracies in percent, or those of the indicator.

        Raises:
            InvalidArchitecture: an architecture is not in the space.
            InvalidOption: a fidelity; a supernet has none.
        """
        if fidelity is not None:
            raise InvalidOption(f"{self.name} has one fidelity only, not {fidelity} epochs.")
        rows = self.space.validate(batch)
        if isinstance(self.evaluator, Indicator):
            started = time.perf_counter()
            scores = self.evaluator.scores(rows)
            return Measurements(scores, np.full(len(rows), (time.perf_counter() - started) / max(1, len(rows))))
        found = [self.evaluator.score(row) for row in rows]
        # Weights that overflow give a loss that is no number: a failed evaluation.
        accuracies = [score.top1 if np.isfinite(score.loss) else np.nan for score in found]
        return Measurements(np.array(accuracies, float), np.array([score.seconds for score in found], float))

    def report(self, batch: Batch) -> Report:
        """Return the scores and, of the best of the batch, the accuracy on the images for validation."""
        rows = self.space.validate(batch)
        valid = self.evaluate(rows).scores
        test = np.full(len(rows), np.nan)
        evaluator = self.evaluator
        if self.test and isinstance(evaluator, AccuracyEvaluator) and evaluator.data.val and np.isfinite(valid).any():
            best = int(np.nanargmax(valid))
            test[best] = evaluator.score(rows[best], "val").top1
        return Report(valid, test, Optimum(float("nan"), float("nan")))
