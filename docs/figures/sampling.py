"""Does FP-NAS need fewer samples than PARSEC? The derived architecture's quality against the samples drawn.

    python docs/figures/sampling.py [--seeds 20] [--draw]      # goes on where it was stopped; about 15 min

Both learn a made-up chain of rewards, `digits` and NAS-Bench-201 (CIFAR-10, which WEAKNAS_DATA has to name) from mean
accuracies without noise, with 4 to 32 samples a step, FP-NAS to begin with, and the options that are their defaults.
As a control, both learn scores that were shuffled among the architectures, with centred weights and without. States
are rows of sampling.parquet.
"""

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sampling_rewards import Reward, Way, at, chain, go_on, learn, shuffled, table
from scipy.stats import mannwhitneyu
from statsmodels.stats.multitest import multipletests

from weaknas.figures import SERIES, save
from weaknas_experiments.statistics import intervals

RESULTS = Path(__file__).with_name("sampling.parquet")
REWARDS = ("chain", "digits", "nasbench201/cifar10")
SAMPLES = (4, 8, 14, 16, 32)
CONTROL = 14
KINDS = ("parsec", "fp-nas")
LEVELS = (0.8, 0.9, 0.95)
DRAWN = np.unique(np.geomspace(4, 2400, 60).round().astype(int)).tolist()
RESAMPLES = 10_000


def todo(seeds: int) -> Iterator[dict[str, Any]]:
    """All K0 with real scores, and one with shuffled ones and with weights that are not centred."""
    for seed in range(seeds):
        for reward in REWARDS:
            for kind in KINDS:
                for samples in SAMPLES:
                    yield one(reward, kind, samples, True, False, seed)
                for centred, null in ((True, True), (False, False), (False, True)):
                    yield one(reward, kind, CONTROL, centred, null, seed)


def one(reward: str, kind: str, samples: int, centred: bool, null: bool, seed: int) -> dict[str, Any]:
    return {"reward": reward, "kind": kind, "samples": samples, "centred": centred, "null": null, "seed": seed}


def run(what: dict[str, Any]) -> pd.DataFrame:
    seed = what["seed"]
    reward: Reward = chain(seed) if what["reward"] == "chain" else table(what["reward"])
    if what["null"]:
        reward = shuffled(reward, seed)
    way = Way(what["samples"], adaptive=what["kind"] == "fp-nas", centred=what["centred"])
    return at(learn(reward, way, seed, DRAWN[-1]), DRAWN)


def curves(results: pd.DataFrame, **which: Any) -> NDArray[np.float64]:
    """Return the `(seeds, len(DRAWN))` quality of some runs."""
    part = results[(results[list(which)] == pd.Series(which)).all(axis=1)]
    return part.pivot(index="seed", columns="drawn", values="quality").to_numpy()


def needed(mean: NDArray[np.float64], level: float, drawn: list[int] = DRAWN) -> NDArray[np.float64]:
    """Return the `(n,)` samples after which `(n, m)` mean curves first reach a level; infinity where they do not."""
    best = np.maximum.accumulate(mean, axis=1)
    found = np.full(len(best), np.inf)
    for row, curve in enumerate(best):
        place = int(np.searchsorted(curve, level))
        if place == 0:
            found[row] = drawn[0]
        elif place < len(drawn):
            share = (level - curve[place - 1]) / (curve[place] - curve[place - 1])
            found[row] = np.exp(np.interp(share, (0, 1), np.log(drawn[place - 1 : place + 1])))
    return found


def ratio(
    first: float, second: float, again_first: NDArray[np.float64], again_second: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Return second / first, its 95 % interval and its p value against 1; NaN where both are infinite.

    A resample in which neither is reached is one in favour of both.
    """
    if np.isinf([first, second]).all():
        return (np.nan,) * 4
    with np.errstate(invalid="ignore"):
        ratios = np.nan_to_num(again_second / again_first, nan=1.0, posinf=np.inf)
    p = min(1.0, 2 * (1 + min((ratios >= 1).sum(), (ratios <= 1).sum())) / (1 + len(ratios)))
    low, high = np.quantile(ratios, [0.025, 0.975], method="nearest")
    return float(second / first), float(low), float(high), p


def ratios(results: pd.DataFrame) -> pd.DataFrame:
    """Compare samples to a quality by resampling seeds, p values corrected by Holm over all.

    At equal K0, and each with the best of all K0, which is chosen in each resample anew.
    """
    real, rows = results[results["centred"] & ~results["null"]], []
    for reward, level in product(REWARDS, LEVELS):
        whole, again = [], []
        for samples in SAMPLES:
            both = [curves(real, reward=reward, kind=kind, samples=samples) for kind in KINDS]
            drawn = np.random.default_rng(0).integers(0, len(both[0]), (RESAMPLES, len(both[0])))
            whole.append([needed(each.mean(0)[None], level)[0] for each in both])
            again.append([needed(each[drawn].mean(1), level) for each in both])
            rows.append((reward, str(samples), level, *whole[-1], *ratio(*whole[-1], *again[-1])))
        best = np.min(whole, axis=0)
        rows.append((reward, "best", level, *best, *ratio(*best, *np.min(again, axis=0))))
    table = pd.DataFrame(rows, columns=["reward", "K0", "level", *KINDS, "ratio", "low", "high", "p"])
    known = table["p"].notna()
    table.loc[known, "p_holm"] = multipletests(table.loc[known, "p"], method="holm")[1]
    return table


def saturation(results: pd.DataFrame) -> pd.DataFrame:
    """Return the mean quality at the end with its interval."""
    real = results[results["centred"] & ~results["null"]]
    rows = [
        (reward, samples, kind, *intervals.bootstrap(curves(real, reward=reward, kind=kind, samples=samples)[:, -1]))
        for reward in REWARDS
        for samples in SAMPLES
        for kind in KINDS
    ]
    return pd.DataFrame(rows, columns=["reward", "K0", "kind", "quality", "low", "high"])


def control(results: pd.DataFrame) -> pd.DataFrame:
    """Compare the samples until half of the entropy is gone, of real and of shuffled scores (Mann-Whitney, Holm)."""
    part, rows = results[results["samples"] == CONTROL], []
    for (reward, kind, centred), group in part.groupby(["reward", "kind", "centred"], sort=False):
        spent: dict[bool, Any] = {}
        for null, runs in group.groupby("null"):
            entropy = runs.pivot(index="seed", columns="drawn", values="entropy").to_numpy()
            spent[null] = np.array(DRAWN)[(entropy <= entropy[:, :1] / 2).argmax(axis=1)]
        p = mannwhitneyu(spent[False], spent[True], alternative="less").pvalue
        end = group[~group["null"] & (group["drawn"] == DRAWN[-1])]["quality"]
        found = [*intervals.bootstrap(spent[False]), *intervals.bootstrap(spent[True]), p, *intervals.bootstrap(end)]
        rows.append((reward, kind, centred, *found))
    names = ["reward", "kind", "centred", "real", "low", "high", "shuffled", "s_low", "s_high", "p"]
    table = pd.DataFrame(rows, columns=[*names, "quality", "q_low", "q_high"])
    return table.assign(p_holm=multipletests(table["p"], method="holm")[1])


def draw(results: pd.DataFrame) -> Figure:
    """Quality against samples above, entropy with real and shuffled scores below; one column a reward."""
    figure = Figure(figsize=(12, 7), layout="constrained")
    axes = figure.subplots(2, len(REWARDS), sharex=True)
    real = results[results["centred"] & ~results["null"]]
    for (above, below), reward in zip(axes.T, REWARDS, strict=True):
        for colour, kind in zip(SERIES, KINDS, strict=False):
            for samples in SAMPLES:
                band = intervals.bootstrap(curves(real, reward=reward, kind=kind, samples=samples))
                bold = samples == CONTROL
                above.plot(DRAWN, band.value, color=colour, lw=1.8 if bold else 0.7, alpha=1 if bold else 0.6,
                           ls={4: ":", 8: "--", 14: "-", 16: "-.", 32: (0, (6, 2))}[samples],
                           label=f"{kind}, {samples}")  # fmt: skip
                if bold:
                    above.fill_between(DRAWN, band.low, band.high, color=colour, alpha=0.15, linewidth=0)
            for null, style in ((False, "-"), (True, ":")):
                which = {"reward": reward, "kind": kind, "samples": CONTROL, "centred": True, "null": null}
                part = results[(results[list(which)] == pd.Series(which)).all(axis=1)]
                wide = part.pivot(index="seed", columns="drawn", values="entropy").to_numpy()
                band = intervals.bootstrap(wide)
                below.plot(
                    DRAWN, band.value, style, color=colour, label=f"{kind}, {'shuffled' if null else 'real'} scores"
                )
                below.fill_between(DRAWN, band.low, band.high, color=colour, alpha=0.15, linewidth=0)
        above.set(title=reward, ylim=(0.4, 1.0), xscale="log", xlim=(14, DRAWN[-1]))
        below.set(xlabel="samples drawn", ylim=(0, None))
        for ax in (above, below):
            ax.grid(alpha=0.25)
            ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("quality of the derived architecture")
    axes[1, 0].set_ylabel("entropy (nats)")
    axes[0, -1].legend(frameon=False, fontsize=7, ncols=2, loc="lower right", title="samples a step (K0)")
    axes[1, -1].legend(frameon=False, fontsize=8)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--draw", action="store_true")
    args = parser.parse_args()
    results = go_on(RESULTS, todo(args.seeds), run)
    print(ratios(results).round(4).to_string(index=False))
    print(saturation(results).round(3).to_string(index=False))
    print(f"\nsamples until half of the entropy is gone\n{control(results).round(4).to_string(index=False)}")
    if args.draw:
        print(save(draw(results), RESULTS.with_suffix(".png")))


if __name__ == "__main__":
    main()
