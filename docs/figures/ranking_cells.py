"""Does a supernet rank architectures? Schemes of training, judged by NAS-Bench-201: small supernets, on a CPU.

    python docs/figures/ranking_cells.py IMAGES [--seeds 5] [--ways spos fairnas ...] [--cells 400]

Each way trains small supernets of NAS-Bench-201 (three cells of 8, 16 and 32 channels, CIFAR-10 images of 16 pixels)
from several seeds, and reads cells with their weights: by the loss of 256 held-out images, with batch normalisation by
their own statistics, by a linear probe on 512 training images, or by the indicator of BN-NAS. The cells are the first
of a fixed shuffle of the 6,466 different ones; what they are worth is their test accuracy in the table (CIFAR-10, 200
epochs, mean of the runs), which no supernet sees. Weights are kept in `--runs`, scores in
ranking-cells-scores.parquet, and what a run took in ranking-cells-runs.csv; a run that is there is not computed again,
and more `--cells` are added to it. ranking_summary.py makes the tables and the picture.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from cells_searching import SPACE, Bench, endless, trainer_of
from filelock import FileLock

from weaknas.spaces import Batch
from weaknas.supernet import Path as Arch
from weaknas.supernet import Supernet, load, make_supernet, save
from weaknas.supernet.data import normalise
from weaknas.supernet.evaluators import FrozenHead, Settings, make_indicators
from weaknas.supernet.evaluators.linear_probe import ridge
from weaknas.supernet.shift import feature_shift
from weaknas.supernet.training.split import split

SCORES = Path(__file__).with_name("ranking-cells-scores.parquet")
RUNS = Path(__file__).with_name("ranking-cells-runs.csv")
IMAGES, TRAINING = 256, 512


class Way(NamedTuple):
    """How a supernet is trained and read.

    Attributes:
        scheme: of training.
        options: the scheme's.
        steps: of training; 0 for weights as they were drawn.
        training: options of the optimisation that differ from the recipe of cells_searching.py.
        head: epochs of a new classifier on frozen features; 0 for the supernet's own.
        indicator: read in place of accuracies, where there is one.
    """

    scheme: str
    options: Mapping[str, Any]
    steps: int
    training: Mapping[str, Any] = {}
    head: int = 0
    indicator: str = ""


FAST = {"learning_rate": 0.1}
MOCO = {"learning_rate": 0.1, "augment": "moco", "weight_decay": 1e-4, "warmup": 0.0}
PI = {"queue": 2048, "momentum": 0.99, "dim": 64, "hidden": 128}
BN = {"learning_rate": 0.25, "schedule": "linear", "ending": 0.002, "warmup": 0.0, "clip": 5.0}


def pi(**options: Any) -> Way:
    """Return Pi-NAS, or an ablation of it."""
    return Way("pi-nas", {**PI, **options}, 800, MOCO, head=2)


PROXIES = ("synflow", "naswot", "jacov", "grad-norm", "snip")
WAYS: dict[str, Way] = {
    "untrained": Way("", {}, 0),
    "spos": Way("spos", {}, 6000, FAST),
    "fairnas": Way("fairnas", {}, 1200, FAST),
    "pi-nas": pi(),
    "bn-nas, last": Way("bn-nas", {}, 1500, BN, indicator="bn-last"),
    "bn-nas, all": Way("bn-nas", {"scope": "all"}, 1500, BN, indicator="bn-all"),
    "pada": Way("pada", {}, 6000, FAST),
    "sandwich": Way("bignas", {"dropout": 0.0}, 1500),
    "darts": Way("darts", {"arch_rate": 0.006}, 1000),
    "entrannas": Way("entrannas", {"arch_rate": 0.006}, 2000),
    "parsec": Way("parsec", {"samples": 4}, 1500),
    "pi-nas, same path": pi(cross=False),
    "pi-nas, no teacher": pi(teacher=False),
    "pi-nas, no negatives": pi(negatives=False),
    "pi-nas, neither": pi(teacher=False, negatives=False),
    **{proxy: Way("", {}, 0, indicator=proxy) for proxy in PROXIES},
}


def cells(n: int) -> Batch:
    """Return the first different cells of a fixed shuffle."""
    every = SPACE.enumerate()
    _, first = np.unique(SPACE.key(every), return_index=True)
    return every[np.random.default_rng(0).permutation(np.sort(first))[:n]]


def train(bench: Bench, way: Way, seed: int, file: Path) -> dict[str, Any]:
    """Train a supernet, keep its weights, and return what it took and what was seen at its end."""
    trainer = trainer_of(bench, way.scheme, way.options, seed, way.steps, way.training)
    part, other = split(bench.data.train, trainer.scheme, seed)
    mine, theirs = endless(part, seed), endless(other, seed + 1000)
    began, seen = time.process_time(), []
    for number in range(way.steps):
        seen.append(trainer.step(next(mine), next(theirs) if trainer.searches(number) else None))
    seconds = time.process_time() - began
    file.parent.mkdir(parents=True, exist_ok=True)
    save(trainer.evaluated, file)
    logs = pd.DataFrame(seen[-100:]).astype(float).mean()
    pixels, _ = next(iter(bench.held_out))
    shift = feature_shift(trainer.supernet, normalise(pixels[:IMAGES], bench.data), 20, np.random.default_rng(0))
    return {
        "steps": way.steps,
        "train_seconds": round(seconds, 1),
        "cell_shift": round(shift["layers"], 4),
        "feature_shift": round(shift["features"], 4),
        "feature_std": round(logs.get("feature_std", np.nan), 4),
        "teacher_shift": round(logs.get("teacher_shift", np.nan), 4),
    }


def read(bench: Bench, supernet: Supernet, rows: Batch) -> Iterator[dict[str, float]]:
    """Yield what cells come to with the weights of a supernet, normalised by the statistics of each batch.

    `loss` and `accuracy` are those of the classifier that all cells share, on held-out images; `probe` and
    `probe_accuracy` those of a classifier of the cell's own, as the evaluator linear-probe has it.
    """
    (x, classes), (held_x, held_classes) = (
        (normalise(part.read(np.arange(n)), bench.data), part.labels[:n].long())
        for part, n in ((bench.data.train, TRAINING), (bench.data.held_out, IMAGES))
    )
    targets, held_targets = (F.one_hot(of, 10).double() for of in (classes, held_classes))
    supernet.train()
    with torch.no_grad():
        for row in rows:
            features, held = supernet.features(x, Arch(row[None])), supernet.features(held_x, Arch(row[None]))
            logits = supernet.classifier(held)
            weights, bias = ridge(features.double(), targets, 0.1)
            guesses = held.double() @ weights + bias
            yield {
                "loss": F.cross_entropy(logits, held_classes).item(),
                "accuracy": 100 * (logits.argmax(1) == held_classes).float().mean().item(),
                "probe": (guesses - held_targets).square().sum(1).mean().item(),
                "probe_accuracy": 100 * (guesses.argmax(1) == held_classes).float().mean().item(),
            }


def scored(bench: Bench, way: Way, file: Path, rows: Batch) -> pd.DataFrame:
    """Return the scores of cells with the weights of a run."""
    supernet = load(file).net if way.steps else make_supernet(SPACE)
    if way.indicator:
        (indicator,) = make_indicators([way.indicator], supernet, bench.data).values()
        return pd.DataFrame({"indicator": indicator.scores(rows)}, dtype=np.float32)
    if way.head:
        supernet = FrozenHead(supernet, bench.data, Settings(device="cpu"), epochs=way.head).trained
    return pd.DataFrame(read(bench, supernet, rows), dtype=np.float32)


def run(bench: Bench, name: str, seed: int, n: int, folder: Path) -> None:
    """Add what the tables do not have of a way and a seed."""
    way, file = WAYS[name], folder / f"{name.replace(',', '').replace(' ', '-')}-{seed}.safetensors"
    scores = kept(SCORES)
    known = int(((scores["way"] == name) & (scores["seed"] == seed)).sum())
    if known >= n:
        return
    if way.steps and not file.is_file():
        took = train(bench, way, seed, file)
        note(RUNS, {"way": [name], "seed": [seed], **{key: [value] for key, value in took.items()}})
    began = time.process_time()
    torch.manual_seed(seed)  # of weights that are not trained
    numbers = np.arange(known, n, dtype=np.int16)
    more = scored(bench, way, file, cells(n)[known:]).assign(way=name, seed=seed, cell=numbers)
    note(SCORES, more)
    print(name, seed, f"{(time.process_time() - began) / len(more):.3f} s a cell", flush=True)


def note(table: Path, rows: Any) -> None:
    """Add rows to a table, which another process may be writing as well."""
    with FileLock(table.with_suffix(".lock")):
        every = pd.concat([kept(table), pd.DataFrame(rows)], ignore_index=True)
        every.to_csv(table, index=False) if table == RUNS else every.to_parquet(table, index=False)


def kept(table: Path) -> pd.DataFrame:
    """Return the rows that there are."""
    if not table.exists():
        return pd.DataFrame({"way": [], "seed": []})
    return pd.read_csv(table) if table == RUNS else pd.read_parquet(table)


def main() -> None:
    """Train and score what the tables do not have yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", nargs="*", default=list(WAYS))
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--runs", type=Path, default=Path("out/ranking-cells"))
    args = parser.parse_args()
    bench = Bench(args.images)
    for seed in range(args.seeds):
        for name in args.ways if seed == 0 else [name for name in args.ways if name not in PROXIES]:
            run(bench, name, seed, args.cells, args.runs)


if __name__ == "__main__":
    main()
