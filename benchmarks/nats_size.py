"""NATS-Bench's size space (Dong et al., TPAMI 2021): 32,768 networks trained on three datasets.

Every network was trained once for 90 epochs (run 0), so `run="mean"` is that run; `fidelity=12` gives the 12-epoch
schedule, with three runs, and `fidelity=1` one epoch. The options are those of `Table`.
"""

from functools import partial

from .finder import open_table

__all__ = ["cifar10", "cifar100", "imagenet16_120"]

cifar10 = partial(open_table, "nats-size-cifar10.parquet", "nats-size/cifar10")
cifar100 = partial(open_table, "nats-size-cifar100.parquet", "nats-size/cifar100")
imagenet16_120 = partial(open_table, "nats-size-imagenet16-120.parquet", "nats-size/imagenet16-120")
