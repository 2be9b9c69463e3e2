"""Searches that train meanwhile, compared: small supernets on CIFAR-10 images, on a CPU.

    python docs/figures/supernet_searching.py IMAGES --weights out/tiny [--seeds 3] [--draw]

Part `fixed`: PARSEC and FP-NAS of several numbers of samples and DMaskingNAS learn a distribution over the space of
tiny.toml, at most 800,000 multiply-accumulates, on the weights of one supernet (`--weights`; its training is in
docs/results/supernets.md) that stay as they are; also with labels shuffled within each batch, so that there is
nothing to learn. Part `joint`: weights and distribution together, from random weights. Part `targets`: other
constraints, or none. Part `resolutions`: DMaskingNAS from random weights with four resolutions, without a constraint,
at three weights of the cost. What would be found is noted along the way and scored with the weights of `--weights` on
held-out images. Every run is some rows of supernet-searching.csv, and is not computed again; `--part` and `--ways`
choose some.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from supernet_evidence import HELD_OUT, TABLE, evaluator_of, run_of

from weaknas.figures import save
from weaknas.spaces import UserMobile
from weaknas.supernet.data import ImageSplit, batches, open_images
from weaknas.supernet.run import WEIGHTS
from weaknas.supernet.schemes import make_scheme
from weaknas.supernet.training import Trainer
from weaknas.supernet.training.processes import Processes
from weaknas.supernet.training.split import split

Floats = NDArray[np.float64]
RESULTS = Path(__file__).with_suffix(".csv").with_stem("supernet-searching")
CONSTRAINT = "macs <= 800e3"
FIXED = {"fixed": True, "frozen": 0.0, "arch_share": 0.0}
JOINT = {"frozen": 0.25, "arch_share": 0.5}
PARSEC, FP_NAS = {"arch_rate": 0.1}, {"arch_rate": 0.2}  # each the best of 0.05, 0.1 and 0.2 on a seed of its own
MASKING = {"arch_rate": 0.1, "arch_decay": 0.0}
FREE = {"constraint": None, "form": "add"}
WAYS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "fixed": {
        **{f"parsec {k}": ("parsec", {**PARSEC, "samples": k}) for k in (4, 8, 14, 28)},
        **{f"fp-nas {k}": ("fp-nas", {**FP_NAS, "samples": k}) for k in (8, 14, 28)},
        "fp-nas 14, hinge alone": ("fp-nas", {**FP_NAS, "samples": 14, "strict": False, "beta": 1.0}),
        "parsec 14, shuffled": ("parsec", {**PARSEC, "samples": 14}),
        "fp-nas 14, shuffled": ("fp-nas", {**FP_NAS, "samples": 14}),
        "dmasking": ("dmasking", MASKING),
    },
    "joint": {
        "parsec 14": ("parsec", {**PARSEC, "samples": 14}),
        "fp-nas 14": ("fp-nas", {**FP_NAS, "samples": 14}),
        "dmasking": ("dmasking", MASKING),
    },
    "resolutions": {
        f"dmasking, alpha {alpha:g}": ("dmasking", {**MASKING, **FREE, "alpha": alpha}) for alpha in (0.0, 10.0)
    },
    "targets": {
        f"{name}, {words}": (name, {**options, "constraint": constraint, "samples": 14})
        if name == "fp-nas"
        else (name, {**options, "constraint": constraint, "alpha": 0.0})
        for name, options in (("fp-nas", FP_NAS), ("dmasking", MASKING))
        for words, constraint in (
            ("free", None),
            ("400 k MACs", "macs <= 400e3"),
            ("1.2 M MACs", "macs <= 1.2e6"),
            ("20 k params", "params <= 20e3"),
        )
    },
}
STEPS = {"fixed": 200, "joint": 400, "resolutions": 120, "targets": 200}
LEARNED = ("joint", "resolutions")  # parts in which the weights are trained
RESAMPLES = 10_000
COMPARED: tuple[tuple[str, tuple[str, str], str, tuple[float, ...]], ...] = (
    ("fixed", ("fp-nas 14", "parsec 14"), "samples", (49.0, 49.5, 50.0)),
    ("joint", ("fp-nas 14", "parsec 14"), "forwards", (45.0, 46.0)),
    ("joint", ("fp-nas 14", "dmasking"), "seconds", (45.0, 46.0)),
)
NOTED = {
    "fixed": (10, 20, 40, 80, 120, 160, 200),
    "joint": (120, 160, 220, 300, 400),
    "resolutions": (60, 120),
    "targets": (100, 200),
}


def endless(part: ImageSplit, seed: int) -> Iterator[Any]:
    """Yield batches, epoch after epoch."""
    for epoch in range(1_000_000):
        yield from batches(part, 64, seed=seed, epoch=epoch)


def searched(part: str, way: str, seed: int, images: Path, weights: Path) -> Iterator[dict[str, Any]]:
    """Search, and yield a row for each time that what would be found is noted."""
    name, options = WAYS[part][way]
    table = {**TABLE, "resolution": [12, 16, 20, 24]} if part == "resolutions" else TABLE
    own = {"constraint": CONSTRAINT, **(JOINT if part in LEARNED else FIXED), **options}
    run = run_of(table, make_scheme(name, own), 0.1, seed, STEPS[part], images)
    if part not in LEARNED:
        run = replace(run, weights=str((weights / WEIGHTS).resolve()))
    data = open_images(run.data, held_out=HELD_OUT)
    trainer = Trainer(run, data, Processes("cpu"))
    train, other = split(data.train, trainer.scheme, seed)
    mine, theirs = endless(train, seed), endless(other, seed + 1000)
    rng = np.random.default_rng(seed)
    spent = {"samples": 0.0, "forwards": 0.0}
    began = time.process_time()
    for number in range(1, run.steps + 1):
        arch_batch = next(theirs) if trainer.searches(number - 1) else None
        if arch_batch is not None and way.endswith("shuffled"):
            pixels, labels = arch_batch
            arch_batch = pixels, labels[torch.from_numpy(rng.permutation(len(labels)))]
        seen = {key: float(value) for key, value in trainer.step(next(mine), arch_batch).items()}
        spent["samples"] += seen.get("samples", 0)
        # A sample's weights are trained in a second pass, forward and backward.
        spent["forwards"] += seen.get("different", 1) + 2 * seen.get("train_different", 0)
        if number in NOTED[part]:
            seconds = time.process_time() - began
            found = trainer.scheme.derive()
            cost = trainer.space.cost(found)
            yield {
                "part": part,
                "way": way,
                "seed": seed,
                "step": number,
                **spent,
                "seconds": round(seconds, 1),
                "entropy": round(seen["entropy"], 4),
                "expected_macs": round(trainer.scheme.distribution.expected_cost().macs.item()),
                "mode_macs": int(trainer.space.cost(trainer.scheme.distribution.mode()).macs[0]),
                "macs": int(cost.macs[0]),
                "params": int(cost.params[0]),
                "arch": trainer.space.to_str(found)[0],
            }
            began += time.process_time() - began - seconds


def main() -> None:
    """Search what the table does not have yet, score what was found, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", choices=list(WAYS))
    parser.add_argument("--ways", nargs="*")
    parser.add_argument("--draw", action="store_true")
    args = parser.parse_args()
    judge = evaluator_of(run_of(TABLE, make_scheme("spos", {}), 0.1, 0, 1, args.images), args.weights / WEIGHTS)
    space = UserMobile(TABLE)
    for seed in range(args.seeds):
        for part, way in [(name, way) for name in WAYS for way in WAYS[name]]:
            if args.part not in (None, part) or (args.ways and way not in args.ways):
                continue
            known = pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []
            if (part, way, seed) in {(row["part"], row["way"], row["seed"]) for row in known}:
                continue
            rows = list(searched(part, way, seed, args.images, args.weights))
            for row in rows if part != "resolutions" else ():  # the judge has two of these
                row["accuracy"] = judge.score(space.from_str([row["arch"]])).top1
            print(
                part, way, seed, f"{rows[-1]['seconds']:.0f} s", rows[-1].get("accuracy"), rows[-1]["macs"], flush=True
            )
            known = pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []  # of another process, perhaps
            pd.DataFrame(known + rows).to_csv(RESULTS, index=False)
    results = pd.read_csv(RESULTS)
    last = results[results["step"] == results["part"].map(STEPS)]
    columns = ["samples", "forwards", "seconds", "entropy", "expected_macs", "macs", "accuracy"]
    print(last.groupby(["part", "way"], sort=False)[columns].mean().round(2).to_string())
    for part, ways, column, levels in COMPARED:
        for level in levels:
            print(ratio(results, part, ways, column, level))
    if args.draw:
        print(save(draw(results), RESULTS.with_suffix(".png")))


def spent_to(level: float, accuracy: Floats, spent: Floats) -> Floats:
    """Return what is spent until `(n, m)` mean accuracies first reach a level; infinity where they do not."""
    best = np.maximum.accumulate(accuracy, axis=1)
    found = np.full(len(best), np.inf)
    for row, (curve, costs) in enumerate(zip(best, spent, strict=True)):
        place = int(np.searchsorted(curve, level))
        if place == 0:
            found[row] = costs[0]
        elif place < len(curve):
            share = (level - curve[place - 1]) / (curve[place] - curve[place - 1])
            found[row] = costs[place - 1] + share * (costs[place] - costs[place - 1])
    return found


def ratio(results: pd.DataFrame, part: str, ways: tuple[str, str], column: str, level: float) -> dict[str, Any]:
    """Compare what two ways spend until their mean accuracy reaches a level, by resampling their seeds."""
    rng, samples = np.random.default_rng(0), {}
    for way in ways:
        rows = results[(results["part"] == part) & (results["way"] == way)]
        wide = rows.pivot(index="seed", columns="step", values=["accuracy", column])
        accuracy, spent = wide["accuracy"].to_numpy(float), wide[column].to_numpy(float)
        drawn = rng.integers(0, len(wide), (RESAMPLES, len(wide)))
        drawn[0] = np.arange(len(wide))  # the runs as they are
        samples[way] = spent_to(level, accuracy[drawn].mean(1), spent[drawn].mean(1))
    first, second = (samples[way] for way in ways)
    with np.errstate(invalid="ignore"):
        ratios = first / second
    low, high = np.nanquantile(ratios, [0.025, 0.975], method="inverted_cdf")
    return {
        "ways": " / ".join(ways),
        "level": level,
        "spent": column,
        **dict(zip(ways, (round(float(samples[way][0]), 1) for way in ways), strict=True)),
        "ratio": round(float(ratios[0]), 2),
        "low": round(float(low), 2),
        "high": round(float(high), 2),
    }


def draw(results: pd.DataFrame) -> Figure:
    """Draw the accuracy of what would be found against the samples or forward passes that were spent."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, part in zip(figure.subplots(1, 2), ("fixed", "joint"), strict=True):
        mine = results[(results["part"] == part) & ~results["way"].str.contains("shuffled")]
        mine = mine.assign(spent=mine["seconds"] if part == "joint" else mine["samples"])
        for way, rows in mine.groupby("way", sort=False):
            means = rows.groupby("step")[["spent", "accuracy"]].mean()
            if part == "fixed" and way == "dmasking":
                continue  # it draws no samples
            axes.plot(means["spent"], means["accuracy"], "o-" if str(way).startswith("fp") else "s--", label=way)
        spent, title = (
            ("processor seconds", "from random weights") if part == "joint" else ("samples", "fixed weights")
        )
        axes.set(xlabel=spent, ylabel="accuracy of what is found (%)", title=title)
        axes.set_xscale("linear" if part == "joint" else "log")
        axes.legend(fontsize=8)
    return figure


if __name__ == "__main__":
    main()
