"""What is a sub-network worth without batch-norm statistics of its own?

    python docs/figures/supernet_recalibration.py RUN [--n 20]

Prints the held-out accuracy of random networks of a run of `weaknas supernet train`, with the statistics of the
supernet and with recalibrated ones.
"""

import argparse

import numpy as np
import torch

from weaknas.supernet import load
from weaknas.supernet.data import open_images
from weaknas.supernet.evaluators import RecalibratedAccuracy, Settings
from weaknas.supernet.evaluators.measuring import Stack, measure
from weaknas.supernet.run import WEIGHTS, TrainingRun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--n", type=int, default=20)
    args = parser.parse_args()
    run = TrainingRun.load(args.run)
    data = open_images(run.data, held_out=run.held_out, seed=run.split_seed)
    evaluator = RecalibratedAccuracy(load(f"{args.run}/{WEIGHTS}").net, data, Settings(device="cpu"))
    images = Stack(data.held_out, np.arange(len(data.held_out)), 500, None, torch.device("cpu"))
    rows = evaluator.supernet.space.sample(args.n, np.random.default_rng(0))
    without = [measure(evaluator.supernet.subnet(row), images, data).top1 for row in rows]
    with_own = [evaluator.score(row).top1 for row in rows]
    for name, values in (("without", without), ("with", with_own)):
        print(
            f"{name:8} {np.mean(values):.1f} % on average, {min(values):.1f} to {max(values):.1f} %, {args.n} networks"
        )


if __name__ == "__main__":
    main()
