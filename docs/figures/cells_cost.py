"""What a step of a search of cells costs, by counters that are alike on every machine.

    python docs/figures/cells_cost.py [--space darts-edges]

The memory that steps of the weights and of the architectures keep for their backward passes, and the
multiply-accumulates (MACs) of a forward pass, an image, of DARTS, EnTranNAS and EnTranNAS-DST, of the sparse supernet,
and of the one path that EnTranNAS derives, at the network of the published searches: eight cells of 16 channels on
images of 32 pixels (or with `--space nasbench201` the benchmark's own). Batches of two images of noise. Also the
operations that run in the last cell, an engine.
"""

import argparse
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

import weaknas
from weaknas.spaces import NetworkSpace
from weaknas.supernet import Mix, Path, Supernet, active_options, make_supernet
from weaknas.supernet.schemes import Scheme, make_scheme
from weaknas.supernet.selection import Selection
from weaknas.testing.memory import SavedBytes

WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "darts": ("darts", {}),
    "entrannas, features apart": ("entrannas", {"sparsify": False, "sharing": False}),
    "entrannas": ("entrannas", {"sparsify": False}),
    "entrannas-dst at first": ("entrannas", {}),
    "entrannas-dst, one an edge": ("entrannas", {}),
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
    if way.endswith("one an edge"):  # all far above their nodes' thresholds
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


def counted(run: Callable[[], Tensor]) -> tuple[float, float]:
    """Return MACs (in millions) and kept memory (in MiB) of a step, an image."""
    with SavedBytes() as saved, FlopCounterMode(display=False) as counter:
        loss = run()
        macs = counter.get_flop_counts()["Global"]
    loss.backward()
    total = sum(count for op, count in macs.items() if "convolution" in str(op)) // 2
    return total / 2 / 1e6, saved.peak / 2 / 2**20


def selected(scheme: Any) -> Selection:
    """Return what steps run, differentiable in the architectures."""
    if scheme.name != "sparse":
        return scheme.selection()
    weights = scheme.raw.weights()
    return Mix(weights, active=active_options(weights))


def step_of(supernet: Supernet, scheme: Scheme, select: Callable[[], Selection], images: Tensor) -> dict[str, float]:
    """Return what steps of the weights and of the architectures cost, and the operations that the last cell runs."""
    cell, calls = supernet.cells[-1], []
    hooks = [
        operation.register_forward_hook(lambda *_: calls.append(1))
        for operation in {operation for operations in cell.edges for operation in operations.values()}
    ]
    optimizer = scheme.arch_optimizer()
    architectures = [value for group in optimizer.param_groups for value in group["params"]] if optimizer else []
    weights = [value for value in supernet.parameters() if value.requires_grad]
    found: dict[str, float] = {}
    for what, frozen in (("weights", architectures), ("architectures", weights)):
        for value in frozen:
            value.requires_grad_(False)
        macs, kept = counted(lambda: supernet(images, select()).square().mean())
        for value in frozen:
            value.requires_grad_(True)
        found |= {"MACs (M)": macs, f"kept, {what} (MiB)": kept}
        found.setdefault("operations, last cell", len(calls))
        if not architectures:
            break
    for hook in hooks:
        hook.remove()
    return found


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
        table[way] = step_of(supernet, scheme, partial(selected, scheme), images)
    row = attached(space, *WAYS["entrannas"])[1].derive()
    table["what entrannas derives"] = step_of(*attached(space, "spos", {}), lambda: Path(row), images)
    frame = pd.DataFrame(table).T
    frame["of DARTS"] = frame["kept, weights (MiB)"] / frame["kept, weights (MiB)"].iloc[0]
    print(frame.round(2).to_string())


if __name__ == "__main__":
    main()
