"""Networks like those of FP-NAS: what they cost, by our count and by torch's, and what a training step takes.

    python docs/figures/fp_nas_networks.py

Takes the largest network of `fp-nas-f`, and a random one of each of `fp-nas-l0`, `-l1` and `-l2` near 0.4, 0.7 and 1.0
billion multiply-accumulates, with seed 0. Each is built alone and trained for a step of four images on a CPU; prints a
table in Markdown.
"""

from time import perf_counter

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

import weaknas
from weaknas.spaces import Batch, MobileSpace
from weaknas.supernet import SubNet, make_supernet

BATCH = 4
NEAR = {"fp-nas-l0": 0.4e9, "fp-nas-l1": 0.7e9, "fp-nas-l2": 1.0e9}
WITHIN = 0.02


def pick(space: MobileSpace) -> Batch:
    """Return `(1, d)` the first random network near the size of its space, or the largest."""
    if space.name not in NEAR:
        return space.as_batch((space.options - 1)[None])
    rows = space.sample(1000, np.random.default_rng(0))
    off = abs(space.cost(rows).macs / NEAR[space.name] - 1)
    return rows[[int(np.flatnonzero(off <= WITHIN)[0])]]


def alone(space: MobileSpace, row: Batch) -> SubNet:
    """Return a network with weights of its own, without those of the supernet."""
    with torch.device("meta"):
        net = make_supernet(space).subnet(row)
    net.to_empty(device="cpu")
    for module in net.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return net.train()


def step(net: SubNet, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Return the seconds of a training step, and the bytes of the tensors kept for its backward pass."""
    kept: dict[int, int] = {}
    weights = {parameter.untyped_storage().data_ptr() for parameter in net.parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    optimizer, began = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9), perf_counter()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = F.cross_entropy(net(images), labels)
    loss.backward()
    optimizer.step()
    assert torch.isfinite(loss)
    return perf_counter() - began, sum(kept.values())


def main() -> None:
    torch.manual_seed(0)
    print("| space | pixels | MACs (M) | by torch's counter | parameters (M) | seconds a step | kept (MiB) |")
    print("|---|---|---|---|---|---|---|")
    for name in ("fp-nas-f", *NEAR):
        space = weaknas.space(name)
        row = pick(space)
        cost, net = space.cost(row), alone(space, row)
        images = torch.rand(BATCH, 3, net.resolution, net.resolution)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            net(images)
        seconds, kept = step(net, images, torch.arange(BATCH))
        print(
            f"| `{name}` | {net.resolution} | {cost.macs[0] / 1e6:.1f} "
            f"| {counter.get_total_flops() / 2 / BATCH / 1e6:.1f} | {cost.params[0] / 1e6:.2f} | {seconds:.2f} "
            f"| {kept / 2**20:.0f} |"
        )


if __name__ == "__main__":
    main()
