"""Another task for the networks of the ranking study: which of five shapes, or none, is at each place of an image.

    python docs/figures/ranking_dense.py [--table docs/figures/ranking-truth.parquet] [--steps 200] [--seeds 1]

Images of 32 pixels are made: three discs, squares, crosses, rings and bars of random colours and sizes before a
rough background. The network is one of the table's, without its pooling; a 1x1 convolution after its last one says the
class at 8 x 8 places, and it is trained from random weights with that head. Its score is the mean over classes of the
intersection over union on 500 other images, in percent. Each finished network and seed is a row of ranking-dense.csv,
and is not computed again.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

import weaknas
from weaknas.supernet import make_supernet

RESULTS = Path(__file__).with_name("ranking-dense.csv")
SPACE = Path(__file__).with_name("ranking-space.toml")
SIDE, PLACES, CLASSES = 32, 8, 6  # pixels, places a side, five shapes and none
RARE = torch.tensor([0.2, *[1.0] * (CLASSES - 1)])  # most places have no shape


def inside(shape: int, size: float, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which pixels a shape covers, by their distances from its centre."""
    radius = np.hypot(x, y)
    masks = (
        radius < size,
        np.maximum(abs(x), abs(y)) < 0.85 * size,
        (np.minimum(abs(x), abs(y)) < 0.3 * size) & (np.maximum(abs(x), abs(y)) < size),
        (radius < size) & (radius > 0.55 * size),
        (abs(x) < 0.35 * size) & (abs(y) < 1.2 * size),
    )
    return masks[shape]


def images(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return `(n, 3, side, side)` images about zero, and the `(n, places, places)` classes most of each place has."""
    rng = np.random.default_rng(seed)
    grid = np.arange(SIDE) + 0.5
    pixels, classes = np.empty((n, 3, SIDE, SIDE), np.float32), np.zeros((n, SIDE, SIDE), np.int64)
    for image, labels in zip(pixels, classes, strict=True):
        image[:] = rng.normal(size=(3, 1, 1)) * 0.7 + rng.normal(size=(3, SIDE, SIDE)) * 0.4
        for _ in range(3):
            shape, size = rng.integers(CLASSES - 1), rng.uniform(6, 11)
            centre, turn = rng.uniform(3, SIDE - 3, 2), rng.uniform(0, np.pi)
            x, y = grid[None] - centre[0], grid[:, None] - centre[1]
            mask = inside(shape, size, np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x)
            image[:, mask] = rng.normal(size=(3, 1)) * 0.9 + rng.normal(size=(3, mask.sum())) * 0.3
            labels[mask] = shape + 1
    counts = F.avg_pool2d(F.one_hot(torch.from_numpy(classes), CLASSES).permute(0, 3, 1, 2).float(), SIDE // PLACES)
    return torch.from_numpy(pixels), counts.argmax(1)


class Dense(nn.Module):
    """A network of the space with a class at each place of its last map.

    Args:
        net: it, with random weights.
    """

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net, self.maps = net, []
        net.resolution = SIDE
        net.final.register_forward_hook(lambda module, x, y: self.maps.append(y))
        self.head = nn.Conv2d(net.classifier.in_features, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, classes, places, places)` logits."""
        self.maps.clear()
        self.net.features(x)
        logits: Tensor = self.head(self.maps[0])
        return F.interpolate(logits, size=(PLACES, PLACES), mode="bilinear")


def trained(arch: str, seed: int, steps: int) -> float:
    """Return the mean intersection over union of one network, in percent."""
    space = weaknas.space(str(SPACE))
    torch.manual_seed(seed)
    net = Dense(make_supernet(space).subnet(space.from_str([arch]))).train()
    optimizer = torch.optim.SGD(net.parameters(), 0.1, 0.9, weight_decay=4e-5, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps, pct_start=0.1)
    pixels, classes = images(4000, 0)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        rows = rng.choice(len(pixels), 32, replace=False)
        optimizer.zero_grad()
        F.cross_entropy(net(pixels[rows]), classes[rows], RARE).backward()
        optimizer.step()
        schedule.step()
    return overlap(net.eval(), *images(500, 1))


@torch.no_grad()
def overlap(net: nn.Module, pixels: Tensor, classes: Tensor) -> float:
    """Return the mean over classes of the intersection over union, in percent."""
    said = net(pixels).argmax(1)
    parts = [((said == c) & (classes == c)).sum() / ((said == c) | (classes == c)).sum() for c in range(CLASSES)]
    return 100 * float(torch.stack(parts).mean())


def main() -> None:
    """Train what the table does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=Path(__file__).with_name("ranking-truth.parquet"))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    known = pd.read_csv(RESULTS) if RESULTS.exists() else pd.DataFrame({"arch": [], "seed": []})
    for seed in range(args.seeds):
        for number, arch in enumerate(pd.read_parquet(args.table)["arch"]):
            if ((known["arch"] == arch) & (known["seed"] == seed)).any():
                continue
            row = {"arch": arch, "seed": seed, "iou": round(trained(arch, seed, args.steps), 3)}
            known = pd.concat([known, pd.DataFrame([row])], ignore_index=True)
            known.astype({"seed": int}).to_csv(RESULTS, index=False)
            print(number, row, flush=True)
    scores = known.pivot(index="arch", columns="seed", values="iou")
    print(f"{len(scores)} networks: {scores.min().min():.1f} to {scores.max().max():.1f} %")


if __name__ == "__main__":
    main()
