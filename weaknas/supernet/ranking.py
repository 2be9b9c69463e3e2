"""How well supernets rank architectures whose true accuracies a table has."""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bars import Bar, bars, free_columns, rows_of, truth_of
from ..contracts import Benchmark
from ..doors import BENCHMARKS
from ..errors import InvalidArchitecture, InvalidOption
from ..rank_statistics import Interval, mean_rank, nested_bootstrap, partial_tau, tau, tau_top
from ..spaces import Batch, NetworkSpace
from .evaluators import Evaluation, make_indicators, open_evaluator
from .loading import row_of
from .replicates import Replicates

__all__ = ["By", "Rank", "Ranking", "Scores", "distinct_of", "open_truth", "rank", "rows_in", "score", "together"]

By = Literal["accuracy", "loss"]
Values = NDArray[np.float64]

_SUPERNET = "zc_supernet"  # the column of a supernet's own score
_BEST = ""  # among the names of schemes, the best column that is free to know


class Scores(NamedTuple):
    """What the supernets of one scheme, or indicators of them, say of architectures; more is better.

    Attributes:
        values: `(s, n)`, NaN for what failed.
        seconds: what one of them took, on average.
        column: what a column of them is called in tables.
        seeds: of the supernets; none of what is no supernet's.
    """

    values: Values
    seconds: float
    column: str
    seeds: tuple[int, ...]


def open_truth(name: str) -> Benchmark:
    """Return the table of a benchmark's name, or of a file.

    Raises:
        NotFound: there is none.
        InvalidTable: it is damaged.
        InvalidOption: it is no table.
    """
    truth: Benchmark = BENCHMARKS.create(name)
    rows_of(truth)
    return truth


def distinct_of(truth: Benchmark, n: int | None = None, seed: int = 0) -> Batch:
    """Return the architectures of a table, the first of those that are isomorphic, or `n` of them drawn at random.

    Raises:
        InvalidOption: `n` is below 2, or the seed negative.
    """
    if n is not None and n < 2:
        raise InvalidOption(f"a ranking is of 2 architectures at least, not {n}.")
    if seed < 0:
        raise InvalidOption(f"the seed of the draw is a whole number from 0, not {seed}.")
    space = rows_of(truth)
    _, first = np.unique(space.key(space.rows), return_index=True)
    if n is not None and n < len(first):
        first = np.random.default_rng(seed).choice(first, n, replace=False)
    return space.rows[np.sort(first)]


def rows_in(space: NetworkSpace, texts: Sequence[str], truth: str, resolution: int | None = None) -> Batch:
    """Return the rows of a supernet's space that the texts of a table name.

    Raises:
        InvalidArchitecture: one is not in the space.
        InvalidOption: the space does not have the resolution.
    """
    try:
        return np.concatenate([row_of(space, text, resolution) for text in texts])
    except InvalidArchitecture as error:
        raise InvalidArchitecture(f"{truth} has architectures that the supernet has not: {error}") from None


def score(
    scheme: Replicates,
    texts: Sequence[str],
    truth: str,
    evaluation: Evaluation,
    by: By = "accuracy",
    indicators: Sequence[str] = (),
    shown: Callable[[Batch, str], Iterable[Batch]] = lambda rows, _: rows,
) -> dict[str, Scores]:
    """Return what the supernets of a scheme say of architectures, by name: the scheme's, and those of indicators.

    Args:
        scheme: the runs.
        texts: of the architectures.
        truth: the name of the table that has them.
        evaluation: how they are scored.
        by: the accuracy on the images, or the loss, of which less is better.
        indicators: see `make_indicators`.
        shown: what passes the architectures on, and can show how far it has come with the supernet of a name.

    Raises:
        WeaknasError: a run cannot be opened or evaluated, or does not have an architecture.
    """
    found: dict[str, list[tuple[Values, float]]] = {}
    for seed, folder in scheme.runs.items():
        evaluator = open_evaluator(folder, evaluation)
        rows = rows_in(evaluator.supernet.space, texts, truth, evaluation.resolution)
        scores = [evaluator.score(row) for row in shown(rows, f"{scheme.name}, seed {seed}")]
        good = np.array([one.top1 if by == "accuracy" else -one.loss for one in scores])
        good[[not np.isfinite(one.loss) for one in scores]] = np.nan
        found.setdefault(_SUPERNET, []).append((good, float(np.mean([one.seconds for one in scores]))))
        for column, indicator in make_indicators(indicators, evaluator.supernet, evaluator.data).items():
            started = time.perf_counter()
            values = indicator.scores(rows)
            found.setdefault(column, []).append((values, (time.perf_counter() - started) / len(rows)))
    slug = re.sub(r"\W+", "_", scheme.name).strip("_")
    return {
        scheme.name + (f": {column.removeprefix('zc_')}" if column != _SUPERNET else ""): Scores(
            np.array([values for values, _ in of_runs]),
            float(np.mean([seconds for _, seconds in of_runs])),
            f"{column}_{slug}",
            tuple(scheme.runs),
        )
        for column, of_runs in found.items()
    }


def together(scores: Mapping[str, Scores], truth: Benchmark, batch: Batch, names: Sequence[str]) -> dict[str, Scores]:
    """Return the mean rank of each score and of columns that are free to know, and of these columns alone, by name.

    Args:
        scores: by name.
        truth: the table.
        batch: `(n, d)` its architectures.
        names: of the columns; more is better of each.

    Raises:
        InvalidOption: a column is not free to know of all of the architectures.
    """
    free = {name: column for name, column in free_columns(truth, batch).items() if np.isfinite(column).all()}
    if wrong := [name for name in names if name not in free]:
        raise InvalidOption(f"{truth.name} has no column {wrong[0]!r} of all architectures; it has {', '.join(free)}.")
    columns, said = [free[name] for name in names], " + ".join(names)
    alone = Scores(mean_rank(*columns)[None], 0.0, f"zc_{'_'.join(names)}", ())
    return {
        f"{name} + {said}": one._replace(values=mean_rank(one.values, *columns), column=f"{one.column}_together")
        for name, one in scores.items()
    } | ({said: alone} if len(names) > 1 else {})


class Rank(NamedTuple):
    """How well the supernets of a scheme rank: means over them.

    Attributes:
        seeds: of the supernets.
        tau: Kendall's tau-b with the truth; with one supernet the interval is over architectures only.
        tau_top: the same among the truly best 20 %.
        partial: the same at about equal MACs; see `weaknas.rank_statistics`.
        seconds: what the score of one architecture took.
    """

    seeds: tuple[int, ...]
    tau: Interval
    tau_top: float
    partial: float
    seconds: float


@dataclass(frozen=True)
class Ranking:
    """How well schemes rank the architectures of a table.

    Attributes:
        truth: `(n,)` accuracies.
        schemes: by name.
        bars: what they must beat, and the ceiling; see `weaknas.bars`.
        best: the name of the bar of the best column that is free to know of all architectures.
        beyond: by scheme, how much higher its tau is than that of the best column.
        differences: by two schemes, how much higher the tau of the first is than that of the second.
    """

    truth: Values
    schemes: dict[str, Rank]
    bars: dict[str, Bar]
    best: str
    beyond: dict[str, Interval]
    differences: dict[tuple[str, str], Interval]


def rank(truth: Benchmark, batch: Batch, scores: Mapping[str, Scores], macs: Values) -> Ranking:
    """Return how well scores rank architectures of a table.

    Args:
        truth: the table.
        batch: `(n, d)` its architectures.
        scores: by name.
        macs: `(n,)` their multiply-accumulates, where the table does not say them.

    Raises:
        InvalidTable: the truth of an architecture is not known.
    """
    true, free, beaten = truth_of(truth, batch), free_columns(truth, batch), bars(truth, batch)
    known = {name: column for name, column in free.items() if np.isfinite(column).all()} or {"macs": macs}
    best = max(known, key=lambda name: tau(known[name], true))
    found = nested_bootstrap({**{name: one.values for name, one in scores.items()}, _BEST: known[best]}, true)
    cost = known.get("macs", macs)

    def mean(statistic: Callable[[Values], float], one: Scores) -> float:
        return float(np.mean([statistic(values) for values in one.values]))

    ranks = {
        name: Rank(
            one.seeds,
            found.schemes[name],
            mean(lambda values: tau_top(values, true), one),
            mean(lambda values: partial_tau(values, true, cost), one),
            one.seconds,
        )
        for name, one in scores.items()
    }
    differences = {pair: interval for pair, interval in found.differences.items() if _BEST not in pair}
    return Ranking(true, ranks, beaten, best, {name: found.differences[name, _BEST] for name in scores}, differences)
