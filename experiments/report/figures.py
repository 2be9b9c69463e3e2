"""Figures of studies, from the small tables of `statistics`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from weaknas.figures import readable, styles
from weaknas.metrics import ACCURACY, Metric

from ..statistics.curves import AXES, Axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "curves",
    "lengths",
    "matrix",
    "profiles",
    "rank_curves",
    "ranking",
    "regret",
    "shares",
    "styles",
]

Style = Mapping[str, Any]


def curves(
    bands: "pd.DataFrame",
    axis: Axis,
    what: str,
    title: str,
    style: Mapping[str, Style],
    best: float | None = None,
    metric: Metric = ACCURACY,
) -> "Figure":
    """Draw mean curves with their bands.

    Args:
        bands: `label`, `queries` or the other axis, `mean, low, high` of one benchmark.
        axis: which of the two.
        what: what is drawn, for the vertical axis.
        title: of the figure.
        style: of every label.
        best: the best there is, drawn as a dotted line.
        metric: what the curves are of, which says which end of the axis is the good one.
    """
    figure, ax = _figure(title, AXES[axis], what)
    for label, part in bands.groupby("label", sort=False):
        ax.plot(part[axis], part["mean"], label=readable(label), linewidth=1.4, **style[str(label)])
        ax.fill_between(
            part[axis], part["low"], part["high"], color=style[str(label)]["color"], alpha=0.15, linewidth=0
        )
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:,g}")
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    if best is not None:
        ax.axhline(best, color="0.4", linewidth=1, linestyle=":")
    if len(bands):
        # The first random draws, tens of points below, would flatten everything worth seeing.
        good = "low" if metric.minimize else "high"  # a single run has no band
        there = metric.oriented(bands[["mean", good]].to_numpy(dtype=np.float64))
        top = max(float(np.nanmax(there)), -np.inf if best is None else float(metric.oriented(best)))
        low = float(np.quantile(metric.oriented(bands["mean"]), 0.1))
        ends = metric.oriented([low - 0.05 * (top - low), top + 0.08 * (top - low) + 1e-6 * max(1.0, abs(top))])
        ax.set_ylim(*np.sort(ends))
    return figure


def regret(bands: "pd.DataFrame", axis: Axis, what: str, title: str, style: Mapping[str, Style]) -> "Figure":
    """Draw mean regret on logarithmic axes; a curve ends where every run has found the best.

    Args:
        bands: as for `curves`, the means being regrets.
        axis: as for `curves`, as are the following.
        what: what is drawn.
        title: of the figure.
        style: of every label.
    """
    figure = curves(bands, axis, what, title, style)
    (ax,) = figure.axes
    positive = bands["mean"][bands["mean"] > 0]
    if len(positive):
        ax.set_yscale("log")
        ax.set_ylim(positive.min() / 2, positive.max() * 1.5)
    return figure


def shares(tables: Mapping[str, "pd.DataFrame"], title: str, style: Mapping[str, Style]) -> "Figure":
    """Draw the share of runs that have found the best after so many queries, one panel a target.

    Args:
        tables: by target, `label, queries, share` of one benchmark (`optimum.ecdf`).
        title: of the figure.
        style: of every label.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.4), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(tables), sharey=True))
    for ax, (target, table) in zip(panels, tables.items(), strict=True):
        _dress(ax, f"{title}: {target}", AXES["queries"], "")
        for label, part in table.groupby("label", sort=False):
            ax.step(
                part["queries"], part["share"], where="post", label=readable(label), linewidth=1.4, **style[str(label)]
            )
        ax.set(xscale="log", ylim=(-0.02, 1.02), xlim=(1, None))
        ax.xaxis.set_major_formatter("{x:,g}")
    panels[0].set_ylabel("share of runs")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8)
    return figure


def ranking(ranks: "pd.DataFrame", p: "pd.DataFrame", title: str, style: Mapping[str, Style]) -> "Figure":
    """Draw a critical-difference diagram: mean ranks, strategies that do not differ joined by a bar (Demsar, 2006).

    Args:
        ranks: `label, rank` of one benchmark.
        p: p values, one row and one column a strategy.
        title: of the figure.
        style: of every label.
    """
    from matplotlib.figure import Figure
    from scikit_posthocs import critical_difference_diagram

    figure = Figure(figsize=(9, 1.6 + 0.26 * len(ranks)), layout="constrained")
    ax = figure.add_subplot()
    texts = {label: readable(label) for label in ranks["label"]}
    colours = {text: style[label]["color"] for label, text in texts.items()}
    mean_ranks, p = ranks.set_index("label")["rank"].rename(texts), p.rename(index=texts, columns=texts)
    critical_difference_diagram(mean_ranks, p, ax=ax, label_props={"fontsize": 9}, color_palette=colours)
    ax.set_title(readable(title), loc="left", fontsize=10)
    return figure


def _figure(title: str, x: str, y: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, 4.4), layout="constrained")
    ax = figure.add_subplot()
    _dress(ax, title, x, y)
    return figure, ax


def _dress(ax: "Axes", title: str, x: str, y: str) -> None:
    ax.set_title(readable(title), loc="left", fontsize=10)
    ax.set(xlabel=x, ylabel=y)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)


# -- many benchmarks ---------------------------------------------------------------------------------------


def lengths(table: "pd.DataFrame", style: Mapping[str, Style]) -> "Figure":
    """Draw the share of targets hit against queries.

    Args:
        table: `label, benchmarks, queries, share`, from `many.run_lengths`.
        style: of every label.
    """
    figure, ax = _figure("targets over all benchmarks", AXES["queries"], "share of runs and targets")
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
    figure, ax = _figure("performance profiles", "score", "share of runs with a higher score")
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
    figure, ax = _figure(f"mean rank over {table['benchmarks'].iloc[0]} benchmarks", AXES["queries"], "mean rank")
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
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    benchmarks, budgets = sorted(best["benchmark"].unique()), sorted(best["queries"].unique())
    style = styles(dict.fromkeys(best["best"]))  # of their own: a colour each, as far as there are some
    figure = Figure(figsize=(3.6 + 0.9 * len(budgets), 1.4 + 0.36 * len(benchmarks)), layout="constrained")
    ax = figure.add_subplot()
    for row in best.itertuples():
        at = (budgets.index(row.queries), benchmarks.index(row.benchmark))
        look = style[str(row.best)]
        hatch = "//" if row.ties else None
        ax.add_patch(_cell(at, facecolor=look["color"], edgecolor="white", hatch=hatch, alpha=0.75))
        ax.text(at[0] + 0.5, at[1] + 0.5, f"{row.score:.2f}", ha="center", va="center", fontsize=8)
    ax.set(xlim=(0, len(budgets)), ylim=(len(benchmarks), 0), xlabel="queries")
    ax.set_xticks(np.arange(len(budgets)) + 0.5, [f"{budget:,}" for budget in budgets])
    ax.set_yticks(np.arange(len(benchmarks)) + 0.5, [readable(name) for name in benchmarks], fontsize=8)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    marks = [Patch(facecolor=look["color"], alpha=0.75, label=readable(label)) for label, look in style.items()]
    figure.legend(handles=marks, loc="outside right center", frameon=False, fontsize=8)
    return figure


def _cell(at: tuple[int, int], **look: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(at, 1, 1, **look)
