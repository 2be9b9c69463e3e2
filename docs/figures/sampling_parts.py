"""What two parts are worth: the joint distribution of a layer, and a prior that a cheaper search has learned.

    python docs/figures/sampling_parts.py [--seeds 30]      # goes on where it was stopped; about 10 min

The joint distribution: FP-NAS with 14 samples to begin with learns made-up rewards of six layers of 3 x 2 x 4 options,
of combinations or of single options, and becomes joint never, when half or a tenth of the entropy is gone, or at once.

The prior: PARSEC with 14 samples a step learns the short schedule of `digits` or NAS-Bench-201 (CIFAR-10) first; its
probabilities are what the full one begins with, for which the first search counts as the share of its epochs.

States are rows of sampling-joint.parquet and sampling-prior.parquet.
"""

import argparse
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sampling import DRAWN, RESAMPLES, curves, needed, ratio
from sampling_rewards import Reward, Way, at, go_on, layers, learn, new_prior, table
from scipy.stats import wilcoxon
from statsmodels.stats.multitest import multipletests

import weaknas
from weaknas_experiments.statistics import intervals

HERE = Path(__file__).parent
SWITCHES = {"never": 1.0, "at half": 0.5, "at a tenth": 0.1, "at once": 0.0}
SHORT = {"digits": (1, 6), "nasbench201/cifar10": (12, 200)}  # epochs of the short schedule and of the full one
FIRST = (0, 140, 280, 560)  # samples of the first search
LEVELS = (0.9, 0.95)


def joint(what: dict[str, Any]) -> pd.DataFrame:
    way = Way(14, adaptive=True, switch=SWITCHES[what["switch"]])
    return at(learn(layers(what["seed"], what["rewards"] == "combinations"), way, what["seed"], DRAWN[-1]), DRAWN)


def joint_todo(seeds: int) -> Iterator[dict[str, Any]]:
    for seed in range(seeds):
        for rewards in ("combinations", "options"):
            for switch in SWITCHES:
                yield {"rewards": rewards, "switch": switch, "seed": seed}


def joint_table(results: pd.DataFrame) -> pd.DataFrame:
    """Return the quality at the end, and how much it is above that without a switch, seed by seed (Wilcoxon, Holm)."""
    rows = []
    for rewards in ("combinations", "options"):
        end = {switch: curves(results, rewards=rewards, switch=switch)[:, -1] for switch in SWITCHES}
        for switch, values in end.items():
            gain = values - end["never"]
            p = wilcoxon(gain).pvalue if gain.any() else np.nan
            rows.append((rewards, switch, *intervals.bootstrap(values), *intervals.bootstrap(gain), p))
    names = ["rewards", "switch", "quality", "low", "high", "gain", "gain_low", "gain_high", "p"]
    table = pd.DataFrame(rows, columns=names)
    known = table["p"].notna()
    table.loc[known, "p_holm"] = multipletests(table.loc[known, "p"], method="holm")[1]
    return table


@cache
def short(name: str) -> Reward:
    """Return a benchmark's reward by its short schedule."""
    bench = weaknas.benchmark(name)
    accuracy = bench.evaluate(bench.space.enumerate(), SHORT[name][0]).scores
    return table(name)._replace(scores=lambda batch: accuracy[bench.space.index(batch)])


def transferred(what: dict[str, Any]) -> pd.DataFrame:
    name, seed, first, way = what["benchmark"], what["seed"], what["first"], Way(14, adaptive=False)
    prior = new_prior(table(name), way)
    if first:
        cheap = new_prior(short(name), way)
        list(learn(short(name), way, seed, first, cheap))
        prior.distribution.begin_with({k: v.detach() for k, v in cheap.distribution.weights().items()})
    return at(learn(table(name), way, seed + 1_000, DRAWN[-1], prior), [0, *DRAWN])


def prior_todo(seeds: int) -> Iterator[dict[str, Any]]:
    for seed in range(seeds):
        for name in SHORT:
            for first in FIRST:
                yield {"benchmark": name, "first": first, "seed": seed}


def prior_table(results: pd.DataFrame) -> pd.DataFrame:
    """Return the samples to a quality, the first search counted by its epochs, and the ratio to beginning uniform."""
    rows = []
    for name, (epochs, full) in SHORT.items():
        drawn: Any = None
        for first in FIRST:
            quality = curves(results, benchmark=name, first=first)
            drawn = np.random.default_rng(0).integers(0, len(quality), (RESAMPLES, len(quality)))
            for level in LEVELS:
                cost = first * epochs / full
                whole = cost + needed(quality.mean(0)[None], level, [1, *DRAWN])[0]
                again = cost + needed(quality[drawn].mean(1), level, [1, *DRAWN])
                rows.append((name, first, level, whole, again))
    table = pd.DataFrame(rows, columns=["benchmark", "first", "level", "samples", "again"])
    base = table[table["first"] == 0].set_index(["benchmark", "level"])
    found = []
    for row in table[table["first"] > 0].itertuples():
        uniform = base.loc[(row.benchmark, row.level)]
        compared = ratio(uniform["samples"], row.samples, uniform["again"], row.again)
        found.append((*row[1:5], uniform["samples"], *compared))
    names = ["benchmark", "first", "level", "samples", "from uniform", "ratio", "low", "high", "p"]
    frame = pd.DataFrame(found, columns=names)
    known = frame["p"].notna()
    frame.loc[known, "p_holm"] = multipletests(frame.loc[known, "p"], method="holm")[1]
    return frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=30)
    args = parser.parse_args()
    joined = go_on(HERE / "sampling-joint.parquet", joint_todo(args.seeds), joint)
    print(joint_table(joined).round(4).to_string(index=False))
    prior = go_on(HERE / "sampling-prior.parquet", prior_todo(args.seeds), transferred)
    print(prior_table(prior).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
