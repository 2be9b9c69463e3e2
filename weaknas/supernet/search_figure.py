"""What a search that trained meanwhile did, as a picture made of its run's folder alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..figures import save
from ..parquet import read_parquet
from ..spaces import Choice, NetworkSpace
from .probabilities import read_probabilities, shared
from .run import METRICS, TrainingRun
from .schemes.target import bounds

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "draw_search"]

FIGURE = "search.png"
_ROUNDING = 1e-3
_ROW, _MOST_ROWS = 0.14, 100
_LINES = {
    "entropy": "entropy (nats)",
    "samples": "samples",
    "different": "different ones",
    "temperature": "temperature",
    "survivors": "survivors",
    "options_left": "options left",
    "nodes_left": "nodes left",
}


def draw_search(folder: Path | str) -> Path:
    """Draw entropy and samples, costs, probabilities and masks of a search; return the picture's file, in its folder.

    Raises:
        NotFound: the folder holds no run, or none that searched.
    """
    from matplotlib.figure import Figure

    folder = Path(folder)
    run = TrainingRun.load(folder)
    space = run.make_space()
    weights = shared(read_probabilities(folder), space)
    metrics = read_parquet(folder / METRICS, "file of metrics", "restore it").to_pandas()
    widths = [choice for choice in space.choices if choice.kind == "w" and choice.ordered]
    lower = max(4.0, _ROW * min(len(weights), _MOST_ROWS))  # inches: every choice has its name beside its row
    figure = Figure(figsize=(12, 4 + lower), layout="constrained")
    axes = figure.subplots(2, 2, height_ratios=(4, lower))
    _draw_lines(axes[0, 0], metrics, _LINES)
    if "zeros" in metrics:
        _draw_zeros(axes[0, 0], metrics)
    _draw_costs(axes[0, 1], metrics, run.options)
    _draw_probabilities(axes[1, 0], space, weights)
    if widths:
        _draw_masks(axes[1, 1], widths, weights)
    else:
        _draw_lines(axes[1, 1], metrics, {"loss": "loss of the weights", "arch_loss": "loss of the architectures"})
    return save(figure, folder / FIGURE)


def _draw_lines(axes: "Axes", metrics: "pd.DataFrame", lines: Mapping[str, str]) -> None:
    for name, label in lines.items():
        if name in metrics:
            known = metrics[["step", name]].dropna()
            axes.plot(known["step"], known[name], label=label)
    axes.set(xlabel="step", ylim=(0, None))
    if axes.lines:
        axes.legend(frameon=False)


def _draw_zeros(axes: "Axes", metrics: "pd.DataFrame") -> None:
    """Draw the share of coefficients that are exactly zero, on an axis of its own."""
    right = axes.twinx()
    known = metrics[["step", "zeros"]].dropna()
    right.plot(known["step"], 100 * known["zeros"], color="black", linestyle=":")
    right.set(ylabel="exact zeros (%), dotted", ylim=(0, 100))


def _draw_costs(axes: "Axes", metrics: "pd.DataFrame", options: Mapping[str, Any]) -> None:
    """Draw what drawn networks cost on average, and what the likeliest one does exactly."""
    limits = bounds(options.get("constraint"))
    name = "params" if "params" in limits and "macs" not in limits else "macs"
    for column, label in ((f"expected_{name}", "expected"), (f"found_{name}", "of what would be found")):
        if column in metrics:
            known = metrics[["step", column]].dropna()
            axes.plot(known["step"], known[column] / 1e6, label=label)
    if name in limits:
        axes.axhline(limits[name] / 1e6, color="black", linestyle=":", label="constraint")
    axes.set(xlabel="step", ylabel=f"million {'parameters' if name == 'params' else 'multiply-accumulates'}")
    axes.set_ylim(bottom=0)
    if axes.lines:
        axes.legend(frameon=False)


def _draw_probabilities(axes: "Axes", space: NetworkSpace, weights: Mapping[str, NDArray[np.float64]]) -> None:
    """Draw the probability of each option, a row a choice; coefficients by sign, with a cross for each exact zero."""
    names = [choice.name for choice in space.choices if choice.name in weights]
    most = max(len(weights[name]) for name in names)
    grid = np.full((len(names), most), np.nan)
    for row, name in enumerate(names):
        grid[row, : len(weights[name])] = weights[name]
    what, low, high, colours = "probabilities", 0.0, 1.0, "Blues"
    if (grid < 0).any() or (abs(np.nansum(grid, 1) - 1) > _ROUNDING).any():
        high = np.nanmax(abs(grid))
        what, low, colours = "coefficients", -high, "RdBu"
    image = axes.imshow(grid, aspect="auto", interpolation="none", vmin=low, vmax=high, cmap=colours)
    axes.plot(*np.argwhere(grid == 0).T[::-1], "x", color="0.6", markersize=4)
    shown = range(0, len(names), 1 + len(names) // _MOST_ROWS)
    axes.set_yticks(list(shown), [names[row] for row in shown], fontsize=7)
    options = {tuple(choice.names) for choice in space.choices if choice.name in weights}
    if len(options) == 1:
        axes.set_xticks(range(most), *options, fontsize=7, rotation=20, ha="right")
    else:
        axes.set(xlabel="option, counted from 0", xticks=range(most))
    axes.set_title(f"{what} of the options of each choice")
    axes.figure.colorbar(image, ax=axes)


def _draw_masks(axes: "Axes", widths: list[Choice], weights: Mapping[str, NDArray[np.float64]]) -> None:
    """Draw the probability that each channel is there, a line a width: the masks of a mixture."""
    for choice in widths:
        options = np.array(choice.options, dtype=float)
        channels = np.arange(int(options.max()) + 1)
        mask = ((channels[:, None] < options) * weights[choice.name]).sum(1)
        axes.step(channels, mask, where="post", label=choice.name)
    axes.set(xlabel="channel", ylabel="mask", ylim=(-0.02, 1.05), title="masks of the widths")
    axes.legend(frameon=False, fontsize=7, ncols=2)
