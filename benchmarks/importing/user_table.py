"""A table of one's own, CSV or Parquet, with a column for each choice: a benchmark over those choices."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidOption, InvalidTable
from weaknas.metrics import ACCURACY, Metric
from weaknas.spaces import Choices
from weaknas.words import shortened, some

from ..direction import MAXIMISED, expected, inverted, lower_is_better
from .official import ImportedTable, console
from .user_file import ABSENT, ChoiceColumn, UserFile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Columns", "further_metrics", "read_user_table"]

_RUNS = re.compile(r"(.*[\W_])?(seed|run|rep|repeat|repetition|trial|fold|iteration|index|id|number)s?", re.IGNORECASE)
_WORTH_SAYING = 0.5e9  # bytes
_DIRECTIONS = ("minimize", "maximize")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which columns of a user's table are what.

    Attributes:
        choices: the columns that are choices, joined by commas; one that is no column's name is a glob.
        seen: the column that searches see.
        metric: what it is; `ACCURACY` for one in percent, or of shares from 0 to 1, which become percent.
        test: the column of the same on test.
        also: further metrics, each with the name of its column.
        macs: column of multiply-accumulates.
        seconds: column of training seconds.
        runs: column that tells the runs of one architecture apart, such as a seed.
        vouched: whether the user vouches for a column that looks as if lower were better.
    """

    choices: str
    seen: str
    metric: Metric = ACCURACY
    test: str | None = None
    also: tuple[Metric, ...] = ()
    macs: str | None = None
    seconds: str | None = None
    runs: str | None = None
    vouched: bool = False

    @property
    def measured(self) -> dict[str, str]:
        """The columns of the table by what they are called in ours."""
        named = {self.metric.valid: self.seen, self.metric.test: self.test, "macs": self.macs}
        named |= {"train_seconds": self.seconds} | {metric.valid: metric.valid for metric in self.also}
        return {ours: theirs for ours, theirs in named.items() if theirs is not None}


def further_metrics(text: str) -> tuple[Metric, ...]:
    """Return the metrics that `latency_ms:minimize:free,energy_j:minimize` names.

    Raises:
        InvalidOption: a part is not `COLUMN:minimize` or `COLUMN:maximize`, with or without `:free`.
    """
    metrics = []
    for part in text.split(","):
        name, *rest = part.strip().rsplit(":", 2 if part.strip().endswith(":free") else 1)
        if not rest or rest[0] not in _DIRECTIONS or rest[1:] not in ([], ["free"]):
            raise InvalidOption(
                f"--also takes COLUMN:minimize or COLUMN:maximize, with :free behind it where it is known without an "
                f"evaluation, not {shortened(part)!r}."
            )
        metrics.append(Metric(name, minimize=rest[0] == "minimize", free=len(rest) == 2))
    return tuple(metrics)


def read_user_table(source: Path, name: str, columns: Columns) -> ImportedTable:
    """Read a table with one column per choice and a row for each architecture, or for each of its runs.

    The options of a choice are the values of its column, in ascending order; combinations that have no row are not
    in the space. Columns `params`, `latency_*` and `zc_*` are taken over under their names.

    Args:
        source: a CSV (with a header; commas, semicolons or tabs between its cells) or Parquet file.
        name: the benchmark's name.
        columns: which columns are what.

    Raises:
        NotFound: there is no such file, or no such column.
        InvalidTable: it cannot be read, an accuracy is no percentage, every value is missing, an architecture is
            there twice though other columns tell its rows apart, or there is not the memory for it.
        InvalidOption: the choices are too many or cannot be distinguished, or a column is named as two things.
    """
    file = UserFile(source)
    wanted = columns.measured
    for column in [*wanted.values(), *filter(None, [columns.runs])]:
        if column not in file.columns:
            raise file.no_column(column)
    picked = file.picked(columns.choices, {*wanted.values(), *filter(None, [columns.runs])})
    if file.memory > _WORTH_SAYING:
        console.print(f"reading {source} takes up to {file.memory / 1e9:.1f} GB of memory", highlight=False)
    frame = file.read(picked)
    choices = {column: file.choice(frame, column) for column in picked}
    space = Choices({column: choice.options for column, choice in choices.items()}, name)
    texts, group = _texts(choices)
    frame = frame.drop(columns=picked)
    notes = [f"the empty cells of {some(c for c in picked if ABSENT in choices[c].options)} are the option {ABSENT}"]
    notes = notes if any(ABSENT in choice.options for choice in choices.values()) else []
    if len(texts) < len(frame):
        _check_runs(frame, group, file, columns)
    values = {ours: file.numbers(frame, theirs) for ours, theirs in wanted.items()}
    free = [c for c in file.columns if (c == "params" or c.startswith(("latency_", "zc_"))) and c not in picked]
    values |= {column: file.numbers(frame, column) for column in free if column not in values}
    notes += _checked(values, columns, frame, source)
    made = _by_architecture(values, group, len(texts), columns.metric)
    if len(texts) < len(frame):
        notes.append(f"{len(frame):,} rows are runs of {len(texts):,} architectures")
    card = {"benchmark": name, "dataset": name, "space": space.recipe["choices"], "unit": columns.metric.unit}
    card |= {"metrics": [metric.card for metric in (columns.metric, *columns.also)], "missing": "failed"}
    card |= {"source": source.name, "valid": columns.seen, "test": columns.test or "not known"}
    vouched = {"direction": MAXIMISED} if columns.vouched else {}
    return ImportedTable(name, {"arch": texts, **made}, card | vouched, len(texts), tuple(notes))


def _texts(choices: Mapping[str, ChoiceColumn]) -> tuple[Any, NDArray[np.int64]]:
    """Return the text of each architecture, in order of appearance, and `(n,)` which one each row is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [pa.DictionaryArray.from_arrays(c.codes, c.options).cast(pa.string()) for c in choices.values()]
    texts = pc.binary_join_element_wise(*parts, ";").dictionary_encode()
    return texts.dictionary, texts.indices.to_numpy().astype(np.int64)


def _check_runs(frame: "pd.DataFrame", group: NDArray[np.int64], file: UserFile, columns: Columns) -> None:
    """Make sure that rows of one architecture are its runs, and that no choice was forgotten.

    Raises:
        InvalidTable: a column that is neither measured nor a number of runs tells them apart.
    """
    known = {*columns.measured.values(), columns.runs}
    texts = [c for c in frame.columns if c not in known and frame[c].dtype.kind not in "f" and not _RUNS.fullmatch(c)]
    texts = [c for c in texts if not expected(c) and not lower_is_better(c)]
    differ = [c for c in texts if (frame[c].astype(str).groupby(group).nunique() > 1).any()]
    if differ:
        _, first, counts = np.unique(group, return_index=True, return_counts=True)
        at = int(first[counts > 1].min())
        other = int(np.flatnonzero(group == group[at])[1])
        raise InvalidTable(
            f"rows {at + 1} and {other + 1} of {file.source} are the same architecture, and {some(differ)} tells rows "
            "of one architecture apart; name every column that is a choice, or say with --runs COLUMN that they are "
            "its runs."
        )
    if columns.runs is not None:
        twice = frame[[columns.runs]].assign(group=group).duplicated()
        if twice.any():
            raise InvalidTable(
                f"row {int(np.argmax(twice)) + 1} of {file.source} is a run that is there before: {columns.runs} does "
                "not tell the rows of its architecture apart."
            )


def _by_architecture(
    values: dict[str, NDArray[np.float64]], group: NDArray[np.int64], count: int, metric: Metric
) -> dict[str, NDArray[np.float64]]:
    """Return `(count,)` means over the rows of each architecture, and the single runs of the metric."""
    import pandas as pd

    if count == len(group):
        return values
    grouped = pd.DataFrame(values).groupby(group, sort=True)
    made = {column: means.to_numpy() for column, means in grouped.mean().items()}
    run = grouped.cumcount().to_numpy()
    for column in values.keys() & {metric.valid, metric.test}:
        for number in range(run.max() + 1):
            single = np.full(count, np.nan)
            single[group[run == number]] = values[column][run == number]
            made[f"{column}_run{number}"] = single
    return {str(column): made[column] for column in made}


# -- what the numbers are ----------------------------------------------------------------------------------


def _checked(
    values: dict[str, NDArray[np.float64]], columns: Columns, frame: "pd.DataFrame", source: Path
) -> list[str]:
    """Check the metric's values, turn shares into percent, and return what is to be said."""
    metric, notes = columns.metric, []
    named = {ours: theirs for ours, theirs in columns.measured.items() if ours in (metric.valid, metric.test)}
    for ours, theirs in named.items():
        column = values[ours]
        column[~np.isfinite(column)] = np.nan
        missing = int(np.isnan(column).sum())
        if missing == len(column):
            raise InvalidTable(f"{source} has no {theirs} in any of its {len(column):,} rows.")
        if missing and ours == metric.valid:
            row = int(np.argmax(np.isnan(column))) + 1
            notes.append(f"{missing:,} rows without {theirs}, row {row} the first, are failed evaluations")
        if metric == ACCURACY:
            notes += _percent(column, theirs, source)
    if not (columns.vouched or metric.minimize):
        _check_direction({theirs: values[ours] for ours, theirs in named.items()}, frame, source)
    return notes


def _percent(values: NDArray[np.float64], column: str, source: Path) -> list[str]:
    """Turn accuracies from 0 to 1 into percent.

    Raises:
        InvalidTable: they are neither.
    """
    low, high = np.nanmin(values), np.nanmax(values)
    if low < 0 or high > 100:
        raise InvalidTable(
            f"the column {column} of {source} goes from {low:g} to {high:g}, which is no percentage; "
            f"import what is no accuracy with --metric {column}, and --minimize if lower is better."
        )
    if high > 1:
        return []
    values *= 100
    return [f"{column} has shares from 0 to 1, which are now percent"]


def _check_direction(seen: Mapping[str, NDArray[np.float64]], frame: "pd.DataFrame", source: Path) -> None:
    """Make sure that neither the name of a column nor the others say that its lower values are better.

    Raises:
        InvalidTable: one does.
    """
    evidence = [c for c in frame.columns if expected(c) and not c.startswith("zc_")]
    numeric = frame[evidence].select_dtypes("number").astype(np.float64)
    reasons = {column: "by its name" for column in seen if lower_is_better(column)}
    for column, values in seen.items() if not reasons else ():
        others = ((c, numeric[c].to_numpy()) for c in numeric.columns if c != column)
        if reason := inverted(values, others):
            reasons[column] = reason
    for column, reason in reasons.items():
        raise InvalidTable(
            f"the column {column} of {source} looks as if lower were better, {reason}; import it with --metric "
            f"{column} --minimize, or vouch for it with --higher-is-better."
        )
