"""Figures of studies, from the small tables of `statistics`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from weaknas.figures import readable, styles, with_unit
from weaknas.metrics import ACCURACY, Metric

from ..statistics.curves import AXES, Axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "curves",
    "fronts",
    "ranking",
    "regret",
    "shares",
    "styles",
    "titled",
    "volumes",
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
    figure, ax = titled(title, AXES[axis], what)
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


def titled(title: str, x: str, y: str) -> "tuple[Figure, Axes]":
    """Return a figure and its axes, named and bare."""
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


# -- several objectives ------------------------------------------------------------------------------------


def volumes(bands: "pd.DataFrame", what: str, title: str, style: Mapping[str, Style]) -> "Figure":
    """Draw hypervolume against queries.

    Args:
        bands: `label, queries, mean, low, high` of one benchmark.
        what: what is drawn, for the vertical axis.
        title: of the figure.
        style: of every label.
    """
    figure, ax = titled(title, AXES["queries"], what.partition(" (")[0])
    for label, part in bands.groupby("label", sort=False):
        ax.plot(part["queries"], part["mean"], label=readable(label), linewidth=1.4, **style[str(label)])
        look = {"color": style[str(label)]["color"], "alpha": 0.15, "linewidth": 0}
        ax.fill_between(part["queries"], part["low"], part["high"], **look)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:,g}")
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    return figure


def fronts(
    surfaces: Mapping[str, Mapping[float, Any]],
    truth: Any,
    metrics: Sequence[Metric],
    title: str,
    style: Mapping[str, Style],
) -> "Figure":
    """Draw the surfaces that shares of the runs attain, the median's as a line between the other two.

    Args:
        surfaces: by label and percentile, `(m, 2)` points in the order of the second objective.
        truth: `(m, 2)` the true front; none where it is not known.
        metrics: the first objective, upwards, and the second, to the right.
        title: of the figure.
        style: of every label.
    """
    score, other = metrics
    figure, ax = titled(title, str(other), with_unit(score, score.called(score.valid)))
    steps = "steps-post" if other.minimize else "steps-pre"  # what is there is had for more, too
    if len(truth):
        ordered = truth[np.argsort(truth[:, 1])]
        ax.plot(ordered[:, 1], ordered[:, 0], color="0.6", linewidth=3, drawstyle=steps, label="true front")
    for label, found in surfaces.items():
        low, median, high = found.values()
        for surface, width, alpha in ((low, 0.7, 0.5), (median, 1.6, 1.0), (high, 0.7, 0.5)):
            name = readable(label) if surface is median else None
            look = dict(style[str(label)])
            ax.plot(surface[:, 1], surface[:, 0], linewidth=width, alpha=alpha, drawstyle=steps, label=name, **look)
    middle = np.concatenate([found[50][:, 0] for found in surfaces.values()] + ([truth[:, 0]] if len(truth) else []))
    low_end, high_end = np.quantile(middle, [0.02, 1.0] if not score.minimize else [0.0, 0.98])
    margin = 0.05 * (high_end - low_end)
    ax.set_ylim(low_end - margin, high_end + margin)
    ax.xaxis.set_major_formatter("{x:,g}")
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    return figure
