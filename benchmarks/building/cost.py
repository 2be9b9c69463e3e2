"""What is alive in a cell, and what the skeleton around it costs."""

import numpy as np
from numpy.typing import NDArray

from weaknas.spaces import Batch
from weaknas.spaces.cells.nasbench201 import EDGES, OPS
from weaknas.spaces.cost import Cost, conv_bn, linear

__all__ = ["cost", "live_edges"]


def live_edges(batch: Batch) -> NDArray[np.bool_]:
    """Return `(n, 6)` whether each edge carries something from the cell's input to its output."""
    there = batch != OPS.index("none")
    reached = np.zeros((len(batch), 4), dtype=bool)
    reached[:, 0] = True
    for edge, (source, target) in enumerate(EDGES):
        reached[:, target] |= there[:, edge] & reached[:, source]
    leads = np.zeros((len(batch), 4), dtype=bool)
    leads[:, 3] = True
    for edge, (source, target) in reversed(list(enumerate(EDGES))):
        leads[:, source] |= there[:, edge] & leads[:, target]
    sources, targets = np.array(EDGES).T
    live: NDArray[np.bool_] = there & reached[:, sources] & leads[:, targets]
    return live


def cost(batch: Batch, channels: int = 1, classes: int = 10, side: int = 8, width: int = 8) -> Cost:
    """Return parameters and MACs of the two-cell network; only live operations are there and count.

    Args:
        batch: `(n, 6)` NAS-Bench-201 rows.
        channels: colours of the images.
        classes: outputs of the classifier.
        side: height and width of the images.
        width: channels of the first cell.
    """
    live = live_edges(batch)
    zero = np.zeros(len(batch), dtype=np.int64)
    total = Cost(zero, zero) + conv_bn(channels, width, 3, side) + conv_bn(width, 2 * width, 3, side // 2)
    total += Cost(zero + 2 * 2 * width, zero) + linear(2 * width, classes)
    for kernel, name in ((1, "nor_conv_1x1"), (3, "nor_conv_3x3")):
        count = (live & (batch == OPS.index(name))).sum(1)
        for stage in range(2):
            total += conv_bn(width << stage, width << stage, kernel, side >> stage) * count
    return total
