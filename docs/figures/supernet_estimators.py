"""Do AttentiveNAS's two estimators know the better network? A small supernet on CIFAR-10 images, on a CPU.

    python docs/figures/supernet_estimators.py IMAGES [--runs FOLDER] [--steps 500] [--seeds 3] [--draw]

Trains the space of tiny.toml by the sandwich rule and looks at it after a quarter, half and all of its training. In
some bins of cost, networks are ranked by their loss on one batch of training images, as the scheme does it, and by a
random forest that has learned from other networks after the first quarter. What they should know is the held-out
accuracy at the time: Kendall's tau within a bin, how often the best of three is picked, and the accuracy that is lost.
Goes on where it was stopped; each bin, time and estimator of a run is a row of supernet-estimators.csv.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import kendalltau
from supernet_evidence import RECIPE, TABLE, evaluator_of, go_on, run_of

import weaknas
from weaknas.spaces import Batch, UserMobile
from weaknas.supernet import Path as OnePath
from weaknas.supernet import load
from weaknas.supernet.data import Images, batches
from weaknas.supernet.run import WEIGHTS
from weaknas.supernet.schemes import make_scheme
from weaknas.supernet.schemes.budgets import Budgets
from weaknas.supernet.training import train
from weaknas.supernet.training.augment import Augmentation
from weaknas.supernet.training.optimisation import make_optimisation

Values = NDArray[np.float64]

RESULTS = Path(__file__).parent / "supernet-estimators.csv"
SCHEME = make_scheme("bignas", {"dropout": 0.0})
SHARES = (0.25, 0.5, 1.0)
QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the costs of random networks: the bins that are looked at
IN_BIN, LEARNED_FROM = 30, 200
BATCHES, BATCH = 10, 64  # the loss of each is an estimate of its own
TRIPLES = 2_000


def snapshots(seed: int, steps: int, images: Path, folder: Path) -> tuple[Any, list[Path]]:
    """Train, and return the run and its weights after each share of the steps."""
    run = run_of(TABLE, SCHEME, 0.1, seed, steps, images)
    kept = {round(share * steps): folder / f"after-{share}" / WEIGHTS for share in SHARES}

    def keep(progress: Any) -> None:
        if progress.done in kept:
            kept[progress.done].parent.mkdir(exist_ok=True)
            shutil.copy(folder / WEIGHTS, kept[progress.done])

    train(run, folder, device="cpu", on_step=keep, save_seconds=0.0)  # saved every ten steps, of which each is one
    return run, list(kept.values())


@torch.no_grad()
def batch_losses(weights: Path, data: Images, rows: Batch, seed: int) -> Values:
    """Return `(batches, n)` losses on batches of augmented training images, with the batch's own statistics."""
    net = load(weights).net.train()
    augment = Augmentation(make_optimisation(SCHEME, RECIPE), 32, data.mean, data.std, cropped=False)
    found = []
    for (images, labels), _ in zip(batches(data.train, BATCH, seed=seed), range(BATCHES), strict=False):
        seen = augment(images)
        found.append([float(F.cross_entropy(net(seen, OnePath(row)), labels)) for row in rows])
    return np.array(found)


def quality(estimates: Values, truth: Values, rng: np.random.Generator) -> dict[str, float]:
    """Return how good `(k, n)` estimates of `(n,)` accuracies are, on average over the k."""
    three = np.array([rng.choice(len(truth), 3, replace=False) for _ in range(TRIPLES)])
    best = truth[three].max(1)
    chosen = np.stack([truth[three[np.arange(TRIPLES), one[three].argmax(1)]] for one in estimates])
    return {
        "tau": float(np.mean([kendalltau(one, truth).statistic for one in estimates])),
        "best_of_three": 100 * float((chosen == best).mean()),
        "lost": float((best - chosen).mean()),
        "lost_at_random": float((best - truth[three].mean(1)).mean()),
    }


def measured(way: str, seed: int, steps: int, images: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Train one supernet and yield the rows of its bins, times and estimators; seconds are of one estimate."""
    run, weights = snapshots(seed, steps, images, folder)
    space = UserMobile(TABLE)
    budgets, rng = Budgets(space), np.random.default_rng(seed)
    bins = [int(np.searchsorted(np.cumsum(budgets.prior), at)) for at in QUANTILES]
    rows = np.concatenate([budgets.sample(place, IN_BIN, rng) for place in bins])
    others = space.sample(LEARNED_FROM, rng)
    early = evaluator_of(run, weights[0])
    forest = weaknas.predictor("random-forest", random_state=seed)
    forest.fit(space.encode(others), np.array([early.score(row).top1 for row in others]))
    for share, file in zip(SHARES, weights, strict=True):
        evaluator = evaluator_of(run, file)
        truth = np.array([evaluator.score(row).top1 for row in rows])
        started = time.process_time()
        losses = batch_losses(file, evaluator.data, rows, seed)
        between = time.process_time()
        predicted = forest.predict(space.encode(rows))[None]
        seconds = {"loss": (between - started) / losses.size, "forest": (time.process_time() - between) / len(rows)}
        for name, estimates in (("loss", -losses), ("forest", predicted)):
            for number, place in enumerate(bins):
                part = slice(number * IN_BIN, (number + 1) * IN_BIN)
                found = quality(estimates[:, part], truth[part], rng)
                cost = {"macs": float(budgets.edges[place].mean()), "seconds": seconds[name]}
                yield {"way": way, "seed": seed, "steps": steps, "share": share, "estimator": name, **cost, **found}


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Return means over bins, and then over runs with their standard errors."""
    names = ["tau", "best_of_three", "lost", "lost_at_random", "seconds"]
    runs = results.groupby(["steps", "share", "estimator", "seed"])[names].mean()
    return runs.groupby(["steps", "share", "estimator"]).agg(["mean", "sem"]).round(4)


def draw(results: pd.DataFrame) -> Figure:
    """Draw Kendall's tau within the bins against the share of training, one line a run."""
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.subplots()
    for colour, (name, part) in enumerate(results.groupby("estimator")):
        for _, one in part.groupby("seed"):
            means = one.groupby("share")["tau"].mean()
            axes.plot(100 * means.index, means, f"C{colour}o-", alpha=0.7, label=name)
            name = "_again"
    axes.set(xlabel="training done (%)", ylabel="Kendall's tau within a bin of cost", xticks=[100 * s for s in SHARES])
    axes.axhline(0, color="grey", lw=0.8)
    axes.legend()
    return figure


if __name__ == "__main__":
    results = go_on(RESULTS, ["sandwich"], measured, draw, __doc__.splitlines()[0])
    print(summary(results).to_string())
