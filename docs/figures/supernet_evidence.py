"""Does the sandwich rule help? Small supernets on CIFAR-10 images, on a CPU.

    python docs/figures/supernet_evidence.py IMAGES [--runs FOLDER] [--steps 500] [--seeds 3] [--draw]

Trains one tiny space by the sandwich rule (`bignas`), by random paths alone (`spos`, as many paths a step) and by
progressive shrinking (`ofa`), and its smallest and largest network alone, with the same recipe, steps and seeds. What
was trained is in `--runs`, and goes on where it was stopped; each result is a row of supernet-evidence.csv, and is not
computed again. `--draw` draws what is there; the table is printed either way.
"""

import argparse
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from weaknas.figures import save
from weaknas.spaces import UserMobile
from weaknas.supernet import load
from weaknas.supernet.data import open_images
from weaknas.supernet.evaluators import RecalibratedAccuracy, Settings
from weaknas.supernet.run import WEIGHTS, TrainingRun
from weaknas.supernet.schemes import Scheme, extremes, make_scheme
from weaknas.supernet.training import train
from weaknas.supernet.training.optimisation import make_optimisation

RESULTS = Path(__file__).parent / "supernet-evidence.csv"
HELD_OUT = 2_000
BETWEEN = 8
RECIPE = {"schedule": "cosine", "weight_decay": 4e-5, "warmup": 0.05, "augment": "crop"}
TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("tiny.toml").read_text())
WAYS: dict[str, tuple[str, dict[str, Any], float]] = {  # scheme, its options, learning rate
    "sandwich": ("bignas", {"dropout": 0.0}, 0.1),
    "random": ("spos", {"paths": 4}, 0.1),
    "random, 4 x rate": ("spos", {"paths": 4}, 0.4),  # a sandwich adds four gradients, spos averages them
    "progressive": ("ofa", {}, 0.1),
    "alone, smallest": ("spos", {}, 0.1),
    "alone, largest": ("spos", {}, 0.1),
}


def single(pick: Any) -> dict[str, Any]:
    """Return the space with only the smallest (`min`) or largest (`max`) option of each choice."""

    def one(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: one(value) for key, value in part.items()}
        return [pick(part)] if isinstance(part, list) and not isinstance(part[0], dict) else part

    return {**one(TABLE), "stage": [one(stage) for stage in TABLE["stage"]]}


def table_of(way: str) -> dict[str, Any]:
    """Return the space that is trained."""
    return single(min if way.endswith("smallest") else max) if way.startswith("alone") else TABLE


def run_of(table: dict[str, Any], scheme: Scheme, rate: float, seed: int, steps: int, images: Path) -> TrainingRun:
    """Return what is trained."""
    return TrainingRun(
        space=UserMobile(table).recipe,
        scheme=scheme.name,
        options=asdict(scheme),
        optimisation=asdict(make_optimisation(scheme, {**RECIPE, "learning_rate": rate})),
        data=str(images.resolve()),
        held_out=HELD_OUT,
        split_seed=0,
        image_size=32,
        batch=64,
        steps=steps,
        seed=seed,
    )


def train_one(run: TrainingRun, folder: Path) -> RecalibratedAccuracy:
    """Train a supernet, or go on with it, and return what scores its networks."""
    train(run, folder, device="cpu")
    return evaluator_of(run, folder / WEIGHTS)


def evaluator_of(run: TrainingRun, weights: Path) -> RecalibratedAccuracy:
    """Return what scores the networks of some weights; scores are kept beside them."""
    data = open_images(run.data, held_out=HELD_OUT)
    settings = Settings(device="cpu", cache=weights.with_name("scores.sqlite"))
    return RecalibratedAccuracy(load(weights).net, data, settings)


def trained(way: str, seed: int, steps: int, images: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Train one network or supernet, and yield the accuracies of its smallest, largest and some random networks."""
    name, options, rate = WAYS[way]
    run = run_of(table_of(way), make_scheme(name, options), rate, seed, steps, images)
    evaluator = train_one(run, folder)
    space = evaluator.supernet.space
    ends = dict(zip(("smallest", "largest"), extremes(space)[:, None], strict=True))
    drawn = space.sample(BETWEEN, np.random.default_rng(0))  # the same for all seeds and ways
    nets = ends | {f"random {i}": row[None] for i, row in enumerate(drawn)} if space.size > 1 else {way[7:]: drawn[:1]}
    for which, row in nets.items():
        found = {"accuracy": evaluator.score(row).top1, "macs": int(space.cost(row).macs[0])}
        yield {"way": way, "seed": seed, "steps": steps, "network": which, **found}


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard error over seeds, in percent; random networks are averaged first."""
    kinds = results.assign(network=results["network"].str.split().str[0])
    runs = kinds.groupby(["steps", "way", "seed", "network"])["accuracy"].mean()
    return runs.groupby(["steps", "way", "network"]).agg(["mean", "sem", "count"]).round(2)


def draw(results: pd.DataFrame) -> Figure:
    """Draw accuracy against multiply-accumulates, one point a network and seed."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    kinds = results["way"].str.replace(r"^alone.*", "alone", regex=True)
    for colour, (way, mark) in enumerate(zip(kinds.unique(), "os^xD", strict=True)):
        rows = results[kinds == way]
        axes.scatter(rows["macs"] / 1e6, rows["accuracy"], 18, f"C{colour}", marker=mark, label=way, alpha=0.7)
    axes.set(xlabel="million multiply-accumulates", ylabel="held-out accuracy (%)", xscale="log")
    axes.legend(loc="upper left")
    return figure


def go_on(
    table: Path,
    ways: Iterable[str],
    measure: Callable[[str, int, int, Path, Path], Iterable[dict[str, Any]]],
    draw: Callable[[pd.DataFrame], Figure],
    title: str,
) -> pd.DataFrame:
    """Measure what a table does not have yet, as the command line asks, and return it all.

    Args:
        table: a CSV file; it is written after each way and seed.
        ways: what is compared.
        measure: from a way, a seed, the steps, the images and a folder to rows of the table.
        draw: from the rows of the steps asked for to their figure.
        title: what the command is for.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("images", type=Path)
    parser.add_argument("--runs", type=Path, default=Path("out") / table.stem)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--draw", action="store_true")
    args = parser.parse_args()
    for seed in range(args.seeds):
        for way in ways:
            known = pd.read_csv(table).to_dict("records") if table.exists() else []
            if (way, seed, args.steps) not in {(row["way"], row["seed"], row["steps"]) for row in known}:
                folder = args.runs / f"{'-'.join(way.replace(',', '').split())}-{seed}-{args.steps}"
                known += measure(way, seed, args.steps, args.images, folder)
                pd.DataFrame(known).to_csv(table, index=False)
    results = pd.read_csv(table)
    if args.draw:
        print(save(draw(results[results["steps"] == args.steps]), table.with_suffix(".png")))
    return results


if __name__ == "__main__":
    print(summary(go_on(RESULTS, WAYS, trained, draw, __doc__.splitlines()[0])).to_string())
