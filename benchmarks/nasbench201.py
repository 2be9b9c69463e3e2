"""NAS-Bench-201 (Dong & Yang, ICLR 2020): 15,625 cells trained on three datasets.

Isomorphic cells were trained separately, so each of the 15,625 rows is a query of its own. The options are those of
`Table`; `fidelity=12` gives the official 12-epoch schedule.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from weaknas.errors import InvalidTable

from .finder import open_table
from .store import open_file
from .table import Table
from .table_data import FrameData

__all__ = ["cifar10", "cifar100", "devices", "imagenet16_120"]

_LATENCIES = "nasbench201-latency.parquet"
_MISLABELLED = "latency_ms_core_i7"  # practically the numbers of the GTX 1080 Ti: one of the two is, at the source

cifar10 = partial(open_table, "nasbench201-cifar10.parquet", "nasbench201/cifar10")
cifar100 = partial(open_table, "nasbench201-cifar100.parquet", "nasbench201/cifar100")
imagenet16_120 = partial(open_table, "nasbench201-imagenet16-120.parquet", "nasbench201/imagenet16-120")


def devices(dataset: str, *, objective: str | Sequence[str] = "valid") -> Table:
    """Open the 1,999 cells whose latency is known on 17 devices (Lu et al., OneProxy, SIGMETRICS 2022).

    The accuracies are those of NAS-Bench-201, the columns `latency_ms_DEVICE` free to know; an edge TPU failed on 259
    of them. The latencies of `core_i7` are left out: at the source they are practically those of the GTX 1080 Ti.

    Args:
        dataset: `cifar10`, `cifar100` or `imagenet16-120`.
        objective: see `Table`, such as `valid_acc,latency_ms_myriad_vpu`.

    Raises:
        NotFound: one of the two tables is not on this machine.
        InvalidTable: one is damaged.
        InvalidOption: an objective that the tables do not have.
    """
    import pandas as pd

    cells, latencies = open_file(f"nasbench201-{dataset}.parquet"), open_file(_LATENCIES)
    rows = pd.Index(cells.texts()).get_indexer(pd.Index(latencies.texts()))
    known = rows >= 0  # a part of NAS-Bench-201 does not have them all
    if not known.any():
        raise InvalidTable(f"none of the cells of {cells.path} has a latency in {latencies.path}.")
    rows = rows[known]
    columns: dict[str, object] = {"arch": np.array(latencies.texts())[known]}
    for name in ("valid_acc", "test_acc", "train_seconds", "params", "macs"):
        columns[name] = cells.numbers(name)[rows]
    for name in latencies.columns:
        if name.startswith("latency_ms_") and name != _MISLABELLED:
            columns[name] = latencies.numbers(name)[known]
    card = {"dataset": dataset, "space": "nasbench201"}
    data = FrameData(pd.DataFrame(columns), card, cells.checksums | latencies.checksums)
    return Table(data, name=f"nasbench201-devices/{dataset}", objective=objective)


devices_cifar10 = partial(devices, "cifar10")
devices_cifar100 = partial(devices, "cifar100")
devices_imagenet16_120 = partial(devices, "imagenet16-120")
