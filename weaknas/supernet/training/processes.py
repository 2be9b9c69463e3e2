"""One process, or several that `torchrun` started, each with its part of every batch."""

import atexit
import gc
import os
from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ...errors import InvalidOption

__all__ = ["Processes", "leads"]


def leads() -> bool:
    """Return whether this is the process that writes files and says what was done."""
    return os.environ.get("RANK", "0") == "0"


class Processes:
    """The processes of a run; a single one where `torchrun` did not start it.

    All of them draw the same architectures (a step's random numbers follow from its number), so that the same weights
    have gradients everywhere. Batch normalisation uses each process's own part of the batch, as in Once-for-All and
    AttentiveNAS.

    Args:
        device: `cpu`, `cuda` or `auto`; of several GPUs each process takes its own.

    Attributes:
        rank: the number of this process.
        count: how many there are.
        device: where this one computes.

    Raises:
        InvalidOption: there is no such device.
    """

    def __init__(self, device: str = "auto") -> None:
        local = int(os.environ.get("LOCAL_RANK", "0"))
        self.device = _device(device, local)
        self.rank, self.count = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        if self.count > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
            atexit.register(_leave)  # not before: a group that is made again can hang

    @property
    def share(self) -> tuple[int, int]:
        """The number of this process, and how many there are."""
        return self.rank, self.count

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of a tensor over all processes."""
        if self.count > 1:
            dist.all_reduce(values)
            values = values / self.count
        return values

    @torch.no_grad()
    def gather(self, values: Tensor) -> Tensor:
        """Return `(n, ...)` numbers of this process with those of all others, one process after the other."""
        if self.count == 1:
            return values.detach()
        parts = [torch.empty_like(values) for _ in range(self.count)]
        dist.all_gather(parts, values.contiguous())
        return torch.cat(parts)

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace gradients by their means over all processes, in one exchange of all of them.

        A missing gradient counts as zero, and stays missing here: the optimiser then leaves its weight alone.
        """
        if self.count == 1 or not parameters:
            return
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).reshape(-1) for p in parameters])
        means = self.mean(flat).split([p.numel() for p in parameters])
        for parameter, mean in zip(parameters, means, strict=True):
            if parameter.grad is not None:
                parameter.grad.copy_(mean.view_as(parameter))

    def wait(self) -> None:
        """Wait for the others."""
        if self.count > 1:
            dist.barrier()


def _leave() -> None:
    """Take the group down with its threads: if a cycle of references keeps it, torch aborts the process at its end."""
    dist.destroy_process_group()
    gc.collect()


def _device(name: str, local: int) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InvalidOption(f"{name!r} is no device; name cpu, cuda or auto.") from None
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise InvalidOption("there is no GPU that torch can use here; name --device cpu.")
        device = torch.device("cuda", local if device.index is None else device.index)
        torch.cuda.set_device(device)
    return device
