"""What a step of a search of cells costs, by counters that are alike on every machine.

    python docs/figures/cells_cost.py [--space darts-edges]

The memory that a step of the weights keeps for its backward pass, and the multiply-accumulates of its forward pass, of
DARTS, EnTranNAS and EnTranNAS-DST, of the sparse supernet, and of the one path that EnTranNAS
derives, at the network of the published searches: eight cells of 16 channels on images of 32 pixels (or with
`--space nasbench201` the benchmark's own). Batches of two images of noise. Also operations in an engine cell.
"""

import argparse
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

import weaknas
from weaknas.spaces import NetworkSpace
from weaknas.supernet import Path, Supernet, make_supernet
from weaknas.supernet.schemes import Scheme, make_scheme
from weaknas.supernet.selection import Selection
from weaknas.testing.memory import SavedBytes

WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "darts": ("darts", {}),
    "entrannas, features apart": ("entrannas", {"sparsify": False, "sharing": False}),
    "entrannas": ("entrannas", {"sparsify": False}),
    "entrannas-dst at first": ("entrannas", {}),
    "entrannas-dst, 28 left": ("entrannas", {}),
    "sparse at first": ("sparse", {}),
    "sparse, half are zero": ("sparse", {}),
}


def attached(space: NetworkSpace, name: str, options: dict[str, Any]) -> tuple[Supernet, Scheme]:
    """Return a supernet and a scheme at its beginning."""
    torch.manual_seed(0)
    supernet, scheme = make_supernet(space, bn_momentum=0.0), make_scheme(name, options)
    scheme.prepare(space, 100)
    scheme.attach(supernet)
    return supernet.train(), scheme


def thinned(scheme: Any, way: str) -> None:
    """Bring a scheme to where some of the options are out."""
    rng = np.random.default_rng(0)
    if way.endswith("28 left"):  # as many as edges: each node's strongest are far above its threshold
        with torch.no_grad():
            strong = np.zeros(len(scheme.distribution.logits), dtype=np.float32)
            sizes = np.cumsum([0, *scheme.space.options.tolist()])
            for first, last in pairwise(sizes.tolist()):
                strong[rng.integers(first + 1, last)] = 10
            scheme.distribution.logits.copy_(torch.from_numpy(strong))
    if way.endswith("half are zero"):
        with torch.no_grad():
            coefficients = scheme.raw.coefficients
            coefficients *= torch.from_numpy(rng.random(len(coefficients)) < 0.5)


def counted(run: Callable[[], Tensor]) -> dict[str, float]:
    """Return what a forward and a backward pass cost."""
    with SavedBytes() as saved, FlopCounterMode(display=False) as counter:
        loss = run()
        macs = counter.get_flop_counts()["Global"]
    loss.backward()
    total = sum(count for op, count in macs.items() if "mm" not in str(op)) // 2
    return {"MACs an image (M)": total / 2 / 1e6, "kept an image (MiB)": saved.peak / 2 / 2**20}


def step_of(supernet: Supernet, selection: Selection, images: Tensor) -> dict[str, float]:
    """Return what a step of the weights costs, and how many operations the last normal cell runs."""
    cell, calls = supernet.cells[-1], []
    hooks = [
        operation.register_forward_hook(lambda *_: calls.append(1))
        for operation in {operation for operations in cell.edges for operation in operations.values()}
    ]
    found = counted(lambda: supernet(images, selection).square().mean())
    for hook in hooks:
        hook.remove()
    return {**found, "operations, last cell": len(calls)}


def main() -> None:
    """Count, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--space", default="darts-edges", choices=("darts-edges", "nasbench201"))
    args = parser.parse_args()
    space = weaknas.space(args.space)
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    table = {}
    for way, (name, options) in WAYS.items():
        supernet, scheme = attached(space, name, options)
        thinned(scheme, way)
        selection = scheme.selection()
        assert selection is not None
        table[way] = step_of(supernet, selection, images)
    supernet, scheme = attached(space, *WAYS["entrannas"])
    table["what entrannas derives"] = step_of(supernet, Path(scheme.derive()), images)
    frame = pd.DataFrame(table).T
    frame["of DARTS"] = frame["kept an image (MiB)"] / frame["kept an image (MiB)"].iloc[0]
    print(frame.round(2).to_string())


if __name__ == "__main__":
    main()
