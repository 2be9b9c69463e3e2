"""Which strategy at 1, 8 and 64 workers? Tables, tests and curves of a study of simulated workers.

weaknas study run workers-nasbench201 --out results/workers-nasbench201
python docs/figures/workers.py results/workers-nasbench201 [--out docs/figures]
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import spearmanr

import weaknas
from weaknas.figures import save, styles
from weaknas_experiments.report.tables import markdown, readable
from weaknas_experiments.statistics import comparison, curves
from weaknas_experiments.study import results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    args = parser.parse_args()
    study = results.load(args.study)
    cards = study.manifest.benchmarks
    reached = curves.progress(study.frame, cards)
    clusters = sorted(cards, key=lambda label: cards[label].workers)
    budget = max(study.manifest.checkpoints)
    spent = reached.groupby(["benchmark", "label", "seed"], observed=True)["clock"].max()
    hours = float(spent.groupby("benchmark", observed=True).min().min() // 0.5 * 0.5)  # when all runs go on everywhere
    at_budget = comparison.scores(curves.at(reached, "honest", "queries", [budget]))
    at_clock = comparison.scores(curves.at(reached, "honest", "clock", [hours]))
    seeds = study.frame["seed"].nunique()
    print(f"\nmean test accuracy (%) after {budget} full trainings, {seeds} seeds\n\n{means(at_budget, clusters)}")
    print(f"\nthe same after {hours:g} hours of the cluster\n\n{means(at_clock, clusters)}")
    print("\nhours of the cluster for all of the budget, mean\n")
    print(spent.groupby(["label", "benchmark"], observed=True).mean().unstack()[clusters].round(1).to_string())
    for table, when in ((at_budget, f"{budget} full trainings"), (at_clock, f"{hours:g} hours of the cluster")):
        print(f"\npairs after {when} (Wilcoxon, Holm within a cluster), where p_holm < 0.05\n")
        print(shown(comparison.pairs(table)))
    print("\neach strategy against itself in another cluster, the same (Holm within a strategy), all\n")
    swapped = at_budget.rename(columns={"benchmark": "label", "label": "benchmark"})
    print(shown(comparison.pairs(swapped), level=2.0))
    bench = weaknas.benchmark("nasbench201/cifar100")
    short, full = (bench.evaluate(bench.space.rows, epochs).scores for epochs in (bench.fidelities[0], None))
    print(
        f"\nSpearman of {bench.fidelities[0]} epochs and the full training: {spearmanr(short, full).statistic:.3f}\n"
    )
    print(save(drawn(reached, clusters, sorted(study.manifest.strategies)), args.out / "workers.png"))


def means(table: pd.DataFrame, clusters: list[str]) -> str:
    """One row a strategy, one column a cluster: the mean and its 95 % interval."""
    found = comparison.summary(table)
    found["mean"] = [f"{r.mean:.2f} ({r.mean_low:.2f} to {r.mean_high:.2f})" for r in found.itertuples()]
    wide = found.pivot(index="label", columns="benchmark", values="mean")
    present = [cluster for cluster in clusters if cluster in wide]
    return markdown(wide[present].fillna("–").reset_index())  # noqa: RUF001 - a dash


def shown(pairs: pd.DataFrame, level: float = 0.05) -> str:
    """The pairs whose corrected p is below a level."""
    return markdown(readable(pairs[pairs["p_holm"] < level]))


def drawn(reached: pd.DataFrame, clusters: list[str], labels: list[str]) -> Figure:
    """Mean test accuracy against hours of the cluster, one panel a cluster."""
    style = styles(labels)
    figure = Figure(figsize=(13, 4.4), layout="constrained")
    for ax, cluster in zip(figure.subplots(1, len(clusters), sharey=True), clusters, strict=True):
        part = reached[reached["benchmark"] == cluster]
        bands = curves.bands(part, "honest", "clock", curves.grid(part, "clock"))
        for label, line in bands.groupby("label"):
            ax.plot(line["clock"], line["mean"], label=label, linewidth=1.4, **style[label])
            ax.fill_between(line["clock"], line["low"], line["high"], color=style[label]["color"], alpha=0.15, lw=0)
        ax.set_title(cluster, loc="left", fontsize=10)
        ax.set(xscale="log", xlabel=curves.AXES["clock"], ylim=(float(np.nanquantile(bands["mean"], 0.1)), None))
        ax.xaxis.set_major_formatter("{x:,g}")
        ax.xaxis.set_minor_formatter(lambda x, _: f"{x:,g}" if f"{x:e}"[0] in "25" else "")
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    first = figure.axes[0]
    first.set_ylabel("test accuracy (%)")
    figure.legend(*first.get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8)
    return figure


if __name__ == "__main__":
    main()
