"""What mixtures of operations come to, and what is left of them: small supernets of NAS-Bench-201's cell, on a CPU.

    python docs/figures/cells_mixtures.py IMAGES [--seeds 2] [--draw]

The sparse supernet at several lambdas (of options and of nodes alike; 0 leaves nothing out), EnTranNAS-DST and DARTS,
on the network and images of cells_searching.py. Along the way it is noted how many options are not zero and how many
multiply-accumulates a forward pass takes; at the end by how much the network without what is zero
differs from the supernet in its logits, and the accuracy on held-out images of the supernet, of the one cell that is
found with the supernet's weights, and of three networks that are trained anew from fresh weights: what is left with
its weights as constants, the same with all of them 1, and the one cell. Every run is some rows of cells-mixtures.csv,
and is not computed again.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from cells_searching import ARCH_RATE, RATE, SPACE, Bench, endless, taken, trainer_of
from matplotlib.figure import Figure
from torch.utils.flop_counter import FlopCounterMode

from weaknas.figures import save
from weaknas.supernet import Mix, SubNet, make_supernet
from weaknas.supernet import Path as OnePath
from weaknas.supernet.data import normalise
from weaknas.supernet.selection import Selection

RESULTS = Path(__file__).with_name("cells-mixtures.csv")
STEPS = 400
NOTED = (1, 50, 100, 150, 200, 250, 300, 350, 400)
LAMBDAS = (0.0, 0.003, 0.01, 0.03)
OPTIONS = 24  # four operations on each of six edges; `none` does not count
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"sparse, lambda {lam:g}": ("sparse", {"lam1": lam, "lam2": lam}) for lam in LAMBDAS},
    "entrannas-dst": ("entrannas", {"arch_rate": 2.5 * ARCH_RATE}),  # for fewer steps
    "darts": ("darts", {"arch_rate": 2.5 * ARCH_RATE}),
}


def macs(net: SubNet) -> float:
    """Return the multiply-accumulates of a forward pass of one image, in millions."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(2, 3, 16, 16))
    return counter.get_total_flops() / 4e6


def searched(bench: Bench, way: str, seed: int) -> Iterator[dict[str, Any]]:
    """Search, and yield a row for each time that something is noted."""
    name, options = WAYS[way]
    trainer = trainer_of(bench, name, options, seed, STEPS)
    began = time.process_time()
    for number in taken(trainer, bench, seed):
        if number not in NOTED:
            continue
        paused = time.process_time()
        supernet, selection = trainer.supernet, trainer.scheme.selection()
        net, row = supernet.pruned(selection), trainer.scheme.derive()
        weights = trainer.scheme.weights()
        left = sum(int((weights[choice.name][1:] != 0).sum()) for choice in SPACE.choices)
        seen = {"step": number, "seconds": round(paused - began, 1), "left": left, "macs": macs(net)}
        seen |= bench.known(row)
        if number == STEPS:
            images = normalise(next(iter(bench.held_out))[0], bench.data)
            with torch.no_grad():
                seen["off"] = (supernet.train()(images, selection) - net.train()(images)).abs().max().item()
            seen |= {"supernet": bench.score(net), "inherited": bench.score(supernet.subnet(row))}
            ones = {name: (weight != 0).float() for name, weight in weights.items()}
            seen["anew, weighted"] = anew(bench, selection, seed)
            seen["anew, all 1"] = anew(bench, Mix(ones), seed)
            seen["anew, one cell"] = anew(bench, OnePath(row), seed)
        yield seen
        began += time.process_time() - paused


def anew(bench: Bench, selection: Selection, seed: int) -> float:
    """Train what is left from fresh weights on all images, as long as the search trained, and score it."""
    torch.manual_seed(seed)
    augmentation = trainer_of(bench, "spos", {}, seed, STEPS).augmentation
    net = make_supernet(SPACE).pruned(selection).train()
    optimizer = torch.optim.SGD(net.parameters(), RATE, momentum=0.9, nesterov=True, weight_decay=4e-5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS, pct_start=0.05, cycle_momentum=False)
    for _, (pixels, labels) in zip(range(STEPS), endless(bench.data.train, seed), strict=False):
        optimizer.zero_grad()
        F.cross_entropy(net(augmentation(pixels)), labels).backward()
        optimizer.step()
        schedule.step()
    return bench.score(net)


def draw(results: pd.DataFrame) -> Figure:
    """Draw zeros and compute over time."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for way, rows in results.groupby("way", sort=False):
        by_step = rows.groupby("step")
        style = "o-" if str(way).startswith("sparse") else "s--"
        left.plot(1 - by_step["left"].mean() / OPTIONS, style, label=way)
        right.plot(by_step["macs"].mean(), style)
    left.set(xlabel="step", ylabel="share of options that are exactly zero", ylim=(-0.02, 1.02))
    right.set(xlabel="step", ylabel="million multiply-accumulates of a forward pass", ylim=(0, None))
    left.legend(fontsize=8)
    return figure


def kept() -> list[dict[str, Any]]:
    """Return the rows that there are."""
    return pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []


def main() -> None:
    """Search what the table does not have yet, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--draw", action="store_true")
    args = parser.parse_args()
    bench = Bench(args.images)
    for seed, way in ((seed, way) for seed in range(args.seeds) for way in WAYS):
        if (way, seed) in {(row["way"], row["seed"]) for row in kept()}:
            continue
        rows = [{"way": way, "seed": seed, **row} for row in searched(bench, way, seed)]
        print(way, seed, rows[-1], flush=True)
        pd.DataFrame(kept() + rows).to_csv(RESULTS, index=False)
    results = pd.read_csv(RESULTS)
    last = results[results["step"] == STEPS]
    columns = ["seconds", "left", "macs", "off", "supernet", "inherited"]
    columns += [name for name in results if name.startswith("anew")]
    shown = last.groupby("way", sort=False)[columns].mean()
    print(shown.assign(off=last.groupby("way")["off"].max()).round(6).to_string())
    print("correlation of the share that is left and of compute:", np.corrcoef(results["left"], results["macs"])[0, 1])
    if args.draw:
        print(save(draw(results), RESULTS.with_suffix(".png")))


if __name__ == "__main__":
    main()
