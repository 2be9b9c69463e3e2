"""Figures of many benchmarks at once, from the small tables of `statistics.many` and `statistics.portfolio`."""

from collections.abc import Mapping
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import numpy as np

from weaknas.figures import readable

from ..statistics.curves import AXES
from .figures import Style, titled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["lengths", "matrix", "profiles", "rank_curves"]


def lengths(table: "pd.DataFrame", style: Mapping[str, Style]) -> "Figure":
    """Draw the share of targets hit against queries.

    Args:
        table: `label, benchmarks, queries, share`, from `many.run_lengths`.
        style: of every label.
    """
    figure, ax = titled("targets over all benchmarks", AXES["queries"], "share of runs and targets")
    most = int(table["benchmarks"].max())
    for label, part in table.groupby("label", sort=False):
        count = int(part["benchmarks"].iloc[0])
        name = readable(label) + (f" ({count} of {most} benchmarks)" if count < most else "")
        ax.step(part["queries"], part["share"], where="post", label=name, linewidth=1.4, **style[str(label)])
    ax.set(xscale="log", ylim=(-0.02, 1.02))
    ax.xaxis.set_major_formatter("{x:,g}")
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    return figure


def profiles(found: Mapping[str, tuple[Any, Any, Any]], levels: Any, style: Mapping[str, Style]) -> "Figure":
    """Draw performance profiles with their bands.

    Args:
        found: by label, the shares above each level, and the ends of their bands.
        levels: `(k,)` scores.
        style: of every label.
    """
    figure, ax = titled("performance profiles", "score", "share of runs with a higher score")
    for label, (share, low, high) in found.items():
        ax.plot(levels, share, label=readable(label), linewidth=1.4, **style[label])
        ax.fill_between(levels, low, high, color=style[label]["color"], alpha=0.15, linewidth=0)
    ax.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    return figure


def rank_curves(table: "pd.DataFrame", style: Mapping[str, Style]) -> "Figure":
    """Draw mean ranks against queries, the best above.

    Args:
        table: `label, queries, rank, low, high`, from `many.rank_curves`.
        style: of every label.
    """
    figure, ax = titled(f"mean rank over {table['benchmarks'].iloc[0]} benchmarks", AXES["queries"], "mean rank")
    for label, part in table.groupby("label", sort=False):
        ax.plot(part["queries"], part["rank"], label=readable(label), linewidth=1.4, **style[str(label)])
        ax.fill_between(
            part["queries"], part["low"], part["high"], color=style[str(label)]["color"], alpha=0.15, linewidth=0
        )
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:,g}")
    ax.invert_yaxis()
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    return figure


def matrix(best: "pd.DataFrame") -> "Figure":
    """Draw the best strategy of each benchmark (rows) and budget (columns), hatched where others tie with it.

    Args:
        best: `benchmark, queries, best, score, ties`, from `portfolio.best_of`.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    benchmarks, budgets = sorted(best["benchmark"].unique()), sorted(best["queries"].unique())
    letters = dict(zip(dict.fromkeys(best["best"]), ascii_uppercase, strict=False))  # colours alone may not tell all
    colours = {label: colormaps["tab20"](number % 20) for number, label in enumerate(dict.fromkeys(best["best"]))}
    figure = Figure(figsize=(3.6 + 0.9 * len(budgets), 1.4 + 0.36 * len(benchmarks)), layout="constrained")
    ax = figure.add_subplot()
    for row in best.itertuples():
        at = (budgets.index(row.queries), benchmarks.index(row.benchmark))
        hatch = "//" if row.ties else None
        ax.add_patch(_cell(at, facecolor=colours[row.best], edgecolor="white", hatch=hatch, alpha=0.6))
        said = f"{letters.get(row.best, '')} {row.score:.2f}"
        ax.text(at[0] + 0.5, at[1] + 0.5, said, ha="center", va="center", fontsize=8)
    ax.set(xlim=(0, len(budgets)), ylim=(len(benchmarks), 0), xlabel="queries")
    ax.set_xticks(np.arange(len(budgets)) + 0.5, [f"{budget:,}" for budget in budgets])
    ax.set_yticks(np.arange(len(benchmarks)) + 0.5, [readable(name) for name in benchmarks], fontsize=8)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    names = {label: f"{letters.get(label, '')} {readable(label)}" for label in colours}
    marks = [Patch(facecolor=colour, alpha=0.6, label=names[label]) for label, colour in colours.items()]
    figure.legend(handles=marks, loc="outside right center", frameon=False, fontsize=8)
    return figure


def _cell(at: tuple[int, int], **look: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(at, 1, 1, **look)
