"""NAS-Bench-201 (Dong & Yang, ICLR 2020): 15,625 cells trained on three datasets."""

from functools import partial
from typing import Literal

from weaknas.spaces import NasBench201

from .store import TableFile, find
from .table import Run, Table

__all__ = ["cifar10", "cifar100", "imagenet16_120", "nasbench201"]


def nasbench201(
    dataset: str,
    *,
    run: Run = "mean",
    fidelity: int | None = None,
    objective: Literal["valid", "test"] = "valid",
    seed: int = 0,
    universe: Literal["rows", "raw"] = "rows",
) -> Table:
    """Open NAS-Bench-201 on `cifar10`, `cifar100` or `imagenet16-120`.

    Isomorphic cells were trained separately, so each of the 15,625 rows is a query of its own. The options are
    those of `Table`; `fidelity=12` gives the official 12-epoch schedule.
    """
    return Table(
        TableFile(find(f"nasbench201-{dataset}.parquet")),
        NasBench201(),
        name=f"nasbench201/{dataset}",
        run=run,
        fidelity=fidelity,
        objective=objective,
        seed=seed,
        universe=universe,
    )


cifar10 = partial(nasbench201, "cifar10")
cifar100 = partial(nasbench201, "cifar100")
imagenet16_120 = partial(nasbench201, "imagenet16-120")
