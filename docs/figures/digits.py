"""The numbers and figures of docs/digits.md, from a table alone.

    python docs/figures/digits.py [TABLE.parquet] [--out docs/figures]

Prints how well training runs agree on the order of architectures. `--out` draws the accuracy distribution, learning
curves and accuracy against MACs. The table is the embedded `digits` by default; the numbers can be had of any other
with single runs (NAS-Bench-201's `valid_acc_run0`, ...).
"""

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from weaknas.figures import save
from weaknas.table_file import TableFile
from weaknas_benchmarks.building.classes import trained_class
from weaknas_benchmarks.store import find
from weaknas_benchmarks.table import space_of

QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", nargs="?", type=Path)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    table = TableFile(args.table or find("digits.parquet"))
    kept = trainings(table)
    print(f"{table.path.name}: {table.rows:,} rows, {len(kept):,} trainings of each run")
    for part in ("valid", "test"):
        agreement(table, part, kept)
    fidelities(table, kept)
    best(table)
    if args.out is not None:
        for name, draw in (("distribution", distribution), ("curves", curves), ("macs", macs)):
            print(draw(table, kept, args.out / f"digits-{name}.png"))


def trainings(table: TableFile) -> np.ndarray:
    """Return the rows that were trained: one of each class where isomorphic rows share their measurements."""
    if "network" not in table.card:
        return np.arange(table.rows)
    space = space_of(table.card)
    return np.unique(trained_class(space.from_str(table.texts())), return_index=True)[1]


def runs_of(table: TableFile, part: str, suffix: str = "") -> np.ndarray:
    """Return `(rows, runs)` accuracies of the runs that are known for every row."""
    names = [f"{part}_acc_run{run}{suffix}" for run in range(10)]
    known = [table.numbers(name) for name in names if name in table.columns]
    return np.array([values for values in known if not np.isnan(values).any()]).reshape(-1, table.rows).T


def agreement(table: TableFile, part: str, kept: np.ndarray) -> None:
    """Print the mean rank correlation between two runs, and what parts architectures against what parts runs.

    The best are chosen by the mean of their runs. The spread is the standard deviation of those means; the noise is
    the standard deviation of a single run around the mean of its architecture.
    """
    runs = runs_of(table, part)[kept]
    if runs.shape[1] < 2:
        print(f"{part}: fewer than two whole runs")
        return
    mean = runs.mean(1)
    order = np.argsort(-mean, kind="stable")
    print(f"{part}: quantiles of the mean " + ", ".join(f"{q:g}: {np.quantile(mean, q):.2f}" for q in QUANTILES))
    for name, count in (
        ("all", len(order)),
        ("top half", len(order) // 2),
        ("top 10 %", len(order) // 10),
        ("top 100", 100),
    ):
        chosen = order[:count]
        rho = np.mean(
            [spearmanr(runs[chosen, a], runs[chosen, b])[0] for a, b in combinations(range(runs.shape[1]), 2)]
        )
        noise = np.sqrt(runs[chosen].var(1, ddof=1).mean())
        print(f"  {name} ({len(chosen):,}): Spearman {rho:.3f}, spread {mean[chosen].std():.2f}, noise {noise:.2f}")


def fidelities(table: TableFile, kept: np.ndarray) -> None:
    """Print how the earlier measurements foretell the last, and validation foretells test."""
    columns = {name: table.numbers(name)[kept] for name in table.columns if name.startswith(("valid_acc", "test_acc"))}
    print(f"Spearman of valid_acc and test_acc: {spearmanr(columns['valid_acc'], columns['test_acc'])[0]:.3f}")
    for epoch in table.card.get("fidelities", []):
        runs = runs_of(table, "valid", f"_e{epoch}")[kept]
        pairs = combinations(range(runs.shape[1]), 2)
        between = np.mean([spearmanr(runs[:, a], runs[:, b])[0] for a, b in pairs])
        final = spearmanr(columns[f"valid_acc_e{epoch}"], columns["valid_acc"])[0]
        print(f"epoch {epoch}: Spearman with the last {final:.3f} (means), between runs {between:.3f}")


def best(table: TableFile) -> None:
    texts = table.texts()
    for part in ("valid_acc", "test_acc"):
        values = table.numbers(part)
        at = np.flatnonzero(values == values.max())
        print(f"best {part}: {values.max():.3f}, rows {at.tolist()}, {texts[at[0]]}")
    for name in ("params", "macs", "train_seconds"):
        values = table.numbers(name)
        print(f"{name}: {values.min():g} to {values.max():g}, mean {values.mean():.4g}")


def axes(title: str, x: str, y: str):
    ax = Figure(figsize=(6.4, 3.8), layout="constrained").add_subplot()
    ax.set_title(title, loc="left")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def distribution(table: TableFile, kept: np.ndarray, path: Path) -> Path:
    ax = axes("Accuracy of the trained architectures", "mean accuracy of the runs (%)", "architectures")
    for part, colour in (("valid", "#0072b2"), ("test", "#d55e00")):
        values = table.numbers(f"{part}_acc")[kept]
        ax.hist(values, bins=np.arange(0, 101, 1), histtype="step", color=colour, label=part)
    ax.set_xlim(5, 95)
    ax.legend(frameon=False, loc="upper left")
    return save(ax, path)


def curves(table: TableFile, kept: np.ndarray, path: Path) -> Path:
    """Draw the accuracy along training of groups of architectures, by their place at its end."""
    ax = axes("Learning curves", "epoch", "mean validation accuracy (%)")
    epochs = [*table.card["fidelities"], table.card["epochs"]]
    suffixes = [*(f"_e{epoch}" for epoch in table.card["fidelities"]), ""]
    values = np.stack([table.numbers(f"valid_acc{suffix}")[kept] for suffix in suffixes], axis=1)
    values = values[np.argsort(-values[:, -1], kind="stable")]
    groups = (("best 10", 10), ("best 10 %", len(values) // 10), ("best half", len(values) // 2), ("all", len(values)))
    for (label, count), colour in zip(groups, ("#000000", "#0072b2", "#009e73", "#d55e00"), strict=True):
        low, middle, high = np.quantile(values[:count], (0.1, 0.5, 0.9), axis=0)
        ax.plot(epochs, middle, marker="o", color=colour, label=f"{label}, median")
        ax.fill_between(epochs, low, high, color=colour, alpha=0.12, linewidth=0)
    ax.legend(frameon=False, loc="lower right")
    return save(ax, path)


def macs(table: TableFile, kept: np.ndarray, path: Path) -> Path:
    ax = axes("Accuracy against cost", "multiply-accumulates of an image (thousands)", "mean test accuracy (%)")
    ax.scatter(table.numbers("macs")[kept] / 1000, table.numbers("test_acc")[kept], s=3, alpha=0.25, color="#0072b2")
    return save(ax, path)


if __name__ == "__main__":
    main()
