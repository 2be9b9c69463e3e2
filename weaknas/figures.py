"""Figures of searches, in matplotlib."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import WeaknasError
from .files import write_atomically
from .metrics import ACCURACY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .metrics import Metric
    from .result import Result

__all__ = ["SERIES", "check_format", "readable", "save", "search_curves", "styles", "tradeoff"]

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's colours, which colour-blind readers can tell apart."""
_LINES = ("-", "--", ":", "-.")


_FRONT = ": front"  # how the name of one ends


def styles(labels: Iterable[str], first: int = 0) -> dict[str, dict[str, Any]]:
    """Return a line style for every label, no two the same among 28.

    Args:
        labels: what is drawn.
        first: how many styles are in use already.
    """
    return {
        label: {"color": SERIES[index % len(SERIES)], "linestyle": _LINES[index // len(SERIES) % len(_LINES)]}
        for index, label in enumerate(labels, first)
    }


def search_curves(results: "Sequence[Result]", ax: "Axes | None" = None) -> "Axes":
    """Draw the value that each search would report, against queries.

    One result gives the best score so far and the test accuracy of that architecture. Several are grouped by
    everything but the seed, and called by what differs; each group gives its mean test accuracy (the best score where
    test accuracy is not known) with a band of one standard error over its seeds.

    Args:
        results: searches of one benchmark.
        ax: where to draw, also beside what is there; a new figure if None.

    Raises:
        WeaknasError: no result, results of several benchmarks, the same search twice, one without a score, or axes
            that show a trade-off.
    """
    if not results:
        raise WeaknasError("a figure of search curves needs at least one result.")
    _check_comparable(results)
    ax = _axes_of("queries", ax)
    what = _one(results[0], ax) if len(results) == 1 else _groups(results, ax)
    _dress(ax, results[0].benchmark, "queries", what, results[0].metric)
    return ax


def tradeoff(result: "Result", ax: "Axes | None" = None) -> "Axes":
    """Draw the scores that a search found against the first of its costs: the front, and faintly all else.

    With several costs the front in all of them is marked; a line joins it only where there is a single cost.

    Args:
        result: a search for a trade-off, as by `weaknas-pareto`.
        ax: where to draw, also beside what is there; a new figure if None.

    Raises:
        WeaknasError: the search traded nothing, has no score, or the axes show something else.
    """
    if not result.tradeoff:
        raise WeaknasError(f"a search by {result.strategy} has no trade-off to draw; weaknas-pareto and nsga2 do.")
    result.check_success()
    score, other, *rest = result.tradeoff
    ax = _axes_of(str(other), ax)
    name = _name(result)
    (style,) = styles([name], _drawn(ax)).values()
    front = result.history[result.history["front"]].sort_values([other.valid, score.valid])
    steps = "steps-post" if other.minimize else "steps-pre"  # what is there is had for less, too
    line = style | ({"linestyle": ""} if rest else {"drawstyle": steps})
    ax.scatter(result.history[other.valid], result.values, s=12, color=style["color"], alpha=0.25, linewidth=0)
    ax.plot(front[other.valid], front[score.valid], marker="o", markersize=4, **line, label=f"{name}{_FRONT}")
    _dress(ax, result.benchmark, str(other), _seen(result), score)
    ax.xaxis.set_major_formatter("{x:,g}")
    return ax


def _check_comparable(results: "Sequence[Result]") -> None:
    names = list(
        dict.fromkeys(r.benchmark if r.metric == ACCURACY else f"{r.benchmark} by {r.metric.name}" for r in results)
    )
    if len(names) > 1:
        raise WeaknasError(f"results of {' and '.join(names)} cannot share a figure; draw each benchmark's by itself.")
    bests = {(result.constraint, str(result.optimum)) for result in results}
    if len(bests) > len({constraint for constraint, _ in bests}):
        raise WeaknasError(f"the results are of several benchmarks named {names[0]}; draw each benchmark's by itself.")
    for result in results:
        result.check_success()


def _axes_of(x: str, ax: "Axes | None") -> "Axes":
    """Return axes to draw against `x`: new ones if None."""
    from matplotlib.figure import Figure

    if ax is None:
        return Figure(figsize=(7, 4.2), layout="constrained").add_subplot()
    there = ax.get_xlabel()
    ours = there == "queries" or any(name.endswith(_FRONT) for name in ax.get_legend_handles_labels()[1])
    if ours and there != x:  # with what the user drew, the user knows
        raise WeaknasError(
            f"what is drawn there is against {there}, and this is against {x}; draw it on axes of its own."
        )
    return ax


def _dress(ax: "Axes", title: str, x: str, y: str, metric: "Metric") -> None:
    """Name everything; what was drawn there before keeps its names. The legend stands where curves seldom are."""
    titles = [part for part in ax.get_title(loc="left").split(", ") if part]
    ax.set_title(", ".join(dict.fromkeys([*titles, readable(title)])), loc="left")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper right" if metric.minimize else "lower right", fontsize=8)


def _drawn(ax: "Axes") -> int:
    """Return how much is drawn there that has a name."""
    return len(ax.get_legend_handles_labels()[1])


def _seen(result: "Result") -> str:
    return with_unit(result.metric, result.metric.called(result.objective))


def with_unit(metric: "Metric", what: str) -> str:
    """Return what the values of a metric are, and their unit between brackets."""
    return f"{what} ({metric.unit})" if metric.unit else what


def _name(result: "Result") -> str:
    return f"{result.label}, seed {result.seed}"


def _labels(results: "Sequence[Result]") -> list[str]:
    """Return what each search is called: its strategy and predictor, and what differs among those that share both."""
    parts = [
        result.options
        | {f"benchmark.{name}": value for name, value in result.setting.items()}
        | {"budget": result.budget, "objective": result.objective, "constraint": result.constraint}
        for result in results
    ]
    labels = []
    for result, own in zip(results, parts, strict=True):
        peers = [other for peer, other in zip(results, parts, strict=True) if peer.label == result.label]
        differs = [name for name in own if any(own[name] != peer.get(name) for peer in peers)]
        said = [f"no {name}" if own[name] is None else f"{name} {own[name]}" for name in differs]
        labels.append(", ".join([result.label, *said]))
    return labels


def _one(result: "Result", ax: "Axes") -> str:
    """Draw a search, and return what is drawn."""
    queries, score, test = curves(result)
    metric, count = result.metric, _drawn(ax)
    name = readable(_name(result))
    lines = {f"{name}: best {metric.called(result.objective)} seen": score}
    if result.objective == metric.valid and np.isfinite(test).any():
        lines[f"{name}: {metric.called(metric.test)} of that architecture"] = test
    for (label, values), style in zip(lines.items(), styles(lines, count).values(), strict=True):
        ax.step(queries, values, where="post", **style, label=label)
    _mark_best(ax, [result], result.objective)
    # Failed starts of tens of points would flatten everything worth seeing.
    shown = metric.oriented(np.concatenate(list(lines.values())))
    shown = shown[np.isfinite(shown)]
    worst = float(np.quantile(shown, 0.02))
    worst -= 0.5 if metric.unit == "%" else 0.05 * float(np.max(shown) - worst)
    _limit(ax, metric, worst, count)
    return str(metric)


def _limit(ax: "Axes", metric: "Metric", worst: float, count: int) -> None:
    """Have the axis end at the worst score to be seen, where nothing worse was drawn before (`count` lines)."""
    end = float(metric.oriented(worst))
    bottom, top = ax.get_ylim()
    if metric.minimize:
        ax.set_ylim(top=max(end, top) if count else end)
    else:
        ax.set_ylim(bottom=min(end, bottom) if count else end)


def _groups(results: "Sequence[Result]", ax: "Axes") -> str:
    """Draw a curve for each group of searches, and return what is drawn."""
    groups: dict[str, list[Result]] = {}
    for name, result in zip(_labels(results), results, strict=True):
        groups.setdefault(name, []).append(result)
    tested = all(np.isfinite(curves(result)[2]).any() for result in results)  # else what the searches saw
    bottom, count = [], _drawn(ax)
    for (name, group), style in zip(groups.items(), styles(groups, count).values(), strict=True):
        seeds = [result.seed for result in group]
        if len(set(seeds)) < len(seeds):
            twice = max(seeds, key=seeds.count)
            raise WeaknasError(f"two of the results are of {name}, seed {twice}; leave one of them out.")
        queries = np.arange(1, int(min(curves(result)[0][-1] for result in group)) + 1)
        values = np.stack([_at(queries, *curves(result), tested) for result in group])
        mean = values.mean(0)
        error = values.std(0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.zeros(len(queries))
        label = f"{readable(name)}, " + (f"{len(seeds)} seeds" if len(seeds) > 1 else f"seed {seeds[0]}")
        ax.step(queries, mean, where="post", **style, label=label)
        ax.fill_between(
            queries, mean - error, mean + error, step="post", color=style["color"], alpha=0.18, linewidth=0
        )
        known = results[0].metric.oriented(mean[np.isfinite(mean)])
        bottom.append(known[min(10, len(known) - 1)] if len(known) else np.inf)
    metric = results[0].metric
    best = metric.oriented(_mark_best(ax, results, metric.test if tested else results[0].objective))
    if np.isfinite(best) and np.isfinite(low := min(bottom)) and not count:
        ends = metric.oriented([low - 0.1 * (best - low), best + 0.08 * (best - low)])
        ax.set_ylim(*np.sort(ends))
    return with_unit(metric, metric.called(metric.test)) if tested else f"best {_seen(results[0])}"


def _mark_best(ax: "Axes", results: "Sequence[Result]", objective: str) -> float:
    """Draw the best that there is in the space, if it is the same for all, and return it; else NaN."""
    metric = results[0].metric
    on_test = objective == metric.test
    bests = {result.optimum.test if on_test else result.optimum.valid for result in results}
    best = bests.pop() if len(bests) == 1 else float("nan")
    if np.isfinite(best):
        within = f" with {results[0].constraint}" if results[0].constraint else " in the benchmark"
        label = f"best mean {metric.called(objective)}{within}"
        if label not in ax.get_legend_handles_labels()[1]:
            ax.axhline(best, color="0.4", linewidth=1, linestyle=":", label=label)
    return best


def curves(result: "Result") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what was paid (in full trainings), the best value so far, and the one on test that goes with it."""
    scores = result.scores
    best = np.fmax.accumulate(scores)
    new = np.append(True, best[1:] > best[:-1]) & np.isfinite(scores)
    at = np.maximum.accumulate(np.where(new, np.arange(len(scores)), 0))
    test = result.history[result.metric.test].to_numpy()[at]
    return result.history["cost"].to_numpy(), result.metric.oriented(best), test


def _at(queries: np.ndarray, cost: np.ndarray, best: np.ndarray, test: np.ndarray, tested: bool) -> np.ndarray:
    """Return the best score, or the test accuracy that goes with it, after so many queries; NaN before the first."""
    index = np.searchsorted(cost, queries + 1e-9, side="right") - 1
    return np.where(np.isnan(best[index]), np.nan, (test if tested else best)[index])


def readable(label: object) -> str:
    """Return a label as it is to be read: no mathematics between dollars, and none left out of the legend."""
    text = str(label).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def check_format(path: str | Path) -> str:
    """Return the picture format that a file's ending names.

    Raises:
        WeaknasError: the ending names no format.
    """
    kind = Path(path).suffix.removeprefix(".").lower()
    if kind not in ("png", "pdf", "svg"):
        raise WeaknasError(f"cannot draw {path}: {kind!r} is no picture format; use .png, .pdf or .svg.")
    return kind


def save(drawn: "Axes | Figure", path: str | Path) -> Path:
    """Write a figure, or the one that holds the axes; the ending names the format (png, pdf, svg).

    Raises:
        WeaknasError: the file cannot be written, or its ending names no format.
    """
    from matplotlib.figure import Figure

    kind = check_format(path)
    figure = drawn if isinstance(drawn, Figure) else drawn.get_figure(root=True)
    assert figure is not None
    return write_atomically(path, lambda part: figure.savefig(part, format=kind, dpi=150))
