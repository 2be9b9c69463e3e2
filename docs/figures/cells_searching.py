"""Searches that mix the operations of cells, judged by NAS-Bench-201: small supernets on CIFAR-10 images, on a CPU.

    python docs/figures/cells_searching.py IMAGES [--seeds 5] [--ways darts entrannas-dst ...] [--draw]

DARTS, EnTranNAS, EnTranNAS-DST and the sparse supernet search the cell of NAS-Bench-201 in a small network of three
cells on images of 16 pixels. The cells that they come to along the way are looked up in the table of NAS-Bench-201
(CIFAR-10, 200 epochs, the mean of all runs), which no search sees. Beside them stand, at the same processor time, a
random search that trains random cells alone for a few steps each and keeps the most accurate on held-out images, and
single paths (SPOS), about half of the time training and the rest scoring random cells.

At the end of a search its supernet with the weights that it has come to is scored on held-out images, and so are the
cell that is found with the supernet's weights, and the cell trained anew. Every run is some rows of
cells-searching.csv, and is not computed again. `darts, longer` is DARTS with twice as many steps, which is
computed on demand alone: `--seeds 2 --ways 'darts, longer'`.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from scipy.stats import kruskal, mannwhitneyu
from supernet_evidence import HELD_OUT, RECIPE

import weaknas
from weaknas.figures import save
from weaknas.spaces import Batch, NasBench201
from weaknas.supernet.data import Images, ImageSplit, batches, normalise, open_images
from weaknas.supernet.evaluators.measuring import Stack, measure
from weaknas.supernet.recalibration import recalibrate
from weaknas.supernet.run import TrainingRun
from weaknas.supernet.schemes import make_scheme
from weaknas.supernet.training import Trainer
from weaknas.supernet.training.optimisation import make_optimisation
from weaknas.supernet.training.processes import Processes
from weaknas.supernet.training.split import split

RESULTS = Path(__file__).with_name("cells-searching.csv")
SPACE = NasBench201(channels=8, stage=1, side=16)
BATCH, RATE = 64, 0.05
STEPS, ALONE, PATHS = 1000, 150, 2000
NOTED = (50, 100, 200, 400, 700, 1000, 1500, 2000)
ARCH_RATE = 0.006  # times the steps it is about what it is in the publications, 3e-4 times some 20,000
SECONDS = 160.0  # of a search that draws cells, about what DARTS takes
MIXTURES = ("darts", "darts, longer", "entrannas", "entrannas-dst", "sparse")
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "darts": ("darts", {"arch_rate": ARCH_RATE}),
    "entrannas": ("entrannas", {"arch_rate": ARCH_RATE, "sparsify": False}),
    "entrannas-dst": ("entrannas", {"arch_rate": ARCH_RATE}),
    "sparse": ("sparse", {}),
    "spos": ("spos", {}),
    "random": ("single", {}),
    "darts, longer": ("darts", {"arch_rate": ARCH_RATE}),
}
LONGER = {"darts, longer": 2000}


class Bench:
    """What scores networks: images, and the table of NAS-Bench-201."""

    def __init__(self, images: Path) -> None:
        self.images = images
        self.data: Images = open_images(images, held_out=HELD_OUT)
        cpu, rows = torch.device("cpu"), np.random.default_rng(0).permutation(len(self.data.train))[:1000]
        self.train = Stack(self.data.train, rows, 250, None, cpu)
        self.held_out = Stack(self.data.held_out, np.arange(HELD_OUT), 500, None, cpu)
        self.table = weaknas.benchmark("nasbench201/cifar10")

    def score(self, net: torch.nn.Module) -> float:
        """Return the accuracy of a network on the held-out images, with batch-norm statistics of its own."""
        recalibrate(net.eval(), (normalise(pixels, self.data) for pixels, _ in self.train))
        return measure(net, self.held_out, self.data).top1

    def known(self, row: Batch) -> dict[str, Any]:
        """Return what the table and the cell itself say."""
        report = self.table.report(row)
        return {
            "test": float(report.test[0]),
            "valid": float(report.valid[0]),
            "skips": int((row == 1).sum()),
            "nones": int((row == 0).sum()),
            "arch": SPACE.to_str(row)[0],
        }


def trainer_of(
    bench: Bench,
    name: str,
    options: Mapping[str, Any],
    seed: int,
    steps: int,
    training: Mapping[str, Any] | None = None,
) -> Trainer:
    """Return a trainer before its first step; `training` is what differs from the recipe."""
    scheme = make_scheme(name, options)
    run = TrainingRun(
        space=SPACE.recipe,
        scheme=name,
        options=vars(scheme),
        optimisation=vars(
            make_optimisation(scheme, {**RECIPE, "learning_rate": RATE, "momentum": 0.9, **(training or {})})
        ),
        data=str(bench.images.resolve()),
        held_out=HELD_OUT,
        split_seed=0,
        image_size=32,
        batch=BATCH,
        steps=steps,
        seed=seed,
    )
    return Trainer(run, bench.data, Processes("cpu"))


def endless(part: ImageSplit, seed: int) -> Iterator[Any]:
    """Yield batches, epoch after epoch."""
    for epoch in range(1_000_000):
        yield from batches(part, BATCH, seed=seed, epoch=epoch)


def taken(trainer: Trainer, bench: Bench, seed: int) -> Iterator[int]:
    """Take all steps; yield the number of each."""
    train, other = split(bench.data.train, trainer.scheme, seed)
    mine, theirs = endless(train, seed), endless(other, seed + 1000)
    for number in range(1, trainer.run.steps + 1):
        trainer.step(next(mine), next(theirs) if trainer.searches(number - 1) else None)
        yield number


def searched(bench: Bench, way: str, seed: int) -> Iterator[dict[str, Any]]:
    """Search by a mixture, and yield a row for each time that the cell it points at is noted."""
    name, options = WAYS[way]
    trainer = trainer_of(bench, name, options, seed, LONGER.get(way, STEPS))
    began, aside = time.process_time(), 0.0
    for number in taken(trainer, bench, seed):
        if number not in NOTED:
            continue
        paused = time.process_time()
        row = trainer.scheme.derive()
        seen = {"step": number, "seconds": round(paused - began - aside, 1), **bench.known(row)}
        if number == trainer.run.steps:
            seen |= judged(bench, trainer, row, seed)
        yield seen
        aside += time.process_time() - paused


def judged(bench: Bench, trainer: Trainer, row: Batch, seed: int) -> dict[str, Any]:
    """Score what a search came to: its supernet, what is left of that, and the cell with its weights and anew."""
    supernet, selection = trainer.supernet, trainer.scheme.selection()
    left = supernet.pruned(selection)
    pixels, _ = next(iter(bench.held_out))
    images = normalise(pixels, bench.data)
    with torch.no_grad():
        off = (supernet.train()(images, selection) - left.train()(images)).abs().max().item()
    alone = trainer_of(bench, "single", {"arch": SPACE.to_str(row)[0]}, seed, STEPS)
    for _ in taken(alone, bench, seed):
        pass
    return {
        "supernet": bench.score(left),  # the same network: `off` is by how much their logits differ at most
        "off": off,
        "inherited": bench.score(supernet.subnet(row)),
        "anew": bench.score(alone.supernet.subnet(row)),
    }


def drawn(bench: Bench, way: str, seed: int) -> Iterator[dict[str, Any]]:
    """Train random cells alone, a few steps each, until the time is over; yield a row where a better one is found."""
    rng, best, began, number = np.random.default_rng(seed), -1.0, time.process_time(), 0
    while (seconds := time.process_time() - began) < SECONDS:
        row, number = SPACE.sample(1, rng), number + 1
        trainer = trainer_of(bench, "single", {"arch": SPACE.to_str(row)[0]}, seed, ALONE)
        for _ in taken(trainer, bench, seed):
            pass
        score = bench.score(trainer.supernet.subnet(row))
        if score > best:
            best, found = score, {"step": number, "seconds": round(seconds, 1), **bench.known(row)}
            yield {**found, "inherited": score}
    yield {**found, "step": number, "seconds": round(seconds, 1), "inherited": best}


def single_paths(bench: Bench, way: str, seed: int) -> Iterator[dict[str, Any]]:
    """Train single paths, and score random cells with their weights until the time is over."""
    trainer = trainer_of(bench, "spos", {}, seed, PATHS)
    began, rng, best = time.process_time(), np.random.default_rng(seed), -1.0
    for _ in taken(trainer, bench, seed):
        pass
    while (seconds := time.process_time() - began) < SECONDS:
        row = SPACE.sample(1, rng)
        score = bench.score(trainer.supernet.subnet(row))
        if score > best:
            best, found = score, row
    yield {"step": PATHS, "seconds": round(seconds, 1), **bench.known(found), "inherited": best}


def means(results: pd.DataFrame, bench: Bench) -> str:
    """Return what each way came to, over its seeds, and what the table holds."""
    last = results.groupby(["way", "seed"], sort=False).tail(1)
    columns = ["seconds", "test", "skips", "nones", "supernet", "off", "inherited", "anew"]
    shown = last.groupby("way", sort=False)[columns].mean().round(2)
    shown.insert(2, "worst", last.groupby("way", sort=False)["test"].min().round(2))
    shown.insert(3, "best", last.groupby("way", sort=False)["test"].max().round(2))
    shown.insert(0, "runs", last.groupby("way", sort=False).size())
    test = bench.table.report(SPACE.enumerate()).test_acc
    return (
        f"{shown.to_string()}\nall cells: mean {np.mean(test):.2f}, median {np.median(test):.2f}, best "
        f"{np.max(test):.2f}, the best quarter from {np.quantile(test, 0.75):.2f}, the best tenth from "
        f"{np.quantile(test, 0.9):.2f}; skip connections alone "
        f"{bench.known(np.ones((1, 6), dtype=np.int8))['test']:.2f}; the "
        f"largest, 3x3 convolutions alone {bench.known(np.full((1, 6), 3, dtype=np.int8))['test']:.2f}"
    )


def compared(results: pd.DataFrame) -> str:
    """Return whether the ways differ: those that mix among each other, and each from random, by Holm's correction."""
    last = results[~results["way"].isin(LONGER)].groupby(["way", "seed"], sort=False).tail(1)
    test = {way: rows["test"].to_numpy() for way, rows in last.groupby("way")}
    among = kruskal(*(test[way] for way in MIXTURES if way in test)).pvalue
    apart = sorted((mannwhitneyu(test[way], test["random"]).pvalue, way) for way in test if way != "random")
    lines, holm = [f"the ways that mix differ: p = {among:.2f} (Kruskal-Wallis)"], 0.0
    for place, (p, way) in enumerate(apart):
        holm = max(holm, min(1.0, p * (len(apart) - place)))
        lines.append(f"{way} and random differ: p = {p:.3f} (Mann-Whitney), {holm:.2f} after Holm's correction")
    return "\n".join(lines)


def draw(results: pd.DataFrame) -> Figure:
    """Draw the accuracy of the cells that searches point at, and how many of their edges are skips, by time."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for way, rows in results[results["way"].isin(MIXTURES)].groupby("way", sort=False):
        by_step = rows.groupby("step")
        (line,) = left.plot(by_step["test"].median(), "o-", label=way)
        left.fill_between(by_step["test"].min().index, by_step["test"].min(), by_step["test"].max(), alpha=0.12)
        right.plot(by_step["skips"].mean(), "o-", color=line.get_color(), label=f"{way}: skips")
    for way in ("random", "spos"):
        rows = results[results["way"] == way].groupby("seed").tail(1)
        if len(rows):
            left.axhline(rows["test"].median(), linestyle=":", color="gray" if way == "random" else "black", label=way)
    left.set(xlabel="step", ylabel="test accuracy of the cell in the table (%)", xscale="log", ylim=(45, 96))
    right.set(xlabel="step", ylabel="skip connections among the six edges", xscale="log", ylim=(-0.1, 6.1))
    left.legend(fontsize=8)
    return figure


def main() -> None:
    """Search what the table does not have yet, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", nargs="*", default=[way for way in WAYS if way not in LONGER])
    parser.add_argument("--draw", action="store_true")
    args = parser.parse_args()
    bench = Bench(args.images)
    for seed, way in ((seed, way) for seed in range(args.seeds) for way in args.ways):
        if (way, seed) in {(row["way"], row["seed"]) for row in kept()}:
            continue
        search = {"random": drawn, "spos": single_paths}.get(way, searched)
        rows = [{"way": way, "seed": seed, **row} for row in search(bench, way, seed)]
        print(way, seed, rows[-1], flush=True)
        pd.DataFrame(kept() + rows).to_csv(RESULTS, index=False)  # read again: another process may have written
    results = pd.read_csv(RESULTS)
    print(means(results, bench))
    print(compared(results))
    if args.draw:
        print(save(draw(results), RESULTS.with_suffix(".png")))


def kept() -> list[dict[str, Any]]:
    """Return the rows that there are."""
    return pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []


if __name__ == "__main__":
    main()
