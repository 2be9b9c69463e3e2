"""Saved results: one sealed Parquet file, of which nothing is believed that a search could not have written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import InvalidOption, InvalidTable
from .files import check_ending
from .measurements import Optimum
from .metrics import ACCURACY, Metric
from .parquet import read_parquet, write_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["is_result", "read", "write"]

_METADATA = b"weaknas-result"
_CONSTANT = ("benchmark", "dataset", "strategy", "predictor", "options", "seed")
FORMAT = 2
_NOISE = 100.0  # points by which noise may take a score out of 0 to 100 %


class _Card(BaseModel):
    """What is saved beside the history."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: Literal[1, 2]
    benchmark: str
    dataset: str
    strategy: str
    predictor: str | None
    options: dict[str, Any]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    budget: Annotated[int, Field(ge=1, lt=2**63)]
    objective: str
    optimum: Annotated[list[Annotated[float, Field(allow_inf_nan=False)] | None], Field(min_length=2, max_length=2)]
    overhead_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    estimated: bool
    # What is not in the files of the first versions:
    constraint: str | None = None
    setting: dict[str, Any] = {}
    costs: list[str] = []
    percent: bool = True  # whether accuracies are; a benchmark of one's own may have other scores
    metric: Metric = ACCURACY
    also: list[Metric] = []
    workers: Annotated[int, Field(ge=1)] | None = None
    # What format 1 had, in place of a metric:
    indicator: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> "_Card":
        if self.objective not in (self.metric.valid, self.metric.test):
            raise ValueError(f"the objective {self.objective[:100]} is no column of its metric")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns of what was measured, the objective's two first."""
        return [self.metric.valid, self.metric.test, *(metric.valid for metric in self.also)]


def write(values: Mapping[str, Any], path: str | Path) -> Path:
    """Write the attributes of a result, by name, whole or not at all.

    Raises:
        WeaknasError: the file cannot be written, or its name does not end in `.parquet`.
    """
    import pyarrow as pa

    check_ending(path, ".parquet", "a result")
    names = _Card.model_fields.keys() - {"format", "optimum", "percent", "indicator", "metric", "also"}
    card = {name: values[name] for name in names}
    optimum, history = values["optimum"], values["history"]
    card |= {
        "format": FORMAT,
        "optimum": [best if np.isfinite(best) else None for best in (optimum.valid, optimum.test)],
        "percent": not _outside(history[[values["metric"].valid, values["metric"].test]]),
        "metric": asdict(values["metric"]),
        "also": [asdict(metric) for metric in values["also"]],
    }
    table = pa.Table.from_pandas(history, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), _METADATA: json.dumps(card, sort_keys=True)}
    return write_parquet(path, table.replace_schema_metadata(metadata))


def is_result(path: str | Path) -> bool:
    """Return whether a file says that it is a saved result; it may be damaged all the same."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return Path(path).is_file() and _METADATA in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return False


def read(path: str | Path) -> dict[str, Any]:
    """Return the attributes of a saved result, by name.

    Raises:
        NotFound: there is no such file.
        InvalidTable: it is not a saved result, a damaged one, or one of a newer version.
    """
    table = read_parquet(path, "saved search result", "restore it")
    card = _card(path, (table.schema.metadata or {}).get(_METADATA, b""))
    try:
        history = _history(table, card)
        fault = next(_faults(history, card), None)
    except Exception as error:  # Arrow and pandas raise what they like of columns that are not ours
        raise _damaged(path, f"its columns cannot be read: {type(error).__name__}: {error}") from error
    if fault is not None:
        raise _damaged(path, fault)
    if card.indicator:  # what format 1 called valid_acc
        metric = Metric(card.indicator, test=ACCURACY.test)
        history = history.rename(columns={ACCURACY.valid: metric.valid})
        card = card.model_copy(update={"metric": metric, "objective": metric.valid})
    values = card.model_dump(exclude={"format", "optimum", "percent", "indicator", "metric", "also"})
    optimum = Optimum(*(float("nan") if value is None else value for value in card.optimum))
    listed = {"costs": tuple(card.costs), "also": tuple(card.also)}
    return values | listed | {"metric": card.metric, "optimum": optimum, "history": history}


def _card(path: str | Path, text: bytes) -> _Card:
    try:
        return _Card.model_validate_json(text)
    except InvalidOption as error:  # a metric that cannot be
        raise _damaged(path, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("format",) and isinstance(first["input"], int):
            raise InvalidTable(f"{path} was written by a newer version of weaknas; upgrade to read it.") from error
        where = ".".join(map(str, first["loc"]))
        raise _damaged(path, f"{where or 'what it says of itself'}: {first['msg']}") from error


def _damaged(path: str | Path, why: str) -> InvalidTable:
    said = " ".join(why.split())[:200]
    return InvalidTable(f"{path} is no saved search result, or it is damaged ({said}); restore it.")


def _history(table: Any, card: _Card) -> "pd.DataFrame":
    """Return the columns of a history, each of its own type."""
    import pandas as pd
    import pyarrow as pa

    types = {"query": pa.int64(), "arch": pa.string(), **dict.fromkeys(card.columns, pa.float64())}
    types |= {"train_seconds": pa.float64(), "fidelity": pa.int64(), "cost": pa.float64()}
    types |= {} if card.workers is None else {"clock_seconds": pa.float64()}
    types |= dict.fromkeys(card.costs, pa.float64()) | ({"front": pa.bool_()} if card.costs or card.also else {})
    constants = {name: table[name].unique().to_pylist() for name in _CONSTANT}
    columns = {name: table[name].cast(kind) for name, kind in types.items()}
    for name in columns.keys() & {"query", "arch", "cost", "clock_seconds", "front"}:
        if columns[name].null_count:
            raise ValueError(f"{name} is missing somewhere")
    columns = {name: column.to_pandas() for name, column in columns.items()}
    columns["fidelity"] = pd.array(table["fidelity"].to_pylist(), dtype="Int64")
    return pd.DataFrame({name: value for name, (value,) in constants.items()} | columns)


def _faults(history: "pd.DataFrame", card: _Card) -> Iterator[str]:
    """Tell what a search could not have written."""
    said = {name: history[name].iloc[0] for name in _CONSTANT}
    said["options"] = json.loads(said["options"])
    for name, value in said.items():
        if value != getattr(card, name):
            yield f"not the same {name} everywhere"
    if history["query"].tolist() != list(range(1, len(history) + 1)):
        yield "the queries are not numbered from 1"
    numbers = history[[*card.columns, "train_seconds", "cost", *card.costs]]
    if np.isinf(numbers.to_numpy(float)).any():
        yield "a number is infinite"
    accuracies = card.metric == ACCURACY and not card.indicator and card.percent
    if accuracies and (_outside(history[card.columns[:2]]) or _outside(card.optimum)):
        yield "an accuracy is no percentage"
    if (history["train_seconds"] < 0).any() or (history["fidelity"].dropna() < 1).any():
        yield "a training took less than no time"
    if not (np.diff(history["cost"], prepend=0) > 0).all():
        yield "the costs do not add up"
    if card.workers is not None and not (np.diff(history["clock_seconds"], prepend=0) >= 0).all():
        yield "the clock goes backwards"


def _outside(accuracies: "pd.DataFrame | list[float | None]") -> bool:
    """Return whether an accuracy is further from 0 to 100 % than noise can take it."""
    known = np.asarray(accuracies, dtype=np.float64)
    return bool(((known < -_NOISE) | (known > 100 + _NOISE)).any())
