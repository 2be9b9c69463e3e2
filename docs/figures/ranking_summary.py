"""The tables and the picture of the ranking study, from what ranking_cells.py keeps.

    python docs/figures/ranking_summary.py [--draw]
    python docs/figures/ranking_summary.py --scored out/scored.parquet     # where sorting by one column finds the best

Intervals are of 95 %, by `weaknas.rank_statistics.nested_bootstrap`: supernets are drawn first, then cells, the same
ones for all. `free` are columns of the table that cost no training; `with` is the mean rank with others.
"""

import argparse
from collections.abc import Mapping

import numpy as np
import pandas as pd
from cells_searching import SPACE
from matplotlib.figure import Figure
from numpy.typing import NDArray
from ranking_cells import RUNS, SCORES, cells, kept

import weaknas
from weaknas.bars import bars
from weaknas.figures import save
from weaknas.rank_statistics import Interval, mean_rank, nested_bootstrap, partial_tau, tau, tau_top

PICTURE = RUNS.with_name("ranking-cells.png")
FREE = {"macs": "MACs", "zc_naswot": "NASWOT", "zc_logsynflow": "log-synflow"}

Values = NDArray[np.float64]


class Study:
    """What was measured: scores by way and kind, and the truth.

    Attributes:
        truth: `(n,)` test accuracies.
        bars: how what is free to know ranks, and the ceiling.
        free: `(n,)` columns that are free to know, by their names in the tables.
        short: `(n,)` validation accuracies after 12 epochs.
        scores: `(s, n)` by way and how it is read.
        runs: what each run took.
    """

    def __init__(self) -> None:
        table = kept(SCORES)
        table = table[table["cell"] < table.groupby(["way", "seed"])["cell"].transform("size").min()]
        self.n = int(table["cell"].max()) + 1
        benchmark = weaknas.benchmark("nasbench201/cifar10")
        # the benchmark's rows and those of the small networks are the same choices
        self.batch = benchmark.space.from_str(SPACE.to_str(cells(self.n)))
        self.truth = benchmark.report(self.batch).test
        self.bars = bars(benchmark, self.batch)
        self.free = {name: benchmark.space.free_to_know(column, self.batch) for column, name in FREE.items()}
        self.short = benchmark.evaluate(self.batch, 12).scores
        self.scores: dict[tuple[str, str], Values] = {}
        for way, rows in table.groupby("way", sort=False):
            for kind, sign in (("loss", -1), ("probe", -1), ("indicator", 1)):
                wide = rows.pivot(index="seed", columns="cell", values=kind).to_numpy(float)
                if np.isfinite(wide).all():
                    self.scores[way, kind] = sign * wide
        self.runs = kept(RUNS)

    def ways(self, kind: str) -> dict[str, Values]:
        """Return the scores of all ways that are read so."""
        return {way: values for (way, read), values in self.scores.items() if read == kind}


def said(interval: Interval) -> str:
    """Return an estimate with its interval."""
    return f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def of_ways(study: Study) -> pd.DataFrame:
    """Return a row a way and kind of reading."""
    everything = {f"{way}: {kind}": values for (way, kind), values in study.scores.items()} | study.free
    all_taus, tops = (nested_bootstrap(everything, study.truth, statistic=one) for one in (tau, tau_top))
    macs = study.free["MACs"]
    rows = []
    for name, values in everything.items():
        groups = np.atleast_2d(values)
        rows.append(
            {
                "score": name,
                "supernets": len(groups),
                "tau": said(all_taus.schemes[name]),
                "lowest to highest": f"{min(taus := [tau(v, study.truth) for v in groups]):.2f} to {max(taus):.2f}",
                "top 20 %": said(tops.schemes[name]),
                "at equal MACs": f"{np.mean([partial_tau(v, study.truth, macs) for v in groups]):+.3f}",
            }
        )
    return pd.DataFrame(rows)


def compared(study: Study, scores: Mapping[str, Values], others: Mapping[str, Values]) -> pd.DataFrame:
    """Return the paired differences in tau of some scores from others."""
    found = nested_bootstrap({**scores, **others}, study.truth)

    def difference(one: str, other: str) -> str:
        if (one, other) in found.differences:
            return said(found.differences[one, other])
        if one == other:
            return ""
        value, low, high = found.differences[other, one]
        return said(Interval(-value, -high, -low))

    return pd.DataFrame(
        [
            {
                "score": name,
                "tau": said(found.schemes[name]),
                "top 20 %": f"{np.mean([tau_top(v, study.truth) for v in np.atleast_2d(scores[name])]):+.3f}",
                **{f"minus {other}": difference(name, other) for other in others},
            }
            for name in scores
        ]
    )


def draw(study: Study) -> Figure:
    """Draw tau of each supernet, by way and reading, beside the bars of what is free."""
    figure = Figure(figsize=(10, 0.32 * len({way for way, _ in study.scores}) + 1.6), layout="constrained")
    axes = figure.subplots()
    ways = list(dict.fromkeys(way for way, _ in study.scores))
    for kind, mark in (("loss", "o"), ("probe", "D"), ("indicator", "s")):
        points = [
            (tau(values, study.truth), place)
            for place, way in enumerate(ways)
            for values in study.scores.get((way, kind), ())
        ]
        if points:
            axes.scatter(*zip(*points, strict=True), 24, marker=mark, alpha=0.7, label=kind)
    both = study.free["NASWOT"], study.free["log-synflow"]
    points = [
        (tau(values, study.truth), ways.index(way))
        for way, probes in study.ways("probe").items()
        for values in mean_rank(probes, *both)
    ]
    axes.scatter(*zip(*points, strict=True), 40, marker="*", alpha=0.7, label="probe with NASWOT and log-synflow")
    for place, (name, values) in enumerate(study.free.items()):
        axes.axvline(tau(values, study.truth), color="0.3", linestyle=("-", "--", ":")[place], label=name)
    axes.set_yticks(range(len(ways)), ways)
    axes.invert_yaxis()
    axes.set(xlabel=f"Kendall tau with test accuracy, {study.n:,} cells of NAS-Bench-201 (CIFAR-10)")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def sorted_by(scored: str) -> None:
    """Print at which queries sorting the distinct cells of a table by a column comes to the best one: first and last.

    They differ where cells are alike in the column.
    """
    space = (benchmark := weaknas.benchmark(scored)).space
    _, first = np.unique(space.key(space.rows), return_index=True)
    rows = space.rows[np.sort(first)]
    best = int(np.nanargmax(benchmark.report(rows).valid))
    names = ["macs", "zc_logsynflow", "zc_naswot", "zc_supernet_spos_seed0"]
    columns = {name: space.free_to_know(name, rows) for name in names}
    columns["mean rank of the last three"] = mean_rank(*(columns[name] for name in names[1:]))
    for name, values in columns.items():
        print(f"{name:30s} {(values > values[best]).sum() + 1:,} to {(values >= values[best]).sum():,}")


def main() -> None:
    """Print the tables, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--scored")
    args = parser.parse_args()
    if args.scored:
        sorted_by(args.scored)
        return
    study = Study()
    print(
        f"{study.n:,} cells, the bars of what is free to know of them, and the ceiling: tau, top 20 %, at equal MACs"
    )
    for name, bar in study.bars.items():
        print(f"  {name:40s} {bar.tau:.3f} {bar.tau_top:.3f} {bar.partial:.3f}")
    print(of_ways(study).to_string(index=False))
    print(
        study.runs.groupby("way", sort=False)[["steps", "train_seconds"]].agg(["mean", "count"]).round(1).to_string()
    )
    probes, free = study.ways("probe"), study.free
    print(compared(study, probes, {"log-synflow": free["log-synflow"], "spos": probes["spos"]}).to_string(index=False))
    both = free["NASWOT"], free["log-synflow"]
    mixed = {f"{way} with both": mean_rank(values, *both) for way, values in probes.items()}
    mixed |= {
        f"mean of {len(values)} {way} with both": mean_rank(mean_rank(*values), *both)
        for way, values in probes.items()
        if len(values) > 1
    }
    mixed["both"] = mean_rank(*both)
    against = {"both": mean_rank(*both), "log-synflow": free["log-synflow"], "12 epochs": study.short}
    print(compared(study, mixed, against).to_string(index=False))
    if args.draw:
        print(save(draw(study), PICTURE))


if __name__ == "__main__":
    main()
