"""NAS-Bench-301 through a published surrogate: predicted accuracies of the cells of DARTS on CIFAR-10.

The surrogate is the neural network of YAHPO Gym (Pfisterer et al., AutoML 2022), fitted to the trainings of
NAS-Bench-301 (Siems et al.).
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import weaknas
from weaknas.contracts import Benchmark
from weaknas.errors import InvalidOption, InvalidTable, MissingExtra, NotFound, system_sentence
from weaknas.measurements import Measurements, Optimum, Report
from weaknas.spaces import Batch

from .published import published_tables
from .store import find
from .wrappers import Noisy

__all__ = ["Nasbench301", "nasbench301"]

FILE = "nb301_surrogate.onnx"
SHA256 = str(published_tables()[FILE].sha256)
EPOCHS = 98
_SHORTER = (12, 25, 49)
_NODES = (2, 3, 4, 5)
_CODES = (  # the surrogate numbers the operations from 1; 0 is an edge that is not there
    *("avg_pool_3x3", "dil_conv_3x3", "dil_conv_5x5", "max_pool_3x3"),
    *("sep_conv_3x3", "sep_conv_5x5", "skip_connect"),
)


def nasbench301(*, noise: float = 0.0, seed: int = 0, file: str | Path | None = None) -> Benchmark:
    """Open the surrogate of NAS-Bench-301 over the space `darts`.

    Args:
        noise: standard deviation of Gaussian noise, points, drawn once per architecture, fidelity and seed.
        seed: seed of the noise.
        file: the surrogate (`.onnx`); `nb301_surrogate.onnx` of the data directories if None.

    Raises:
        NotFound: the surrogate is not on this machine.
        MissingExtra: onnxruntime is not installed.
        InvalidTable: the file is not the published surrogate.
        InvalidOption: a negative deviation.
    """
    bench = Nasbench301(Path(file or find(FILE)))
    return Noisy(bench, noise, seed) if noise else bench


class Nasbench301(Benchmark):
    """The published surrogate as a benchmark: its values are predictions, not measurements.

    A fidelity is a number of epochs of one training of 98, so that going on costs the difference.

    The surrogate knows the nodes of a cell by their numbers: two numberings of one cell, which are one architecture of
    the space, may get different predictions.

    Args:
        file: the surrogate, an ONNX file.

    Raises:
        NotFound: the file cannot be read.
        MissingExtra: onnxruntime is not installed.
        InvalidTable: the file is not the published surrogate.
    """

    name = "nasbench301"
    dataset = "cifar10"

    def __init__(self, file: Path) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtra("nasbench301 needs onnxruntime: pip install 'weaknas[nb301]'.") from error
        try:
            content = file.read_bytes()
        except OSError as error:
            raise NotFound(f"the surrogate cannot be read: {system_sentence(error)}.") from error
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise InvalidTable(f"{file} is not the published surrogate of NAS-Bench-301 (SHA-256 {SHA256[:12]}…).")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.space = weaknas.space("darts")
        self._known: dict[tuple[bytes, int], tuple[float, float]] = {}

    @property
    def note(self) -> str:
        """That the accuracies are predicted, and where they are not to be believed."""
        return (
            "accuracies are the predictions of a published surrogate of NAS-Bench-301, not measurements; cells of "
            "nothing but skip connections get a suspiciously high 95.34 %"
        )

    @property
    def fidelities(self) -> tuple[int, ...]:
        """Epochs of the one training at which the surrogate is asked."""
        return (*_SHORTER, EPOCHS)

    @property
    def resumable(self) -> bool:
        """That fidelities are points of one training."""
        return True

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of the surrogate, by its file's name."""
        return {FILE: SHA256}

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return predicted validation accuracies, percent, and predicted seconds of `(n, d)` architectures.

        Raises:
            InvalidArchitecture: an architecture is not in the space.
            InvalidOption: epochs outside of 1 to 98.
        """
        epochs = EPOCHS if fidelity is None else fidelity
        if not 1 <= epochs <= EPOCHS:
            raise InvalidOption(f"nasbench301 knows 1 to {EPOCHS} epochs, not {fidelity}.")
        found = np.array([self._predicted(row, epochs) for row in self._encoded(batch)]).reshape(-1, 2)
        return Measurements(found[:, 0], found[:, 1], estimated=True)

    def report(self, batch: Batch) -> Report:
        """Return the predictions; test accuracies and the optimum of the space are not known."""
        return Report(self.evaluate(batch).scores, np.full(len(batch), np.nan), Optimum())

    def _predicted(self, row: NDArray[np.int32], epochs: int) -> tuple[float, float]:
        """Return accuracy and seconds; the surrogate takes one architecture a call."""
        key = (row.tobytes(), epochs)
        if key not in self._known:
            inputs = {"x_cat": row[None], "x_cont": np.array([[epochs]], dtype=np.float32)}
            ((accuracy, seconds),) = self._session.run(None, inputs)[0]
            self._known[key] = float(accuracy), float(seconds)
        return self._known[key]

    def _encoded(self, batch: Batch) -> NDArray[np.int32]:
        """Return what the surrogate reads of `(n, d)` architectures: operations on 28 edges, inputs of six nodes."""
        rows = self.space.validate(batch)
        choices = {choice.name: number for number, choice in enumerate(self.space.choices)}
        picked: Mapping[str, Any] = {name: rows[:, number] for name, number in choices.items()}
        edges, inputs = [], []
        for kind in ("normal", "reduction"):
            for node in _NODES:
                pair = picked.get(f"{kind}.in{node}", np.zeros(len(rows), dtype=np.int8))
                inputs += [pair + 1] if node > _NODES[0] else []
                sources = np.array([(a, b) for a in range(node) for b in range(a + 1, node)])[pair]
                ops = np.stack([self._coded(f"{kind}.op{node}.{slot}", choices, picked) for slot in (1, 2)], axis=1)
                edge = np.zeros((len(rows), node), dtype=np.int32)
                np.put_along_axis(edge, sources, ops, axis=1)
                edges.append(edge)
        return np.concatenate([*edges, np.stack(inputs, axis=1)], axis=1).astype(np.int32)

    def _coded(self, name: str, choices: Mapping[str, int], picked: Mapping[str, Any]) -> NDArray[np.int32]:
        table = np.array([_CODES.index(op) + 1 for op in self.space.choices[choices[name]].options], dtype=np.int32)
        coded: NDArray[np.int32] = table[picked[name]]
        return coded
