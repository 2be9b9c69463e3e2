"""Print the table of docs/results/published-tables.md from the folder of its study.

python docs/figures/published_tables.py docs/results/published-tables
"""

import sys

import pandas as pd

from weaknas_experiments.statistics import comparison, curves, optimum
from weaknas_experiments.study.results import Results, load


def number(value: float, unit: str) -> str:
    """Return a value with as many digits as its unit deserves."""
    return f"{value:.2f}" if unit == "%" else f"{value:.4g}"


def rows(study: Results, name: str) -> pd.DataFrame:
    """Return one row a strategy: the best value after the budget, and queries to the optimum."""
    card = study.manifest.benchmarks[name]
    frame = study.frame[study.frame["benchmark"] == name]
    shown = curves.progress(frame, study.manifest.benchmarks)
    reached = curves.at(shown, "best", "queries", [20, 100])
    early, late = (
        comparison.in_unit(comparison.summary(comparison.scores(reached, at)), card.metric).set_index("label")
        for at in (0, 1)
    )
    found = optimum.hits(frame, "valid")
    summary = optimum.summary(found).set_index("label") if len(found) else None
    lines = []
    for label in late.index:
        row, unit = late.loc[label], card.metric.unit
        ends = f"[{number(row['mean_low'], unit)}, {number(row['mean_high'], unit)}]"
        ert = "–" if summary is None else f"{summary.loc[label, 'ert']:,.0f} ({summary.loc[label, 'hits']})"  # noqa: RUF001
        lines.append(
            {
                "benchmark": name,
                "strategy": label,
                "after 20": number(early.loc[label, "mean"], unit),
                "after 100": f"{number(row['mean'], unit)} {ends}",
                "ERT (runs that hit)": ert.replace("inf", "∞"),
            }
        )
    return pd.DataFrame(lines)


if __name__ == "__main__":
    study = load(sys.argv[1])
    table = pd.concat([rows(study, name) for name in study.manifest.benchmarks])
    print("| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns))
    for line in table.itertuples(index=False):
        print("| " + " | ".join(map(str, line)) + " |")
