"""NAS-Bench-201 (Dong & Yang, ICLR 2020): 15,625 cells trained on three datasets.

Isomorphic cells were trained separately, so each of the 15,625 rows is a query of its own. The options are those of
`Table`; `fidelity=12` gives the official 12-epoch schedule.
"""

from functools import partial

from .finder import open_table

__all__ = ["cifar10", "cifar100", "imagenet16_120"]

cifar10 = partial(open_table, "nasbench201-cifar10.parquet", "nasbench201/cifar10")
cifar100 = partial(open_table, "nasbench201-cifar100.parquet", "nasbench201/cifar100")
imagenet16_120 = partial(open_table, "nasbench201-imagenet16-120.parquet", "nasbench201/imagenet16-120")
