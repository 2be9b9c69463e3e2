"""Sub-networks of the released Once-for-All supernet (Cai et al., ICLR 2020) on ImageNet: measured, and predicted."""

import hashlib
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weaknas.contracts import Benchmark, Measurements, Optimum, Report
from weaknas.errors import InvalidOption, InvalidTable, NotFound, system_sentence
from weaknas.spaces import Batch, OfaMobileNetV3, Space
from weaknas.words import shortened

from .finder import open_table
from .observed import RecordedRun
from .store import find, open_file
from .table import Table
from .wrappers import Noisy

__all__ = ["OfaSurrogate", "measured", "measured_r224", "read_weights", "surrogate"]

INPUTS = tuple(range(112, 225, 16))  # the resolutions that the predictor has an input for
RESOLUTIONS = tuple(range(160, 225, 16))  # those it was trained on: it rates nets of 128 pixels above those of 160
_LAYERS = (128, 400, 400, 400, 1)


def measured(
    *,
    run: RecordedRun = "mean",
    seed: int = 0,
    universe: Literal["rows", "raw"] = "rows",
) -> Table:
    """Open the 2,610 measured sub-networks of the supernet of width 1.0, at 128, 160 and 192 pixels.

    ImageNet top-1 after recalibrating batch normalisation, without fine-tuning; each value is from one shard of
    12,500 validation images, so about 0.4 points of it are noise. The options are those of `Table`.
    """
    table = open_file("ofa-mbv3-w1.0-imagenet.parquet")
    return Table(table, OfaMobileNetV3(), name="ofa/imagenet", run=run, seed=seed, universe=universe)


measured_r224 = partial(open_table, "ofa-mbv3-w1.0-r224-imagenet.parquet", "ofa/imagenet-r224")
"""Open the 2,162 sub-networks of the supernet at 224 pixels that five searches evaluated (Cummings et al., DyNAS-T).

ImageNet top-1 on all 50,000 validation images after recalibrating batch normalisation; runs are repeated evaluations
of the same weights. It is a union of search logs, not a uniform sample. The options are those of `Table`.
"""


def surrogate(
    *,
    weights: str | Path | None = None,
    macs: tuple[float, float] | None = None,
    resolutions: Sequence[int] = RESOLUTIONS,
    noise: float = 0.0,
    seed: int = 0,
) -> Benchmark:
    """Open the accuracy predictor published with Once-for-All as a benchmark over 1.1e20 architectures.

    Args:
        weights: file of the weights (`.npz`); `ofa_mbv3_acc_predictor.npz` of the data directories if None.
        macs: window of multiply-accumulates, `(least, most)`, such as `(200e6, 300e6)`.
        resolutions: image sizes, among 112, 128, ... 224; below 160 the predictor does not know what they cost.
        noise: standard deviation of Gaussian noise, points, drawn once per architecture and seed.
        seed: seed of the noise.

    Raises:
        NotFound: the weights are not on this machine.
        InvalidTable: the file does not hold the weights.
        InvalidOption: an option outside its range.
    """
    path = Path(weights or find("ofa_mbv3_acc_predictor.npz"))
    bench = OfaSurrogate(read_weights(path), macs=macs, resolutions=resolutions)
    bench.file = path
    return Noisy(bench, noise, seed) if noise else bench


class OfaSurrogate(Benchmark):
    """The published accuracy predictor as a benchmark: its values are predictions, not measurements.

    They rank the measured sub-networks of `ofa/imagenet` with a Spearman correlation of 0.87 to 0.89 within one
    resolution and 0.957 over 160 and 192 pixels together.

    Args:
        weights: matrices and biases in turn, of the perceptron 128-400-400-400-1 with ReLU (`read_weights`).
        macs: window of multiply-accumulates, `(least, most)`; all of the space if None.
        resolutions: image sizes, among 112, 128, ... 224; below 160 the predictor does not know what they cost.

    Raises:
        InvalidOption: resolutions that the predictor does not know, or an empty window.
    """

    name = "ofa-surrogate/imagenet"
    dataset = "imagenet"
    space: Space
    file: Path | None = None  # that the weights were read from

    def __init__(
        self,
        weights: Sequence[NDArray[np.float32]],
        *,
        macs: tuple[float, float] | None = None,
        resolutions: Sequence[int] = RESOLUTIONS,
    ) -> None:
        if not resolutions or not set(resolutions) <= set(INPUTS):
            raise InvalidOption(f"resolutions are among {', '.join(map(str, INPUTS))}, not {list(resolutions)}.")
        self._weights = weights
        full = OfaMobileNetV3(resolutions=resolutions)
        self._columns = np.isin(INPUTS, full.resolutions)
        self.space = full
        if macs is not None:
            least, most = macs
            if not 0 <= least < most:
                raise InvalidOption(f"a window of MACs is (least, most) with least below most, not {macs}.")

            def within(batch: Batch) -> NDArray[np.bool_]:
                count = full.cost(batch).macs
                return np.asarray((count >= least) & (count <= most))

            self.space = full.restrict(within, f"{least / 1e6:g} to {most / 1e6:g} million MACs")

    @property
    def note(self) -> str:
        """That the accuracies are predicted."""
        return "accuracies are the predictions of the published accuracy predictor, not measurements"

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of the file of weights, by its name."""
        return {self.file.name: hashlib.sha256(self.file.read_bytes()).hexdigest()} if self.file else {}

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return predicted ImageNet top-1 accuracies, percent; the cost of training is not known."""
        if fidelity is not None:
            raise InvalidOption(f"{self.name} has no fidelities; {fidelity} asked for.")
        scores = self._predict(self.space.validate(batch))
        return Measurements(scores, np.full(len(batch), np.nan))

    def report(self, batch: Batch) -> Report:
        """Return the predictions; test accuracies and the optimum of the space are not known."""
        missing = np.full(len(batch), np.nan)
        return Report(self._predict(batch), missing, Optimum(np.nan, np.nan))

    def _predict(self, batch: Batch) -> NDArray[np.float64]:
        onehot = self.space.encode(batch, "onehot")
        resolutions = np.zeros((len(batch), len(INPUTS)), dtype=np.float32)
        resolutions[:, self._columns] = onehot[:, -int(self._columns.sum()) :]
        x = np.concatenate([onehot[:, : _LAYERS[0] - len(INPUTS)], resolutions], axis=1)
        for matrix, bias in zip(self._weights[:-2:2], self._weights[1:-2:2], strict=True):
            x = np.maximum(x @ matrix.T + bias, 0)
        accuracy = (x @ self._weights[-2].T + self._weights[-1])[:, 0]
        return 100.0 * accuracy.astype(np.float64)


def read_weights(path: str | Path) -> list[NDArray[np.float32]]:
    """Return matrices and biases in turn.

    Raises:
        NotFound: there is no such file.
        InvalidTable: it does not hold the predictor's weights.
    """
    try:
        with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            weights = [np.asarray(file[f"{2 * i}.{part}"]) for i in range(4) for part in ("weight", "bias")]
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path} with the weights of the accuracy predictor.") from error
    except Exception as error:  # a damaged file can fail in any way
        reason = shortened(system_sentence(error), 200)
        raise InvalidTable(f"{path} does not hold the weights of the accuracy predictor: {reason}.") from error
    shapes = [shape for n, m in pairwise(_LAYERS) for shape in ((m, n), (m,))]
    if (
        [w.shape for w in weights] != shapes
        or any(w.dtype.kind != "f" for w in weights)
        or not all(np.isfinite(w).all() for w in weights)
    ):
        raise InvalidTable(f"{path} does not hold the weights of a perceptron {'-'.join(map(str, _LAYERS))}.")
    return weights
