"""The part of a report on a search of several objectives: hypervolume, distance to the true front, fronts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..statistics import comparison, fronts, intervals, optimum
from ..study.manifest import BenchmarkCard
from ..study.results import Results
from . import figures

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["add"]

_SURFACES = (25, 50, 75)  # percent of the runs
_POINTS = 60


class _AddTable(Protocol):
    def __call__(self, table: "pd.DataFrame", name: str, caption: str, *, digits: int = 2) -> None: ...


class _AddFigure(Protocol):
    def __call__(self, drawn: "Figure", name: str, caption: str) -> None: ...


def add(results: Results, label: str, style: Mapping[str, Any], table: _AddTable, figure: _AddFigure) -> None:
    """Add the tables and figures to a section.

    Args:
        results: of the study.
        label: of the benchmark, which has several objectives.
        style: of every strategy.
        table: adds a table to the section.
        figure: adds a figure to it.
    """
    card = results.manifest.benchmarks[label]
    frame = results.frame[results.frame["benchmark"] == label]
    shown = fronts.progress(frame, results.manifest.benchmarks)
    known = bool(card.tradeoff and card.tradeoff.front)
    measure = "share" if known else "hypervolume"
    assert card.tradeoff is not None
    at = ", ".join(m.text(v) for m, v in zip(card.objectives, card.tradeoff.reference, strict=True))
    what = ("share of the true front's hypervolume" if known else "hypervolume") + f" (reference {at})"
    for name, said in ((measure, what), *((("igd", "IGD+ to the true front, spans of it"),) if known else ())):
        found = _at_checkpoints(shown, name, results.manifest.checkpoints)
        table(found, f"tradeoff-{name}", f"{label}: {said}", digits=4)
    for share in fronts.SHARES if known else ():
        reached = optimum.summary(fronts.hits(shown, share)).drop(columns="benchmark").sort_values("ert")
        caption = f"{label}: queries to {share:.0%} of the true hypervolume"
        table(reached, f"tradeoff-{share * 100:.0f}", caption, digits=0)
    figure(
        figures.volumes(_bands(shown, measure), what, label, style), f"tradeoff-{measure}", f"{what}, mean of seeds"
    )
    if len(card.objectives) == 2:
        parts = frame.groupby("label", observed=True, sort=False)
        surfaces = {str(name): _surfaces(part, card) for name, part in parts}
        drawn = figures.fronts(surfaces, np.array(card.tradeoff.front), card.objectives, label, style)
        ends = f"{_SURFACES[0]}, {_SURFACES[1]} and {_SURFACES[2]} %"
        figure(drawn, "tradeoff-fronts", f"what {ends} of the runs attain, and the true front (grey)")


def _at_checkpoints(shown: "pd.DataFrame", measure: str, budgets: list[int]) -> "pd.DataFrame":
    import pandas as pd

    parts = []
    for budget in budgets:
        found = comparison.summary(fronts.reached(shown, measure, budget)).drop(columns="benchmark")
        found.insert(0, "queries", budget)
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


def _bands(shown: "pd.DataFrame", measure: str) -> "pd.DataFrame":
    import pandas as pd

    points = np.unique(np.geomspace(1, shown["queries"].max(), _POINTS).astype(int))
    rows = []
    for budget in points:
        for label, part in fronts.reached(shown, measure, budget).groupby("label", sort=False):
            found = intervals.bootstrap(part["value"].to_numpy(dtype=np.float64))
            rows.append((label, budget, found.value, found.low, found.high))
    return pd.DataFrame(rows, columns=["label", "queries", "mean", "low", "high"])


def _surfaces(part: "pd.DataFrame", card: BenchmarkCard) -> dict[float, Any]:
    columns = [card.objective, card.also[0].valid]
    full = part[part["fidelity"].isna()]
    runs = [run[columns].to_numpy(dtype=np.float64) for _, run in full.groupby("seed")]
    return fronts.attainment(runs, card.objectives, _SURFACES)
