"""The rows that a study keeps of one search."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weaknas import Result
from weaknas.spaces import Batch

from .instantiate import OpenedBenchmark
from .results_schema import STOP_TARGETS, Stop, improvements, schema_of

__all__ = ["hits", "rows_of"]


def hits(opened: OpenedBenchmark, batch: Batch) -> dict[str, NDArray[np.bool_]]:
    """Return by `valid` and `test` where a mean value is the best there is, `(n,)` each; ties count."""
    report = opened.benchmark.report(batch)
    return {kind: getattr(report, kind) == getattr(opened.optimum, kind) for kind in ("valid", "test")}


def rows_of(
    result: Result,
    opened: OpenedBenchmark,
    labels: Mapping[str, str],
    stop: Stop,
    record: str,
    top1: Mapping[float, Batch],
) -> pa.Table:
    """Return the rows of a run in the columns of `schema_of` its metrics, as many as the study keeps.

    Of a search of several objectives all are kept.

    Args:
        result: of the search.
        opened: where it searched.
        labels: the columns `study`, `benchmark` and `label`.
        stop: when the study's runs end.
        record: `all` or `improvements`.
        top1: by the cost paid when the predictor was fitted, the `(1, d)` architecture that it ranked first.
    """
    columns = _columns(result, opened, stop, top1)
    if STOP_TARGETS[stop]:  # what came after the last hit in its batch was evaluated for nothing
        end = _end(columns)
        columns = {name: values[: end + 1] for name, values in columns.items()}
    if record == "improvements" and not result.also:
        kept = improvements(columns, result.metric, result.objective)
        columns = {name: values[kept] for name, values in columns.items()}
    constant = {
        **labels,
        "dataset": result.dataset,
        "strategy": result.strategy,
        "predictor": result.predictor,
        "options": result.history["options"].iloc[0],
        "seed": result.seed,
    }
    return _table(constant, columns, schema_of([result.metric], result.also, result.workers is not None))


def _columns(
    result: Result, opened: OpenedBenchmark, stop: Stop, top1: Mapping[float, Batch]
) -> dict[str, NDArray[Any]]:
    """Return the columns that change from query to query; -1 stands for what is not known of a hit or fidelity."""
    history = result.history
    found = hits(opened, opened.benchmark.space.from_str(history["arch"]))
    fidelity = history["fidelity"].to_numpy(dtype=np.int32, na_value=-1)
    columns: dict[str, NDArray[Any]] = {
        name: history[name].to_numpy(dtype=np.float32)
        for name in (result.metric.valid, result.metric.test, *(m.valid for m in result.also), "train_seconds", "cost")
    }
    columns["spent_seconds"] = np.cumsum(history["train_seconds"].to_numpy(dtype=np.float64))
    columns["fidelity"] = fidelity
    if result.workers is not None:
        columns["clock_seconds"] = history["clock_seconds"].to_numpy()
    for name in ("valid", "test"):
        wanted = name in STOP_TARGETS[stop] or stop == "budget"
        known = wanted and not np.isnan(getattr(opened.optimum, name))
        columns[f"hit_{name}"] = np.where(known, found[name] & (fidelity < 0), -1).astype(np.int8)
    columns["top1_test"] = _top1_test(opened, history["cost"].to_numpy(), top1)
    columns["query"] = np.arange(1, len(history) + 1, dtype=np.int32)
    columns["arch"] = history["arch"].to_numpy(dtype=object)
    return columns


def _top1_test(opened: OpenedBenchmark, cost: NDArray[np.float64], top1: Mapping[float, Batch]) -> NDArray[np.float32]:
    """Return `(n,)` the mean value on test of the top-1 architecture after a row, NaN where there was no fit."""
    values = np.full(len(cost), np.nan, dtype=np.float32)
    if top1:
        at = np.searchsorted(cost, np.array(list(top1)))
        values[at] = opened.benchmark.report(np.concatenate(list(top1.values()))).test
    return values


def _end(columns: Mapping[str, NDArray[Any]]) -> int:
    """Return the row at which the last of the known targets is hit, the last row if one is not."""
    last = len(columns["query"]) - 1
    known = [columns[name] for name in ("hit_valid", "hit_test") if (columns[name] >= 0).all()]
    return max((int(np.argmax(hit == 1)) if (hit == 1).any() else last for hit in known), default=last)


def _table(constant: Mapping[str, Any], columns: Mapping[str, NDArray[Any]], schema: pa.Schema) -> pa.Table:
    """Make a table with a schema; NaN, and numbers below 0 where none can be, become null."""
    size = len(columns["query"])
    arrays = []
    for column in schema:
        if column.name in constant:
            arrays.append(pa.array([constant[column.name]] * size, column.type))
            continue
        values = columns[column.name]
        absent = None
        if values.dtype.kind == "f":
            absent = np.isnan(values)
        elif values.dtype.kind == "i":
            absent = values < 0
        if pa.types.is_boolean(column.type):
            values = values == 1
        arrays.append(pa.array(values, column.type, mask=absent))
    return pa.Table.from_arrays(arrays, schema=schema)
