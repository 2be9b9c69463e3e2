"""NATS-Bench's size space (Dong et al., TPAMI 2021): 32,768 networks trained on three datasets."""

from functools import partial
from typing import Literal

from weaknas.spaces import NatsSize

from .store import TableFile, find
from .table import Run, Table

__all__ = ["cifar10", "cifar100", "imagenet16_120", "nats_size"]


def nats_size(
    dataset: str,
    *,
    run: Run = "mean",
    fidelity: int | None = None,
    objective: Literal["valid", "test"] = "valid",
    seed: int = 0,
    universe: Literal["rows", "raw"] = "rows",
) -> Table:
    """Open the size space of NATS-Bench on `cifar10`, `cifar100` or `imagenet16-120`.

    Every network was trained once for 90 epochs (run 0), so `run="mean"` is that run; `fidelity=12` gives the
    12-epoch schedule, with three runs, and `fidelity=1` one epoch. The options are those of `Table`.
    """
    return Table(
        TableFile(find(f"nats-size-{dataset}.parquet")),
        NatsSize(),
        name=f"nats-size/{dataset}",
        run=run,
        fidelity=fidelity,
        objective=objective,
        seed=seed,
        universe=universe,
    )


cifar10 = partial(nats_size, "cifar10")
cifar100 = partial(nats_size, "cifar100")
imagenet16_120 = partial(nats_size, "imagenet16-120")
