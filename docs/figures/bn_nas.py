"""What BN-NAS saves, and what its indicator comes to: small supernets on CIFAR-10 images, on a CPU.

    python docs/figures/bn_nas.py IMAGES [--seeds 2]

On the supernet of NAS-Bench-201 of cells_searching.py: the processor time of a step in which only batch normalisation
learns, relative to one in which all weights do, in turns; Kendall's tau of the indicator with the test accuracies of
400 cells (see ranking_cells.py) at some steps of training, and with the indicator at the end; and what it takes to
score one cell, by looking the indicator up and by recalibration and validation. Rows of the indicator are kept in
bn-nas.csv, and not computed again; times are measured anew.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from cells_searching import SPACE, Bench, endless, trainer_of
from ranking_cells import WAYS, cells
from scipy.stats import kendalltau

from weaknas.supernet.evaluators import BnIndicator, RecalibratedAccuracy, Settings
from weaknas.supernet.training import Trainer

RESULTS = Path(__file__).with_name("bn-nas.csv")
NOTED = (0, 15, 50, 150, 500, 1500)
CELLS, TURNS, STEPS = 400, 6, 40
SCOPES = ("last", "all")


def indicators(bench: Bench, scope: str, seed: int) -> Iterator[dict[str, Any]]:
    """Train normalisation alone, and yield how the indicator ranks at some steps."""
    way = WAYS[f"bn-nas, {scope}"]
    trainer = trainer_of(bench, way.scheme, way.options, seed, way.steps, way.training)
    batches, rows = endless(bench.data.train, seed), cells(CELLS)
    truth, macs = bench.table.report(rows).test, SPACE.cost(rows).macs
    seen, losses = {}, [np.nan]
    for number in range(way.steps + 1):
        if number in NOTED:
            indicator = BnIndicator(trainer.supernet, scope)  # type: ignore[arg-type]
            seen[number] = indicator.scores(rows), np.mean(losses[-50:])
        if number < way.steps:
            losses.append(float(trainer.step(next(batches))["loss"]))
    for number, (scores, loss) in seen.items():
        yield {
            "scope": scope,
            "seed": seed,
            "step": number,
            "tau": round(kendalltau(scores, truth).statistic, 4),
            "with_macs": round(kendalltau(scores, macs).statistic, 4),
            "with_last": round(kendalltau(scores, seen[way.steps][0]).statistic, 4),
            "loss": round(float(loss), 4),
        }


def seconds(one: Callable[[], object], times: int) -> float:
    """Return the processor time of a call, the mean of some."""
    began = time.process_time()
    for _ in range(times):
        one()
    return (time.process_time() - began) / times


def steps(bench: Bench) -> pd.DataFrame:
    """Return the seconds of a step of each kind: the medians of several turns."""
    ways = {"all weights": "spos", **{f"normalisation, {scope}": f"bn-nas, {scope}" for scope in SCOPES}}
    batches = endless(bench.data.train, 0)
    trainers: dict[str, Trainer] = {
        name: trainer_of(bench, WAYS[way].scheme, WAYS[way].options, 0, TURNS * STEPS, WAYS[way].training)
        for name, way in ways.items()
    }
    turns = [
        {
            name: seconds(lambda trainer=trainer: trainer.step(next(batches)), STEPS)
            for name, trainer in trainers.items()
        }  # type: ignore[misc]
        for _ in range(TURNS)
    ]
    found = pd.DataFrame(turns[1:]).median().to_frame("seconds")
    trained = [sum(value.numel() for value in trainer.weights.parameters) for trainer in trainers.values()]
    return found.assign(relative=found["seconds"] / found["seconds"].iloc[0], parameters=trained)


def scoring(bench: Bench) -> None:
    """Print what it takes to score a cell in two ways."""
    supernet = trainer_of(bench, "spos", {}, 0, 1).supernet
    table, rows = BnIndicator(supernet), SPACE.enumerate()
    by_table = seconds(lambda: table.scores(rows), 20) / len(rows)
    some = iter(cells(20))
    with TemporaryDirectory() as folder:
        settings = Settings(device="cpu", cache=Path(folder) / "scores.sqlite")
        accuracy = RecalibratedAccuracy(supernet, bench.data, settings)
        by_images = seconds(lambda: accuracy.score(next(some)), 20)
    print(
        f"a cell is looked up in {by_table:.2e} s; recalibrated on {accuracy.bn_images:,} images and scored on "
        f"{len(bench.data.held_out):,} it takes {by_images:.3f} s, {by_images / by_table:,.0f} times as long"
    )


def main() -> None:
    """Train what the table does not have, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    bench = Bench(args.images)
    for seed in range(args.seeds):
        for scope in SCOPES:
            known = pd.read_csv(RESULTS) if RESULTS.exists() else pd.DataFrame({"scope": [], "seed": []})
            if not ((known["scope"] == scope) & (known["seed"] == seed)).any():
                rows = pd.DataFrame(indicators(bench, scope, seed))
                pd.concat([known, rows]).astype({"seed": int}).to_csv(RESULTS, index=False)
    found = pd.read_csv(RESULTS)
    ranks = found.groupby(["scope", "step"])[["tau", "with_macs", "with_last", "loss"]].agg(["mean", "min", "max"])
    print(ranks.round(3).to_string())
    print(steps(bench).to_string())
    scoring(bench)


if __name__ == "__main__":
    main()
