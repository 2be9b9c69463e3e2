"""One fit of a ranking: a predictor fitted to some architectures of a benchmark, measured on the others."""

import functools
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import weaknas
from weaknas import scoring
from weaknas.contracts import Scores
from weaknas.errors import InvalidOption
from weaknas.spaces import Batch, Floats, Rows, as_rows
from weaknas.spaces.arrays import unique_rows

from ..shared import RICH, Doubles
from .quality import quality

__all__ = ["Fit", "RankingProtocol", "check_size", "encodings_of", "measure"]

SAMPLE = 50_000  # architectures drawn from a space that is too large to be enumerated


@dataclass(frozen=True)
class RankingProtocol:
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


class Fit(NamedTuple):
    """One fit of the grid: a predictor, an encoding, the size of a training set and the seed that it is drawn with."""

    predictor: str
    encoding: str
    train_size: int
    seed: int


class _Data(NamedTuple):
    space: Any
    batch: Batch
    ranked: NDArray[np.intp]
    truth: Doubles


def encodings_of(protocol: RankingProtocol, predictor: str, word: str) -> list[str]:
    """Return the encoding that a word of `--encodings` stands for, for a predictor; none where it cannot be used.

    `default` is the predictor's own choice: the first that it lists in its attribute `encodings`, or the space's
    default. `shared` is the first of `RICH`, which most built-ins choose, for a predictor that lists it or lists
    nothing, so that these are compared on the same features and not by what their authors listed. Any other word is
    an encoding's name.

    Raises:
        InvalidOption: the predictor has no encoding for the benchmark's space.
    """
    candidate, space = weaknas.predictor(predictor), _data(protocol).space
    if word == "default":
        return [scoring.encoding_of(candidate, space)]
    if word == "shared":
        kind = next((kind for kind in RICH if space.has_encoding(kind)), space.default_encoding)
        return [kind] if kind in (scoring.listed(candidate) or (kind,)) else []
    return [word]


def check_size(protocol: RankingProtocol, size: int) -> None:
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


def measure(protocol: RankingProtocol, fit: Fit) -> dict[str, Any]:
    """Fit once and rank the other architectures; return a row of the results.

    A seed's training set is the same for every predictor, and contains those of smaller sizes. The
    architectures that are ranked are those of the pool without the training set. Labels are what a search would see
    (`evaluate`), the truth is the mean accuracy over all known trainings (`report`).

    Raises:
        PluginError: the predictor broke its contract.
        InvalidOption: the training set leaves nothing of the pool to rank.
    """
    data = _data(protocol)
    train = np.random.default_rng(fit.seed).permutation(len(data.batch))[: fit.train_size]
    ranked = data.ranked[~np.isin(data.ranked, train)]
    if len(ranked) < 2:
        raise InvalidOption(
            f"a pool of {len(data.ranked)} has too few outside of the training set; take a larger one."
        )
    predictor: Any = weaknas.predictor(fit.predictor)
    scoring.seed(predictor, lambda: fit.seed)
    train_features, ranked_features = (_features(protocol, index, fit.encoding) for index in (train, ranked))
    start = time.perf_counter()
    scoring.fit(predictor, train_features, _scores(protocol, train))
    fitted = time.perf_counter()
    predicted = scoring.predict(predictor, ranked_features)
    done = time.perf_counter()
    found = quality(predicted, data.truth[ranked])._asdict()
    extra = {name: found.pop(name) for name in ("precision_top", "picked_rank")}
    return {**fit._asdict(), **found, "fit_seconds": fitted - start, "predict_seconds": done - fitted, **extra}


def _features(protocol: RankingProtocol, index: NDArray[np.intp], encoding: str) -> Floats:
    data = _data(protocol)
    if isinstance(data.space, Rows):
        features = np.ascontiguousarray(data.space.encoded(encoding)[index])
    else:
        features = data.space.encode(data.batch[index], encoding)
    if protocol.low_fidelity is None:
        return features
    low = _scores(protocol, index, protocol.low_fidelity)
    return np.concatenate([features, low[:, None]], axis=1, dtype=np.float32)


def _scores(protocol: RankingProtocol, index: NDArray[np.intp], fidelity: int | None = None) -> Scores:
    """Return what a search would see of some architectures, higher is better."""
    benchmark = _benchmark(protocol)
    if benchmark.also:
        raise InvalidOption(f"predictors are ranked by one objective, and {benchmark.name} is opened with several.")
    scores: Scores = benchmark.metric.oriented(benchmark.evaluate(_data(protocol).batch[index], fidelity).scores)
    return scores


@functools.cache
def _benchmark(protocol: RankingProtocol) -> weaknas.Benchmark:
    return weaknas.benchmark(protocol.benchmark, **dict(protocol.options))


@functools.cache
def _data(protocol: RankingProtocol) -> _Data:
    benchmark = _benchmark(protocol)
    rng = np.random.default_rng(0)
    space: Any = as_rows(benchmark.space)
    if space is not None:
        batch = space.rows
    else:
        space = benchmark.space
        drawn = space.sample(SAMPLE, rng)
        batch = unique_rows(drawn, space.key(drawn))
    report = benchmark.report(batch)
    truth = benchmark.metric.oriented(report.test if benchmark.on_test else report.valid)
    if np.isnan(truth).any():
        raise InvalidOption(
            f"the mean {benchmark.objective} of {np.isnan(truth).sum():,} architectures of {protocol.benchmark} is "
            "not known, so they cannot be ranked; choose another objective."
        )
    count = len(batch) if protocol.pool is None else min(protocol.pool, len(batch))
    return _Data(space, batch, np.sort(rng.permutation(len(batch))[:count]), truth)
