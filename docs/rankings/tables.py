"""The tables and figures of docs/predictors.md, from the rankings in this folder.

python docs/rankings/tables.py [--out docs/figures]
"""

import argparse
from pathlib import Path

import pandas as pd

from weaknas.figures import save
from weaknas_predictors.ranking.grid import load
from weaknas_predictors.ranking.report import figure, summary

HERE = Path(__file__).parent
BENCHMARKS = {
    "nasbench101": "NAS-Bench-101",
    "nasbench201-cifar10": "201 CIFAR-10",
    "nasbench201-cifar100": "201 CIFAR-100",
    "nasbench201-imagenet16-120": "201 ImageNet16",
    "digits": "digits",
    "ofa": "OFA",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    means = {title: summary(load(HERE / f"{name}.parquet")[0]) for name, title in BENCHMARKS.items()}
    print(taus(means), "\n")
    for title in ("NAS-Bench-101", "digits"):
        print(title, "\n" + top(means[title]), "\n")
    if args.out is not None:
        for name in ("nasbench101", "digits"):
            frame, protocol = load(HERE / f"{name}.parquet")
            print(save(figure(frame, protocol["benchmark"]), args.out / f"ranking-{name}.png"))


def taus(means: dict[str, pd.DataFrame]) -> str:
    """One row a predictor, tau after 100 and after about 400 evaluations on each benchmark, best first."""
    cells = {}
    for title, table in means.items():
        sizes = [size for size in sorted(table.train_size.unique()) if size >= 100]
        for name, rows in table.groupby("predictor"):
            found = rows.set_index("train_size").tau
            cells[name, title] = " / ".join(f"{found[s]:.2f}" if s in found else "-" for s in sizes)
    wide = pd.Series(cells).unstack().reindex(columns=list(means)).fillna("-")
    order = wide["NAS-Bench-101"].where(wide["NAS-Bench-101"] != "-", "0").sort_values(ascending=False).index
    return markdown(wide.loc[order].rename_axis("predictor").reset_index())


def top(table: pd.DataFrame) -> str:
    """What matters to a search, at the largest training set."""
    rows = table[table.train_size.isin([100, table.train_size.max()])]
    return markdown(rows.drop(columns=["encoding", "tau_error", "spearman"]))


def markdown(table: pd.DataFrame) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join(
        "| " + " | ".join(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row) + " |" for row in lines
    )


if __name__ == "__main__":
    main()
