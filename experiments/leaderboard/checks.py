"""What must be true of submitted results before they stand beside others, beyond what is true of any."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidTable

from ..statistics.runs import KEY
from ..study.checks import TOLERANCE
from ..study.manifest import Manifest
from ..study.results_schema import STOP_TARGETS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_complete", "check_results", "conformed"]

_OPTIONAL = ("fidelity", "spent_seconds", "top1_test")
_RUN = list(KEY)


def conformed(table: Any, schema: Any) -> Any:
    """Return an Arrow table of results with exactly the columns of a schema, in their types.

    Raises:
        InvalidTable: a column is missing or of another kind.
    """
    import pyarrow as pa

    if not len(table):
        raise InvalidTable("the results have no rows; they need one for each query.")
    columns = []
    for part in schema:
        there = table.column_names.count(part.name)
        if not there and part.name in _OPTIONAL:
            columns.append(pa.nulls(len(table), part.type))
            continue
        if there != 1:
            which = "no column" if not there else f"{there} columns named"
            raise InvalidTable(f"the results have {which} {part.name}; see docs/leaderboard.md for the columns.")
        column = table.column(part.name)
        try:
            columns.append(column.cast(part.type))
        except pa.ArrowException as error:
            raise InvalidTable(f"the column {part.name} holds {column.type}, not {part.type}; convert it.") from error
    return pa.Table.from_arrays(columns, schema=schema)


def check_results(frame: "pd.DataFrame", min_seeds: int) -> None:
    """Check a table of results for itself: its labels, nothing paid for twice, enough seeds.

    Args:
        frame: the results, one row a query.
        min_seeds: how many runs an entry needs on a benchmark.

    Raises:
        InvalidTable: something does not hold; the message says what, in which run, and what to do.
    """
    _check_labels(frame)
    _refuse(frame, frame.duplicated([*_RUN, "arch", "fidelity"]), "an architecture is paid for again in the same run")
    for benchmark, label, seeds in frame.groupby(_RUN[:2])["seed"].nunique().reset_index().itertuples(index=False):
        if seeds < min_seeds:
            raise InvalidTable(f"{label} on {benchmark} has {seeds} seeds, {min_seeds} are needed; run more.")


def _check_labels(frame: "pd.DataFrame") -> None:
    """A label is one way of searching, whatever the seed."""
    described = frame[[*_RUN[:2], "strategy", "predictor", "options"]].drop_duplicates()
    for options in described["options"].unique():
        try:
            json.loads(options)
        except (ValueError, RecursionError) as error:
            raise InvalidTable(f"the options {options[:100]!r} are no JSON: {error}; write a JSON object.") from error
    twice = described[described.duplicated(_RUN[:2])]
    if len(twice):
        benchmark, label = twice[_RUN[:2]].iloc[0]
        raise InvalidTable(
            f"the label {label!r} stands for several strategies, predictors or options on {benchmark}; "
            "give each of them its own."
        )
    for name in ("hit_valid", "hit_test"):
        known = frame[name].notna().groupby([frame[column] for column in _RUN[:2]], observed=True)
        _refuse(frame, known.transform("any") & frame[name].isna(), f"{name} is empty, and elsewhere not")


def check_complete(frame: "pd.DataFrame", manifest: Manifest) -> None:
    """Check that every run went on to its budget, or to the optimum where runs stop there.

    Raises:
        InvalidTable: a run ends before, or after.
    """
    runs = frame.sort_values([*_RUN, "query"]).groupby(_RUN, observed=True)
    last = runs[["query", "cost"]].last().reset_index()
    cost = last["cost"].to_numpy(float)
    budget = np.array([_budget(manifest, *row) for row in last[_RUN[:2]].itertuples(index=False, name=None)])
    _refuse(last, cost > budget + TOLERANCE, "a run goes on after its budget")
    short = cost <= budget - 1 + TOLERANCE  # with less than a query left, no full training was possible
    if targets := STOP_TARGETS[manifest.stop]:
        short &= ~np.all([_found(frame, f"hit_{name}", manifest) for name in targets], axis=0)
    _refuse(last, short, "a run ends before its budget")


def _found(frame: "pd.DataFrame", name: str, manifest: Manifest) -> NDArray[np.bool_]:
    """Return for each run whether it found an optimum, or whether none is known; in the order of the runs."""
    runs = frame[_RUN].assign(hit=frame[name].fillna(False).astype(bool)).groupby(_RUN, observed=True)["hit"].any()
    kind = name.removeprefix("hit_")
    known = [not np.isnan(getattr(manifest.benchmarks[key[0]].best, kind)) for key in runs.index]
    found: NDArray[np.bool_] = runs.to_numpy() | ~np.array(known)
    return found


def _budget(manifest: Manifest, benchmark: str, label: str) -> int:
    budget = manifest.strategies[label].budget
    return min(budget, manifest.benchmarks[benchmark].size or budget)


def _refuse(frame: "pd.DataFrame", wrong: "NDArray[np.bool_] | pd.Series[bool]", what: str) -> None:
    """Name the first row for which something is wrong."""
    if wrong.any():
        row = frame.iloc[int(np.argmax(np.asarray(wrong)))]
        raise InvalidTable(
            f"in {wrong.sum():,} places {what}; the first is query {row['query']} of {row['label']} on "
            f"{row['benchmark']}, seed {row['seed']}."
        )
