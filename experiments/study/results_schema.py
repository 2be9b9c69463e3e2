"""The rows of a study's results: the columns, and which rows of a run are kept."""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..statistics.runs import new_incumbent, paper

__all__ = ["SCHEMA", "STOP_TARGETS", "Stop", "improvements"]

SCHEMA = pa.schema(
    [
        ("study", pa.string()),
        ("benchmark", pa.string()),
        ("dataset", pa.string()),
        ("strategy", pa.string()),
        ("label", pa.string()),
        ("predictor", pa.string()),
        ("options", pa.string()),
        ("seed", pa.int64()),
        ("query", pa.int32()),
        ("arch", pa.string()),
        ("valid_acc", pa.float32()),
        ("test_acc", pa.float32()),
        ("train_seconds", pa.float32()),
        ("fidelity", pa.int32()),
        ("cost", pa.float32()),
        ("spent_seconds", pa.float64()),
        ("hit_valid", pa.bool_()),
        ("hit_test", pa.bool_()),
        ("top1_test", pa.float32()),
    ]
)
"""One row a query.

`benchmark` is the entry's label in the study file, `label` the strategy's. `valid_acc` is what the search saw (null
where it searched on test), `test_acc` the mean, in percent. `fidelity` is null for a full training. `cost` and
`spent_seconds` are what was paid so far, in full trainings and in seconds of training. `hit_valid` and `hit_test` say
whether the row attains the best mean accuracy, null where that is not known, and for test where runs stop before (see
`STOP_TARGETS`). `top1_test` is the mean test accuracy of the architecture that the predictor ranks first after it was
fitted to all rows so far, null between fits and where the study does not record it.
"""

Stop = Literal["budget", "optimum", "valid-optimum"]

STOP_TARGETS: dict[Stop, tuple[Literal["valid", "test"], ...]] = {
    "budget": (),
    "optimum": ("valid", "test"),
    "valid-optimum": ("valid",),
}
"""The best mean accuracies at the last of which a run ends, by the `stop` of its study.

With `valid-optimum` a hit of the test optimum says nothing: a run that works ends before.
"""


def improvements(columns: dict[str, NDArray[Any]], objective: str) -> NDArray[np.bool_]:
    """Return which rows of a run to keep, so that every statistic of the run is what it was.

    Those at which the best score seen, the best test accuracy or the `paper` value changes, those that hit an
    optimum, and the last.

    Args:
        columns: the run's columns by name, `(n,)` each.
        objective: the column that the search saw.
    """
    full = columns["fidelity"] < 0
    seen = np.where(full, columns[objective], np.nan)
    test = np.where(full, columns["test_acc"], np.nan)
    keep = new_incumbent(seen) | new_incumbent(test)
    keep |= (columns["hit_valid"] == 1) | (columns["hit_test"] == 1)
    value = paper(test, columns["top1_test"])
    keep[1:] |= (value[1:] != value[:-1]) & ~np.isnan(value[1:])
    keep[0] |= not np.isnan(value[0])
    keep[-1] = True
    return keep
