"""Sources that mislead: CIFAR-10's table shuffled, and turned round, for `prior = [...]` in a study."""

import numpy as np
import pandas as pd

import weaknas
from weaknas_benchmarks.table import Table


def shuffled():
    """Every architecture has the accuracy of another one."""
    return _table("CIFAR-10, shuffled", lambda values: np.random.default_rng(0).permutation(values))


def contrary():
    """The best architecture has the accuracy of the worst."""
    return _table("CIFAR-10, turned round", lambda values: 100 - values)


def _table(name, change):
    source = weaknas.benchmark("nasbench201/cifar10")
    rows = source.space.rows
    frame = pd.DataFrame({"arch": source.space.to_str(rows), "valid_acc": change(source.report(rows).valid)})
    return Table.from_frame(frame, source.space.whole, name=name, higher_is_better=True)
