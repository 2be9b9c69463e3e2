"""What does seeing one training run cost, instead of the mean of all? Paired table and figure.

weaknas study run ablation-noise-nasbench201
python docs/figures/noise.py results/ablation-noise-nasbench201 [--out docs/figures]
"""

import argparse
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from statsmodels.stats.multitest import multipletests

from weaknas.figures import SERIES, save
from weaknas_experiments.statistics import comparison, curves
from weaknas_experiments.study import results

QUERIES = 200
SEEN = ("mean of runs", "one run, drawn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    args = parser.parse_args()
    study = results.load(args.study)
    shown = curves.progress(study.frame, study.manifest.benchmarks)
    table = comparison.scores(curves.at(shown, "honest", "queries", [QUERIES]))
    means = comparison.summary(table)
    print(markdown(means, losses(table)))
    optima = {name: card.optimum.test_acc for name, card in study.manifest.benchmarks.items()}
    print(save(figure(means, optima), args.out / "noise.png"))


def parts(benchmark: str) -> list[str]:
    """The name of a benchmark and what searches see of it, from `NAME (WHAT)`."""
    return benchmark.removesuffix(")").split(" (")


def losses(table: pd.DataFrame) -> pd.DataFrame:
    """Compare the two ways of seeing on the same seeds, for each benchmark and strategy; Holm over all."""
    name, seen = zip(*table["benchmark"].map(parts), strict=True)
    paired = comparison.pairs(table.assign(benchmark=pd.Series(name) + "\t" + table["label"].astype(str), label=seen))
    paired["p_holm"] = multipletests(paired["p"], method="holm")[1]
    return paired.set_index("benchmark")


def markdown(means: pd.DataFrame, paired: pd.DataFrame) -> str:
    """One row a benchmark and strategy."""
    interval = {
        (*parts(r.benchmark), r.label): f"{r.mean:.2f} ({r.mean_low:.2f} to {r.mean_high:.2f})"
        for r in means.itertuples()
    }
    lines = [("benchmark", "strategy", *SEEN, "lost", "p (Holm)"), ["---"] * 6]
    for key, pair in paired.iterrows():
        name, label = str(key).split("\t")
        lost = f"{pair.difference:.2f} ({pair.difference_low:.2f} to {pair.difference_high:.2f})"
        seen = [interval[name, what, label] for what in SEEN]
        lines.append((name, label, *seen, lost, f"{pair.p_holm:.2g}"))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(means: pd.DataFrame, optima: dict[str, float]) -> Figure:
    """One panel a benchmark: two means with their intervals for every strategy."""
    names = list(dict.fromkeys(parts(benchmark)[0] for benchmark in optima))
    drawn = Figure(figsize=(10, 3.4), layout="constrained")
    labels = list(dict.fromkeys(means["label"]))[::-1]
    for ax, name in zip(drawn.subplots(1, len(names), sharey=True), names, strict=True):
        for what, colour, shift in zip(SEEN, SERIES, (0.14, -0.14), strict=False):
            rows = means[means["benchmark"] == f"{name} ({what})"].set_index("label").loc[labels]
            below, above = rows["mean"] - rows["mean_low"], rows["mean_high"] - rows["mean"]
            place = [i + shift for i in range(len(labels))]
            ax.errorbar(rows["mean"], place, xerr=[below, above], fmt="o", ms=4, color=colour, label=what)
        best = optima[f"{name} ({SEEN[0]})"]
        ax.axvline(best, color="0.4", linewidth=1, linestyle=":", label="best in the benchmark")
        ax.set_title(name, loc="left", fontsize=10)
        ax.set_xlabel(f"test accuracy after {QUERIES} queries (%)")
        ax.set_yticks(range(len(labels)), labels)
        ax.grid(alpha=0.25, axis="x")
        ax.spines[["top", "right"]].set_visible(False)
    drawn.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return drawn


if __name__ == "__main__":
    main()
