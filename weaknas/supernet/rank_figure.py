"""How supernets rank, as a picture: scores against the truth, and Kendall's tau beside that of what must be beaten."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..bars import CEILING
from ..figures import SERIES, readable
from .ranking import Ranking, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_ranking"]

_COLUMNS = 3
_SHOWN = 0.02  # share of the architectures, the worst, that may lie below what is shown


def draw_ranking(ranking: Ranking, scores: Mapping[str, Scores], truth: str) -> "Figure":
    """Draw a ranking; the scores are means over the supernets of a scheme.

    Args:
        ranking: what was found.
        scores: by name.
        truth: the name of the table.
    """
    from matplotlib.figure import Figure

    rows = -(-(len(scores) + 1) // _COLUMNS)
    columns = min(len(scores) + 1, _COLUMNS)
    figure = Figure(figsize=(4.4 * columns, 4 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, (ax, (name, one)) in enumerate(zip(axes, scores.items(), strict=False)):
        ax.scatter(one.values.mean(0), ranking.truth, s=6, alpha=0.35, linewidth=0, color=SERIES[place % len(SERIES)])
        ax.set_title(readable(f"{name}: tau {ranking.schemes[name].tau.value:.3f}"), fontsize=9, loc="left")
        ax.set_xlabel("score")
        ax.set_ylabel(readable(f"accuracy, {truth} (%)"))
        ax.set_ylim(bottom=np.quantile(ranking.truth, _SHOWN) - 0.5)
    _draw_taus(axes[len(scores)], ranking)
    for ax in axes[len(scores) + 1 :]:
        ax.set_visible(False)
    for ax in axes[: len(scores) + 1]:
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_taus(ax: "Axes", ranking: Ranking) -> None:
    """Draw tau: of schemes with its interval, of bars as it is, the ceiling as a line."""
    names = [*ranking.schemes, *(name for name in ranking.bars if name != CEILING)]
    for place, (name, one) in enumerate(ranking.schemes.items()):
        value, low, high = one.tau
        ax.barh(name, value, color=SERIES[place % len(SERIES)])
        ax.plot([low, high], [name, name], color="black", linewidth=1)
    for name in names[len(ranking.schemes) :]:
        ax.barh(name, ranking.bars[name].tau, color="0.75")
    if CEILING in ranking.bars:
        ax.axvline(ranking.bars[CEILING].tau, color="0.4", linestyle=":")
        ax.set_title(f"dotted: {CEILING}", fontsize=9, loc="left")
    ax.set_yticks(range(len(names)), [readable(name) for name in names], fontsize=7)
    ax.invert_yaxis()
    ax.set_xlabel("Kendall's tau")
