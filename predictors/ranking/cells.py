"""One measurement of a ranking: a predictor fitted to some architectures of a benchmark, and asked for the others."""

import functools
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import weaknas
from weaknas import scoring
from weaknas.errors import InvalidOption
from weaknas.spaces import Batch, Floats, Rows, as_rows
from weaknas.spaces.arrays import unique_rows

from ..shared import RICH
from .quality import quality

__all__ = ["Cell", "Protocol", "check_size", "encodings_of", "measure"]

Numbers = NDArray[np.float64]
LARGE = 50_000  # architectures drawn from a space that is too large to be ranked whole


@dataclass(frozen=True)
class Protocol:
    """What is ranked.

    Attributes:
        benchmark: the benchmark's name.
        options: its options, as sorted pairs.
        pool: how many architectures are ranked, drawn once for all; None for the whole benchmark.
        low_fidelity: epochs of a shorter schedule whose scores are appended to every row's features; None for none.
    """

    benchmark: str
    options: tuple[tuple[str, Any], ...] = ()
    pool: int | None = None
    low_fidelity: int | None = None


class Cell(NamedTuple):
    """What is measured once: a predictor, an encoding, a training set's size and draw."""

    predictor: str
    encoding: str
    train_size: int
    seed: int


class _Data(NamedTuple):
    space: Any
    batch: Batch
    ranked: NDArray[np.intp]
    truth: Numbers


def encodings_of(protocol: Protocol, predictor: str, word: str) -> list[str]:
    """Return the encoding that a word of `--encodings` stands for, for a predictor; none where it cannot be used.

    `default` is the predictor's own choice: the first that it lists in its attribute `encodings`, or the space's
    default. `shared` is the first of `RICH`, which most built-ins choose, for a predictor that lists it or lists
    nothing: so that such predictors are compared on the same features, and not by what their authors listed. Any
    other word is an encoding's name.

    Raises:
        InvalidOption: the predictor has no encoding for the benchmark's space.
    """
    made, space = weaknas.predictor(predictor), _data(protocol).space
    if word == "default":
        return [scoring.encoding_of(made, space)]
    if word == "shared":
        kind = next((kind for kind in RICH if space.has_encoding(kind)), space.default_encoding)
        return [kind] if kind in getattr(made, "encodings", (kind,)) else []
    return [word]


def check_size(protocol: Protocol, size: int) -> None:
    """Refuse a training set of more than half of the benchmark, and a pool in which nothing can be ranked.

    Raises:
        InvalidOption: it is too large, or too small.
    """
    if protocol.pool is not None and protocol.pool < 2:
        raise InvalidOption(f"a pool of {protocol.pool} cannot be ranked; take 2 architectures or more.")
    count = len(_data(protocol).batch)
    if 2 * size > count:
        raise InvalidOption(
            f"{protocol.benchmark} has {count:,} architectures: too few to train on {size:,} and rank the others; "
            "take a smaller training set."
        )


def measure(protocol: Protocol, cell: Cell) -> dict[str, Any]:
    """Fit and rank once; return a row of the results.

    The training set of a seed is the same for every predictor, and those of smaller sizes are part of it. The
    architectures that are ranked are those of the pool without the training set. Labels are what a search would see
    (`evaluate`), the truth is the mean accuracy over all known trainings (`report`).

    Raises:
        PluginError: the predictor broke its contract.
        InvalidOption: the training set leaves nothing of the pool to rank.
    """
    benchmark, data = _benchmark(protocol), _data(protocol)
    train = np.random.default_rng(cell.seed).permutation(len(data.batch))[: cell.train_size]
    ranked = data.ranked[~np.isin(data.ranked, train)]
    if len(ranked) < 2:
        raise InvalidOption(
            f"a pool of {len(data.ranked)} has too few outside of the training set; take a larger one."
        )
    predictor: Any = weaknas.predictor(cell.predictor)
    scoring.seed(predictor, lambda: cell.seed)
    known, asked = (_features(protocol, index, cell.encoding) for index in (train, ranked))
    start = time.perf_counter()
    scoring.fit(predictor, known, benchmark.evaluate(data.batch[train]).scores)
    fitted = time.perf_counter()
    predicted = scoring.predict(predictor, asked)
    done = time.perf_counter()
    found = quality(predicted, data.truth[ranked])._asdict()
    extra = {name: found.pop(name) for name in ("precision_top", "picked_rank")}
    return {**cell._asdict(), **found, "fit_seconds": fitted - start, "predict_seconds": done - fitted, **extra}


def _features(protocol: Protocol, index: NDArray[np.intp], encoding: str) -> Floats:
    data = _data(protocol)
    if isinstance(data.space, Rows):
        features = np.ascontiguousarray(data.space.encoded(encoding)[index])
    else:
        features = data.space.encode(data.batch[index], encoding)
    if protocol.low_fidelity is None:
        return features
    low = _benchmark(protocol).evaluate(data.batch[index], protocol.low_fidelity).scores
    return np.concatenate([features, low[:, None]], axis=1, dtype=np.float32)


@functools.cache
def _benchmark(protocol: Protocol) -> weaknas.Benchmark:
    return weaknas.benchmark(protocol.benchmark, **dict(protocol.options))


@functools.cache
def _data(protocol: Protocol) -> _Data:
    benchmark = _benchmark(protocol)
    rng = np.random.default_rng(0)
    space: Any = as_rows(benchmark.space)
    if space is not None:
        batch = space.rows
    else:
        space = benchmark.space
        drawn = space.sample(LARGE, rng)
        batch = unique_rows(drawn, space.key(drawn))
    truth = getattr(benchmark.report(batch), benchmark.objective)
    if np.isnan(truth).any():
        raise InvalidOption(
            f"the mean {benchmark.objective} of {np.isnan(truth).sum():,} architectures of {protocol.benchmark} is "
            "not known, so they cannot be ranked; choose another objective."
        )
    count = len(batch) if protocol.pool is None else min(protocol.pool, len(batch))
    return _Data(space, batch, np.sort(rng.permutation(len(batch))[:count]), truth)
