"""How much the sparse supernet leaves out, by lambda: small supernets of NAS-Bench-201's cell, on a CPU.

    python docs/figures/cells_sparse.py IMAGES [--seeds 3] [--draw]

The scheme `sparse` at several lambdas (of options and of nodes alike; 0 leaves nothing out) on the network and images
of cells_searching.py. Along the way it notes how many coefficients are exactly zero and how many multiply-accumulates
a forward pass of the supernet takes; at the end by how much the network without what is zero differs from the supernet
in its logits, and the accuracy on held-out images of the supernet, of the one cell that is found with the supernet's
weights, and of what is left, with its coefficients, trained anew from fresh weights. Every run is some rows of
cells-sparse.csv, and is not computed again.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from cells_searching import RATE, SPACE, Bench, endless, taken, trainer_of
from matplotlib.figure import Figure
from torch.utils.flop_counter import FlopCounterMode

from weaknas.figures import save
from weaknas.supernet import Supernet, make_supernet
from weaknas.supernet.data import normalise
from weaknas.supernet.selection import Selection

RESULTS = Path(__file__).with_name("cells-sparse.csv")
LAMBDAS = (0.0, 0.003, 0.01, 0.03)
STEPS = 500
NOTED = (1, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500)


def macs(supernet: Supernet, selection: Selection) -> float:
    """Return the multiply-accumulates of a forward pass of one image, in millions."""
    net = supernet.pruned(selection)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(2, 3, 16, 16))
    return counter.get_total_flops() / 4e6


def thinned(bench: Bench, lam: float, seed: int) -> Iterator[dict[str, Any]]:
    """Search, and yield a row for each time that zeros are noted."""
    trainer = trainer_of(bench, "sparse", {"lam1": lam, "lam2": lam}, seed, STEPS)
    began = time.process_time()
    for number in taken(trainer, bench, seed):
        if number not in NOTED:
            continue
        supernet, scheme = trainer.supernet, trainer.scheme
        left = {name: weight != 0 for name, weight in scheme.weights().items()}
        selection, row = scheme.selection(), scheme.derive()
        seen = {
            "step": number,
            "seconds": round(time.process_time() - began, 1),
            "left": int(sum(mask.sum() for mask in left.values())),
            "macs": macs(supernet, selection),
            **bench.known(row),
        }
        if number == STEPS:
            net = supernet.pruned(selection)
            images = normalise(next(iter(bench.held_out))[0], bench.data)
            with torch.no_grad():
                seen["off"] = (supernet.train()(images, selection) - net.train()(images)).abs().max().item()
            seen |= {"supernet": bench.score(net), "inherited": bench.score(supernet.subnet(row))}
            seen["anew"] = anew(bench, selection, seed)
        yield seen


def anew(bench: Bench, selection: Selection, seed: int) -> float:
    """Train what is left from fresh weights on all images, as long as the search trained, and score it."""
    torch.manual_seed(seed)
    trainer = trainer_of(bench, "spos", {}, seed, STEPS)  # for its augmentation
    net = make_supernet(SPACE).pruned(selection).train()
    optimizer = torch.optim.SGD(net.parameters(), RATE, momentum=0.9, nesterov=True, weight_decay=4e-5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS, pct_start=0.05)
    for _, (pixels, labels) in zip(range(STEPS), endless(bench.data.train, seed), strict=False):
        optimizer.zero_grad()
        F.cross_entropy(net(trainer.augmentation(pixels)), labels).backward()
        optimizer.step()
        schedule.step()
    return bench.score(net)


def draw(results: pd.DataFrame) -> Figure:
    """Draw zeros and compute over time."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for lam, rows in results.groupby("lambda"):
        by_step = rows.groupby("step")
        left.plot(1 - by_step["left"].mean() / 24, "o-", label=f"lambda {lam:g}")
        right.plot(by_step["macs"].mean(), "o-")
    left.set(xlabel="step", ylabel="share of coefficients that are exactly zero", ylim=(-0.02, 1.02))
    right.set(xlabel="step", ylabel="million multiply-accumulates of a forward pass", ylim=(0, None))
    left.legend()
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
    for seed, lam in ((seed, lam) for seed in range(args.seeds) for lam in LAMBDAS):
        if (lam, seed) in {(row["lambda"], row["seed"]) for row in kept()}:
            continue
        rows = [{"lambda": lam, "seed": seed, **row} for row in thinned(bench, lam, seed)]
        print(lam, seed, rows[-1], flush=True)
        pd.DataFrame(kept() + rows).to_csv(RESULTS, index=False)
    results = pd.read_csv(RESULTS)
    last = results[results["step"] == STEPS]
    columns = ["seconds", "left", "macs", "off", "supernet", "inherited", "anew", "test", "skips"]
    print(last.groupby("lambda")[columns].mean().round(3).to_string())
    if args.draw:
        print(save(draw(results), RESULTS.with_suffix(".png")))


if __name__ == "__main__":
    main()
