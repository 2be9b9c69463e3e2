"""A ranking as a table and as a figure."""

from typing import TYPE_CHECKING

from weaknas.figures import SERIES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["figure", "summary"]

_MARKERS = "osD^vPX"


def summary(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return means over the seeds, and the standard error of tau, best first within each training size."""
    groups = frame.groupby(["train_size", "predictor", "encoding"], as_index=False)
    table = groups.agg(
        seeds=("seed", "size"),
        tau=("tau", "mean"),
        tau_error=("tau", "sem"),
        spearman=("spearman", "mean"),
        tau_top=("tau_top", "mean"),
        regret_top=("regret_top", "mean"),
        precision_top=("precision_top", "mean"),
        best_rank=("best_rank", "median"),
        picked_rank=("picked_rank", "median"),
        fit_seconds=("fit_seconds", "mean"),
        predict_seconds=("predict_seconds", "mean"),
    )
    return table.sort_values(["train_size", "tau"], ascending=[True, False], ignore_index=True)


def figure(frame: "pd.DataFrame", title: str) -> "Figure":
    """Draw tau against the size of the training set, and tau against time at the largest size that all have."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(12, 5.2), layout="constrained")
    curves, times = drawn.subplots(1, 2)
    table = summary(frame)
    names = table.groupby(["predictor", "encoding"])["tau"].mean().sort_values(ascending=False).index
    several = table.groupby("predictor")["encoding"].nunique().gt(1)
    sizes = table.groupby("train_size")[["predictor", "encoding"]].apply(lambda part: len(part.drop_duplicates()))
    largest = sizes[sizes == sizes.max()].index.max()
    for index, (name, encoding) in enumerate(names):
        part = table[(table.predictor == name) & (table.encoding == encoding)].sort_values("train_size")
        style = {"color": SERIES[index % len(SERIES)], "marker": _MARKERS[index // len(SERIES) % len(_MARKERS)]}
        label = (f"{name}, {encoding}" if several[name] else name).replace("$", r"\$")  # which would begin a formula
        curves.errorbar(
            part.train_size, part.tau, yerr=part.tau_error.fillna(0), label=label, linewidth=1.2, markersize=5, **style
        )
        at = part[part.train_size == largest]
        times.plot(at.fit_seconds + at.predict_seconds, at.tau, linestyle="", markersize=7, **style)
        for seconds, tau in zip(at.fit_seconds + at.predict_seconds, at.tau, strict=True):
            times.annotate(label, (seconds, tau), xytext=(5, 3), textcoords="offset points", fontsize=7)
    curves.set(xscale="log", xlabel="training architectures", ylabel="Kendall's tau")
    curves.set_xticks(sorted(table.train_size.unique()), [f"{n:,}" for n in sorted(table.train_size.unique())])
    curves.minorticks_off()
    times.set(xscale="log", xlabel=f"seconds to fit and predict, {largest:,} training architectures")
    times.margins(x=0.15)
    times.xaxis.set_major_formatter("{x:g}")
    times.xaxis.set_minor_formatter("")
    for ax in (curves, times):
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    curves.set_title(title.replace("$", r"\$"), loc="left")
    drawn.legend(loc="outside right upper", frameon=False, fontsize=8)
    return drawn
