"""Does every round of WeakNAS sample better than the one before? Table, curves and a map of one search.

weaknas study run rounds-nasbench201 --out results/rounds-nasbench201
python docs/figures/rounds.py results/rounds-nasbench201 [--out docs/figures]
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import kendalltau
from sklearn.manifold import TSNE

import weaknas
from weaknas import scoring
from weaknas.figures import SERIES, save
from weaknas_experiments.statistics import intervals, rounds
from weaknas_experiments.study import results

INITIAL = BATCH = 10
UNTIL = 5  # rounds of the published figure
MEASURES = {"better": "above the median of the round before", "top": "in the best 1 % of the space"}
TOP = 50  # the published figure has Kendall's tau within the 50 best
TAU_SEEDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    args = parser.parse_args()
    frame = results.load(args.study).frame
    bench = weaknas.benchmark("nasbench201/cifar100")
    scores = bench.evaluate(bench.space.enumerate()).scores
    numbered = rounds.numbered(frame, INITIAL, BATCH)
    table = rounds.shares(numbered, threshold=float(np.quantile(scores, 0.99)))
    tau = taus(numbered, bench, scores)
    for measure, words in MEASURES.items():
        print(f"\nshare of a round {words}, mean over {table.seed.nunique()} seeds\n")
        print(markdown(rounds.summary(table, measure)))
        print(rounds.trends(table, measure, UNTIL).to_string(index=False))
    print(f"\nKendall's tau within the {TOP} best, {TAU_SEEDS} seeds\n\n{markdown(tau)}")
    print(save(curves(table, tau), args.out / "rounds.png"))
    print(save(path(numbered, bench, scores), args.out / "rounds-path.png"))


def markdown(summary: pd.DataFrame) -> str:
    """One row a round, one column a label."""
    cells = summary.assign(cell=[f"{r.mean:.2f} ({r.low:.2f}-{r.high:.2f})" for r in summary.itertuples()])
    wide = cells.pivot(index="round", columns="label", values="cell").fillna("-").reset_index()
    lines = [wide.columns, ["---"] * len(wide.columns), *wide.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def taus(numbered: pd.DataFrame, bench: weaknas.Benchmark, scores: np.ndarray) -> pd.DataFrame:
    """Kendall's tau of a predictor, fitted to what was known before each round, within the best of the space."""
    best = np.argsort(-scores, kind="stable")[:TOP]
    rows = []
    for (label, seed), run in numbered[numbered.seed < TAU_SEEDS].groupby(["label", "seed"], observed=True):
        predictor = weaknas.predictor(run["predictor"].iloc[0], random_state=int(seed))
        encoded = bench.space.encoded(scoring.encoding_of(predictor, bench.space))
        known = bench.space.index(bench.space.from_str(run["arch"]))
        for number in range(2, int(run["round"].max()) + 1):
            before = known[: INITIAL + (number - 2) * BATCH]
            scoring.fit(predictor, encoded[before], scores[before])
            tau = kendalltau(scoring.predict(predictor, encoded[best]), scores[best]).statistic
            rows.append((label, seed, number, tau))
    frame = pd.DataFrame(rows, columns=["label", "seed", "round", "tau"])
    means = [(label, n, *intervals.bootstrap(part["tau"])) for (label, n), part in frame.groupby(["label", "round"])]
    return pd.DataFrame(means, columns=["label", "round", "mean", "low", "high"])


def curves(table: pd.DataFrame, tau: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    panels = {words: rounds.summary(table, measure) for measure, words in MEASURES.items()}
    panels[f"Kendall's tau within the {TOP} best"] = tau
    for ax, (words, bands) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        for colour, (label, part) in zip(SERIES, bands.groupby("label", observed=True), strict=False):
            ax.plot(part["round"], part["mean"], color=colour, label=label)
            ax.fill_between(part["round"], part["low"], part["high"], color=colour, alpha=0.15, linewidth=0)
        ax.set_title(words, loc="left", fontsize=10)
        ax.set_xlabel("round")
        ax.set_xticks([1, *range(5, int(bands["round"].max()) + 1, 5)])
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def path(numbered: pd.DataFrame, bench: weaknas.Benchmark, scores: np.ndarray) -> Figure:
    """A map of the space by t-SNE (every fifth cell, and what was queried), and where one search went."""
    run = numbered[(numbered.label == "published rule (small mlp)") & (numbered.seed == 0)]
    queried = bench.space.index(bench.space.from_str(run["arch"]))
    shown = np.unique(np.concatenate([np.arange(0, bench.space.size, 5), queried]))
    places = TSNE(random_state=0, init="pca").fit_transform(bench.space.encoded("onehot+path")[shown])
    where = places[np.searchsorted(shown, queried)]
    figure = Figure(figsize=(7.4, 6), layout="constrained")
    ax = figure.add_subplot()
    good = np.argsort(scores[shown])
    floor = float(np.quantile(scores, 0.1))
    cloud = ax.scatter(*places[good].T, c=scores[shown][good], s=3, cmap="Greys", vmin=floor, linewidth=0)
    path = ax.scatter(*where.T, c=run["round"], s=26, cmap="viridis", edgecolor="white", linewidth=0.5)
    optimum = np.searchsorted(shown, queried[np.argmax(scores[queried])])
    ax.scatter(*places[optimum], marker="*", s=260, color=SERIES[1], edgecolor="white", label="best found")
    figure.colorbar(cloud, ax=ax, label="validation accuracy (%)", shrink=0.6)
    figure.colorbar(path, ax=ax, label="round in which it was queried", shrink=0.6)
    ax.set(xticks=[], yticks=[])
    ax.set_title("t-SNE of NAS-Bench-201 (CIFAR-100), 200 queries of one search", loc="left", fontsize=10)
    ax.legend(frameon=False, loc="lower right")
    return figure


if __name__ == "__main__":
    main()
