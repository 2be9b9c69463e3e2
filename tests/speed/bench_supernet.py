"""What a step of training a supernet costs beside one of the bare sub-network, and a sandwich beside a single path.

Run with `make bench`. Processor seconds, both kinds in turns, medians of their ratios. The reference is the
extracted sub-network in the plainest loop: the same augmentation, loss and optimiser. Required: at most 10 % more than
the reference for a single path, at most 4.5 single paths for a sandwich of four.
"""

import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from weaknas.spaces import UserMobile
from weaknas.supernet.data import open_images
from weaknas.supernet.run import TrainingRun
from weaknas.supernet.schemes import extremes
from weaknas.supernet.training.processes import Processes
from weaknas.supernet.training.trainer import Trainer

ROUNDS = 30
BATCH = 64
STAGE = {"depth": [1, 2, 3], "kernel": [3, 5], "expansion": [2, 3, 4], "squeeze": True}
SPACE = UserMobile(
    {
        "name": "cifar",
        "classes": 10,
        "resolution": [24, 32],
        "stem": {"width": [16, 24], "stride": 1},
        "stage": [{"width": width, "stride": 2, **STAGE} for width in ([16, 24], [32, 40], [64, 72])],
        "head": {"width": 256},
    }
)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "noise.npz"
    rng = np.random.default_rng(0)
    np.savez(path, x=rng.integers(0, 256, (200, 32, 32, 3)).astype(np.uint8), y=np.arange(200) % 10)
    return path


def trainer(scheme, images, **options):
    optimisation = {"schedule": "cosine", "weight_decay": 4e-5, "clip": 0.0}
    run = TrainingRun(SPACE.recipe, scheme, options, optimisation, str(images), 0.1, 0, 32, BATCH, 10_000, 0)
    return Trainer(run, open_images(images), Processes("cpu"))


def alone(row, images):
    """Return a trainer of one path again and again."""
    return trainer("single", images, arch=SPACE.to_str(row[None])[0])


def in_turns(*calls):
    """Return the `(rounds, calls)` processor seconds of some functions, called in turns."""
    seconds = np.zeros((ROUNDS + 2, len(calls)))
    for row in seconds:
        for place, call in enumerate(calls):
            start = time.process_time()
            call()
            row[place] = time.process_time() - start
    return seconds[2:]


def bare(one, row, pixels, labels):
    """Return a step of the extracted sub-network in a loop as anyone would write it."""
    net = one.supernet.subnet(row).train().to(memory_format=torch.channels_last)
    optimizer = one.optimisation.optimizer(net.parameters())

    def step():
        x = one.augmentation(pixels).contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad()
        F.cross_entropy(net(x), labels, label_smoothing=one.optimisation.smoothing).backward()
        optimizer.step()

    return step


@pytest.mark.parametrize("which", ["smallest", "random", "largest"])
def test_a_step_beside_the_bare_sub_network(benchmark, images, which):
    torch.set_num_threads(1)
    smallest, largest = extremes(SPACE)
    drawn = SPACE.sample(1, np.random.default_rng(0))[0]
    row = {"smallest": smallest, "random": drawn, "largest": largest}[which]
    one = alone(row, images)
    pixels, labels = torch.randint(0, 256, (BATCH, 3, 32, 32), dtype=torch.uint8), torch.arange(BATCH) % 10
    reference = bare(one, row, pixels, labels)

    seconds = benchmark.pedantic(lambda: in_turns(lambda: one.step((pixels, labels)), reference), rounds=1)
    ours, theirs = np.median(seconds, axis=0) * 1e3
    more = np.median(seconds[:, 0] / seconds[:, 1]) - 1
    print(f"\n{which}: {ours:.1f} ms a step, bare {theirs:.1f} ms: {more:+.1%}")


def test_a_sandwich_beside_its_paths_alone(benchmark, images):
    torch.set_num_threads(1)
    smallest, largest = (alone(row, images) for row in extremes(SPACE))
    sandwich, random = (trainer(scheme, images) for scheme in ("bignas", "spos"))
    pixels, labels = torch.randint(0, 256, (BATCH, 3, 32, 32), dtype=torch.uint8), torch.arange(BATCH) % 10
    calls = [lambda each=each: each.step((pixels, labels)) for each in (sandwich, largest, smallest, random)]
    # Means, since each step draws other paths.
    four, big, small, drawn = benchmark.pedantic(lambda: in_turns(*calls), rounds=1).mean(0) * 1e3
    print(
        f"\nsandwich {four:.0f} ms; alone: largest {big:.0f}, smallest {small:.0f}, random {drawn:.0f} ms; "
        f"{four / big:.2f} largest, {four / drawn:.2f} random, {four / (big + small + 2 * drawn):.2f} of its four"
    )
