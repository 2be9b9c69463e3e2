"""Print the tables of docs/results/several-objectives.md, and draw the fronts, from the folder of its study.

python docs/figures/several_objectives.py docs/results/several-objectives
"""

import sys
from pathlib import Path

import numpy as np

from weaknas.figures import save, styles
from weaknas_experiments.report import figures
from weaknas_experiments.statistics import comparison, fronts, intervals, optimum
from weaknas_experiments.study.results import Results, load

AT = (50, 100, 200, 400)
HERE = Path(__file__).parent


def show(study: Results, name: str) -> None:
    """Print hypervolumes, shares and queries to 95 and 99 % of the true one, and the tests at the end."""
    shown = fronts.progress(study.frame[study.frame["benchmark"] == name], study.manifest.benchmarks)
    card = study.manifest.benchmarks[name]
    reference = ", ".join(f"{value:g}" for value in card.tradeoff.reference)
    front = np.array(card.tradeoff.front)
    volume = fronts.hypervolume(front, card.tradeoff.reference, card.objectives)
    print(f"\n## {name}: reference {reference}, {len(front)} points on the true front, its hypervolume {volume:.6g}")
    for measure in ("hypervolume", "share") if name.startswith("ofa") else ("share",):
        print(f"\n| {measure} after | " + " | ".join(map(str, AT)) + " |")
        for label in study.manifest.strategies:
            cells = []
            for queries in AT:
                table = fronts.reached(shown, measure, queries)
                found = intervals.bootstrap(table["value"][table["label"] == label].to_numpy())
                scale, digits = (1e-6, 0) if measure == "hypervolume" else (1, 4)
                cells.append(" ".join(f"{value * scale:.{digits}f}" for value in (found.value, found.low, found.high)))
            print(f"| {label} | " + " | ".join(cells) + " |")
    for share in fronts.SHARES:
        table = optimum.summary(fronts.hits(shown, share))
        said = (f"{row.label} {row.ert:.0f} ({row.hits} of {row.runs})" for row in table.itertuples())
        print(f"\nERT to {share:.0%}: " + ", ".join(said))
    pairs = comparison.pairs(fronts.reached(shown, "share", AT[-1]))
    for row in pairs[pairs["p_holm"] < 0.05].itertuples():
        print(f"{row.first} - {row.second}: {row.difference:+.4f}, p {row.p_holm:.2g}")


def draw(study: Results, name: str) -> None:
    """Draw the surfaces that a quarter, a half and three quarters of the runs attain."""
    card = study.manifest.benchmarks[name]
    frame = study.frame[study.frame["benchmark"] == name]
    columns = [card.objective, card.also[0].valid]
    surfaces = {
        str(label): fronts.attainment(
            [run[columns].to_numpy(float) for _, run in part.groupby("seed")], card.objectives, (25, 50, 75)
        )
        for label, part in frame.groupby("label", observed=True, sort=False)
        if label in ("random", "nsga2", "weaknas-pareto")
    }
    style = styles(list(study.manifest.strategies))
    drawn = figures.fronts(surfaces, np.array(card.tradeoff.front), card.objectives, name, style)
    save(drawn, HERE / f"several-objectives-{name.partition('/')[0]}.png")


if __name__ == "__main__":
    study = load(sys.argv[1])
    for name in study.manifest.benchmarks:
        show(study, name)
        draw(study, name)
