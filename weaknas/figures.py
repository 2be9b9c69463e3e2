"""Figures of searches, in matplotlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .errors import WeaknasError
from .files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .result import Result

__all__ = ["SERIES", "check_format", "save", "search_curves"]

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's colours, which colour-blind readers can tell apart."""


def search_curves(results: "Sequence[Result]", ax: "Axes | None" = None) -> "Axes":
    """Draw the accuracy that each search would report, against queries.

    One result gives the best score so far and the test accuracy of that architecture; several are grouped by
    strategy and predictor, each group its mean test accuracy with a band of one standard error over its seeds.

    Args:
        results: searches of one benchmark.
        ax: where to draw; a new figure if None.
    """
    from matplotlib.figure import Figure

    if not results:
        raise WeaknasError("a figure of search curves needs at least one result.")
    if ax is None:
        ax = Figure(figsize=(7, 4.2), layout="constrained").add_subplot()
    if len(results) == 1:
        _one(results[0], ax)
    else:
        _groups(results, ax)
    ax.set_title(results[0].benchmark, loc="left")
    ax.set_xlabel("queries")
    ax.set_ylabel("accuracy (%)")
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower right")
    return ax


def _one(result: "Result", ax: "Axes") -> None:
    queries, score, test = curves(result)
    kind = "test" if result.objective == "test_acc" else "validation"
    ax.step(queries, score, where="post", color=SERIES[0], label=f"best {kind} accuracy seen")
    if result.objective == "valid_acc" and np.isfinite(test).any():
        ax.step(queries, test, where="post", color=SERIES[1], label="test accuracy of that architecture")
    best = getattr(result.optimum, result.objective)
    if np.isfinite(best):
        ax.axhline(best, color="0.4", linewidth=1, linestyle=":", label=f"best mean {kind} accuracy in the benchmark")
    # Failed starts of tens of points would flatten everything worth seeing.
    shown = np.concatenate([score, test])
    shown = shown[np.isfinite(shown)]
    ax.set_ylim(bottom=np.quantile(shown, 0.02) - 0.5)


def _groups(results: "Sequence[Result]", ax: "Axes") -> None:
    groups: dict[str, list[Result]] = {}
    for result in results:
        label = result.strategy + (f" ({result.predictor})" if result.predictor else "")
        groups.setdefault(label, []).append(result)
    floor = []
    for colour, (label, group) in zip(_cycle(len(groups)), groups.items(), strict=True):
        shortest = int(min(curves(result)[0][-1] for result in group))
        queries = np.arange(1, shortest + 1)
        tests = np.stack([_at(queries, *curves(result)) for result in group])
        mean = tests.mean(0)
        error = tests.std(0, ddof=1) / np.sqrt(len(tests)) if len(tests) > 1 else np.zeros(shortest)
        ax.step(queries, mean, where="post", color=colour, label=f"{label}, {len(group)} seeds")
        ax.fill_between(queries, mean - error, mean + error, step="post", color=colour, alpha=0.18, linewidth=0)
        floor.append(mean[min(10, shortest - 1)])
    best = results[0].optimum.test_acc
    if np.isfinite(best):
        ax.axhline(best, color="0.4", linewidth=1, linestyle=":", label="best mean test accuracy")
        ax.set_ylim(min(floor) - 0.1 * (best - min(floor)), best + 0.08 * (best - min(floor)))


def curves(result: "Result") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what was paid (in full trainings), the best score so far, and the test accuracy that goes with it."""
    scores = result.scores
    best = np.fmax.accumulate(scores)
    new = np.append(True, best[1:] > best[:-1]) & np.isfinite(scores)
    at = np.maximum.accumulate(np.where(new, np.arange(len(scores)), 0))
    return result.history["cost"].to_numpy(), best, result.history["test_acc"].to_numpy()[at]


def _at(queries: np.ndarray, cost: np.ndarray, best: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the test accuracy that goes with the best score after so many queries; NaN before the first score."""
    place = np.searchsorted(cost, queries + 1e-9, side="right") - 1
    return np.where(np.isnan(best[place]), np.nan, test[place])


def _cycle(n: int) -> list[str]:
    return [SERIES[i % len(SERIES)] for i in range(n)]


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
