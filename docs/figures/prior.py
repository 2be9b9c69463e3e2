"""What an earlier search is worth: curves and tables of the studies of docs/figures/prior.

    python docs/figures/prior.py

It reads the folders of results alone.
"""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from weaknas.figures import SERIES, save
from weaknas_experiments.statistics import curves, optimum
from weaknas_experiments.study.results import load

FOLDERS = Path(__file__).parents[1] / "results"
STUDIES = ("nasbench201", "chain", "digits", "misleading", "ofa", "hwgpt")
POINTS = (10, 20, 50, 100)


def regrets(study: str, points: list[int]) -> pd.DataFrame:
    """Return the mean regret of every strategy, by the best validation score, with its bootstrap band."""
    results = load(FOLDERS / f"prior-{study}")
    found = curves.bands(curves.progress(results.frame, results.manifest.benchmarks), "best", "queries", points)
    for name, card in results.manifest.benchmarks.items():
        here = found["benchmark"] == name
        for column in ("mean", "low", "high"):
            found.loc[here, column] = float(card.metric.oriented(card.best.valid)) - found.loc[here, column]
    return found


def summary(study: str) -> pd.DataFrame:
    """Return the regret after some evaluations, and the evaluations to the best validation score."""
    found = regrets(study, list(POINTS))
    found["text"] = [
        f"{row['mean']:.2f} ({min(row.low, row.high):.2f} to {max(row.low, row.high):.2f})"
        for _, row in found.iterrows()
    ]
    table = found.pivot(index=["benchmark", "label"], columns="queries", values="text").fillna("")
    hits = optimum.summary(optimum.hits(load(FOLDERS / f"prior-{study}").frame, "valid")).set_index(
        ["benchmark", "label"]
    )
    table["found"] = (100 * hits["success"]).round().astype(int).astype(str) + " %"
    table["median"] = hits["median"]
    return table


def as_markdown(table: pd.DataFrame) -> str:
    rows = [["benchmark", "strategy", *map(str, table.columns)], ["---"] * (2 + table.shape[1])]
    rows += [[*names, *map(str, cells)] for names, cells in zip(table.index, table.to_numpy().tolist(), strict=True)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    figure = Figure(figsize=(12, 7), layout="constrained")
    *panels, beside = figure.subplots(2, 4).ravel()
    axes = iter(panels)
    for study in STUDIES:
        print(f"\n## {study}\n\n{as_markdown(summary(study))}")
        found = regrets(study, list(range(1, 101)))
        for benchmark, part in found.groupby("benchmark", sort=False):
            ax = next(axes)
            ax.set_title(f"{study}: {benchmark}", fontsize=8)
            for colour, (label, curve) in zip(SERIES, part.groupby("label", sort=False), strict=False):
                ax.plot(curve["queries"], curve["mean"], color=colour, label=label, clip_on=False)
                ax.fill_between(curve["queries"], curve["low"], curve["high"], color=colour, alpha=0.2, lw=0)
            ax.set_yscale("symlog", linthresh=0.1)
            ax.set_ylim(0, None)
            ax.set_xlabel("evaluations")
            if study == STUDIES[0]:
                beside.legend(*ax.get_legend_handles_labels(), fontsize=7, loc="center", title=study)
            else:
                ax.legend(fontsize=6)
    beside.set_axis_off()
    figure.supylabel("regret on validation")
    save(figure, Path(__file__).with_name("prior.png"))


if __name__ == "__main__":
    main()
