"""The rows of a study's results: the columns, and which rows of a run are kept."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weaknas.metrics import Metric

from ..statistics.runs import new_incumbent, paper

__all__ = ["SCHEMA", "STOP_TARGETS", "Stop", "improvements", "schema_of"]

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
where it searched on test), `test_acc` the mean, in percent; a benchmark of another metric has columns of its own in
their place (see `schema_of`). `fidelity` is null for a full training. `cost` and
`spent_seconds` are what was paid so far, in full trainings and in seconds of training. `hit_valid` and `hit_test` say
whether the row attains the best mean accuracy, null where that is not known, and for test where runs stop before (see
`STOP_TARGETS`). `top1_test` is the mean test accuracy of the architecture that the predictor ranks first after it was
fitted to all rows so far, null between fits and where the study does not record it.
"""


def schema_of(metrics: Iterable[Metric], also: Iterable[Metric] = (), clock: bool = False) -> pa.Schema:
    """Return the columns of a study whose benchmarks have these metrics, and these further objectives.

    In the place of `valid_acc` and `test_acc` there are the two columns of each metric, in the metric's own unit and
    null for the others' benchmarks, and then those of the further objectives. With a clock there is `clock_seconds`:
    for how long the simulated workers had worked when the answer arrived.
    """
    names = [column for metric in metrics for column in (metric.valid, metric.test)]
    names += [metric.valid for metric in also]
    fields = list(SCHEMA)
    first = SCHEMA.get_field_index("valid_acc")
    others = {field.name for field in (*fields[:first], *fields[first + 2 :])}
    measured = [(name, pa.float32()) for name in dict.fromkeys(names) if name not in others]
    ticks = [("clock_seconds", pa.float64())] if clock else []
    return pa.schema([*fields[:first], *measured, *fields[first + 2 :], *ticks])


Stop = Literal["budget", "optimum", "valid-optimum"]

STOP_TARGETS: dict[Stop, tuple[Literal["valid", "test"], ...]] = {
    "budget": (),
    "optimum": ("valid", "test"),
    "valid-optimum": ("valid",),
}
"""The best mean accuracies at the last of which a run ends, by the `stop` of its study.

With `valid-optimum` a hit of the test optimum says nothing: a run that works ends before.
"""


def improvements(columns: dict[str, NDArray[Any]], metric: Metric, objective: str) -> NDArray[np.bool_]:
    """Return which rows of a run to keep, so that every statistic of the run is what it was.

    Those at which the best score seen, the best value on test or the `paper` value changes, those that hit an
    optimum, the last, and the first at a lower fidelity, without which the costs could not be checked.

    Args:
        columns: the run's columns by name, `(n,)` each.
        metric: what was measured.
        objective: the column that the search saw.
    """
    full = columns["fidelity"] < 0
    seen = metric.oriented(np.where(full, columns[objective], np.nan))
    test = metric.oriented(np.where(full, columns[metric.test], np.nan))
    keep = new_incumbent(seen) | new_incumbent(test)
    keep |= (columns["hit_valid"] == 1) | (columns["hit_test"] == 1)
    value = paper(test, metric.oriented(columns["top1_test"]))
    keep[1:] |= (value[1:] != value[:-1]) & ~np.isnan(value[1:])
    keep[0] |= not np.isnan(value[0])
    keep[-1] = True
    keep[np.argmax(~full)] |= not full.all()
    return keep
