"""What must be beaten: how what is free to know ranks a benchmark, and how well one training ranks another."""

from itertools import combinations
from re import fullmatch
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .contracts import Benchmark, Scores
from .errors import InvalidOption, InvalidTable
from .rank_statistics import among_best, partial_tau, tau
from .spaces import Batch, Rows

__all__ = ["CEILING", "Bar", "bars", "free_columns", "rows_of", "truth_of"]

CEILING = "one validation run against another"


class Bar(NamedTuple):
    """How well one thing ranks; see `weaknas.rank_statistics`.

    Attributes:
        tau: Kendall's tau-b with the truth.
        tau_top: the same among the truly best 20 %.
        partial: the same at about equal MACs; NaN where these are not known.
    """

    tau: float
    tau_top: float
    partial: float


def bars(benchmark: Benchmark, batch: Batch | None = None) -> dict[str, Bar]:
    """Return how all that costs less than the truth ranks architectures by it.

    There are the columns that are free to know, by name; the shorter schedules (`12 epochs`); and, as what no score of
    one training can be expected to exceed by much, one validation run against another (`CEILING`: the mean over those
    pairs of runs that are known of the most architectures). A column is compared where it is known.

    Args:
        benchmark: a table; see `rows_of`.
        batch: `(n, d)` some of its architectures; all of them by default.

    Raises:
        InvalidOption: it is no table.
        InvalidTable: the truth of an architecture is not known; see `truth_of`.
    """
    space = rows_of(benchmark)
    batch = space.rows if batch is None else batch
    truth, free = truth_of(benchmark, batch), free_columns(benchmark, batch)
    best, macs = among_best(truth), free.get("macs")
    seen = {epochs: benchmark.evaluate(batch, epochs).scores for epochs in benchmark.fidelities[:-1]}
    short = {f"{epochs} epochs": benchmark.metric.oriented(scores) for epochs, scores in seen.items()}
    found = {name: _bar(scores, truth, best, macs) for name, scores in {**free, **short}.items()}
    pairs = list(combinations(_single_runs(benchmark, batch), 2))
    known = [np.isfinite(one + other).sum() for one, other in pairs]
    widest = [_bar(one, other, best, macs) for (one, other), n in zip(pairs, known, strict=True) if n == max(known)]
    return found | ({CEILING: Bar(*np.mean(widest, axis=0).tolist())} if widest else {})


def _bar(scores: Scores, truth: Scores, best: NDArray[np.bool_], macs: Scores | None) -> Bar:
    known = np.isfinite(scores + truth)
    top = known & best
    partial = np.nan if macs is None else partial_tau(scores[known], truth[known], macs[known])
    return Bar(tau(scores[known], truth[known]), tau(scores[top], truth[top]), partial)


def rows_of(benchmark: Benchmark) -> Rows:
    """Return the architectures of a benchmark that is a table.

    Raises:
        InvalidOption: it is none: it might train what it is asked for.
    """
    if benchmark.recorded is None or not isinstance(benchmark.space, Rows):
        raise InvalidOption(f"{benchmark.name} is no table of architectures whose accuracies are known.")
    return benchmark.space


def truth_of(benchmark: Benchmark, batch: Batch) -> Scores:
    """Return the `(n,)` mean values on test of architectures, on validation where test is not known of all of them.

    Higher is better: what is to be small is negated.

    Raises:
        InvalidTable: neither is known of all of them.
    """
    report = benchmark.report(batch)
    for column in (report.test, report.valid):
        if np.isfinite(column).all():
            return np.asarray(benchmark.metric.oriented(column))
    missing = int((~np.isfinite(report.valid)).sum())
    what = benchmark.metric.name
    raise InvalidTable(f"{benchmark.name} does not know the {what} of {missing:,} of {len(batch):,} architectures.")


def free_columns(benchmark: Benchmark, batch: Batch) -> dict[str, Scores]:
    """Return all that is free to know of `(n, d)` architectures of a table: `(n,)` numbers by their columns."""
    space = rows_of(benchmark)
    return {name: space.free_to_know(name, batch) for name in space.free}


def _single_runs(benchmark: Benchmark, batch: Batch) -> list[Scores]:
    """Return the recorded validation accuracies of each training run, NaN where one is not known."""
    index, table = rows_of(benchmark).index(batch), benchmark.recorded
    assert table is not None
    names = [name for name in table.columns if fullmatch(r"valid_acc_run\d+", name) and name not in table.estimated]
    return [table.numbers(name)[index] for name in names]
