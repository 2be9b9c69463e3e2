"""Does attentive sampling give a better trade-off? Small supernets on CIFAR-10 images, on a CPU.

    python docs/figures/supernet_fronts.py IMAGES [--runs FOLDER] [--steps 500] [--seeds 3] [--draw]

Trains the space of tiny.toml by AttentiveNAS's scheme with random networks in between (`uniform`), the best and the
worst of three candidates, and random ones again for as much processor time as the best take (`uniform, as long`). All
are searched alike: the smallest, the largest and the same 100 random networks are scored on held-out images, and what
counts is the hypervolume of their front of accuracy and multiply-accumulates, from 10 % accuracy (chance) and the cost
of the largest network, in percent of all there is. Goes on where it was stopped; each run is a row of
supernet-fronts.csv.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from supernet_evidence import TABLE, go_on, run_of, train_one

from weaknas.spaces import UserMobile
from weaknas.supernet.schemes import extremes, make_scheme

RESULTS = Path(__file__).parent / "supernet-fronts.csv"
SEARCHED = 100
CHANCE = 10.0
WAYS: dict[str, tuple[dict[str, Any], float]] = {  # options of the scheme, steps relative to the others
    "uniform": ({"candidates": 1}, 1.0),
    "best of 3": ({"pick": "best"}, 1.0),
    "worst of 3": ({"pick": "worst"}, 1.0),
    "uniform, as long": ({"candidates": 1}, 1.32),  # measured: 89 against 67 processor seconds
}


def hypervolume(accuracy: NDArray[np.float64], macs: NDArray[np.float64], largest: float) -> float:
    """Return the share (%) of the area from chance to 100 % and from no cost to the largest that is dominated."""
    order = np.argsort(macs)
    best = np.maximum.accumulate(np.maximum(accuracy[order] - CHANCE, 0))
    widths = np.diff(np.append(macs[order], largest))
    return float(100 * (best * widths).sum() / (largest * (100 - CHANCE)))


def measured(way: str, seed: int, steps: int, images: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Train one supernet, search it, and yield its row."""
    options, longer = WAYS[way]
    space = UserMobile(TABLE)
    scheme = make_scheme("attentivenas", {"dropout": 0.0, "drop_connect": 0.0, **options})
    started = time.process_time()
    evaluator = train_one(run_of(TABLE, scheme, 0.1, seed, round(steps * longer), images), folder)
    seconds = time.process_time() - started
    rows = np.concatenate([extremes(space), space.sample(SEARCHED, np.random.default_rng(0))])
    accuracy = np.array([evaluator.score(row).top1 for row in rows])
    macs = space.cost(rows).macs.astype(np.float64)
    yield {
        "way": way,
        "seed": seed,
        "steps": steps,
        "hypervolume": round(hypervolume(accuracy, macs, macs.max()), 3),
        "smallest": accuracy[0],
        "largest": accuracy[1],
        "random": round(accuracy[2:].mean(), 3),
        "train_seconds": round(seconds, 1),
    }


def draw(results: pd.DataFrame) -> Figure:
    """Draw the hypervolume of each run, one column a way."""
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    for place, way in enumerate(WAYS):
        values = results.loc[results["way"] == way, "hypervolume"]
        axes.plot([place] * len(values), values, "o", alpha=0.7)
        axes.plot([place - 0.2, place + 0.2], [values.mean()] * 2, "k")
    axes.set(xticks=range(len(WAYS)), xticklabels=list(WAYS), ylabel="hypervolume (%)")
    return figure


if __name__ == "__main__":
    results = go_on(RESULTS, WAYS, measured, draw, __doc__.splitlines()[0])
    print(results.groupby(["steps", "way"]).mean().drop(columns="seed").round(2).to_string())
