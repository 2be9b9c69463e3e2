"""What must be true of a stranger's results before they stand beside others: the table by itself."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidTable

from ..rows import KEY, SCHEMA, SOUGHT
from .manifests import Manifest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ABOUT", "check_complete", "check_results", "conformed"]

_OPTIONAL = ("fidelity", "spent_seconds", "top1_test")
_MAY_BE_EMPTY = (*_OPTIONAL, "predictor", "valid_acc", "test_acc", "train_seconds", "hit_valid", "hit_test")
_RUN = list(KEY)
ABOUT = 1e-4  # shares of a query do not add up exactly, and a cost has 32 bits


def conformed(table: Any) -> Any:
    """Return an Arrow table of results with exactly the columns of a study's results, in their types.

    Raises:
        InvalidTable: a column is missing, of another kind, or empty where it may not be.
    """
    import pyarrow as pa

    if not len(table):
        raise InvalidTable("the results have no rows; they need one for each query.")
    columns = []
    for part in SCHEMA:
        if part.name in _OPTIONAL and part.name not in table.column_names:
            columns.append(pa.nulls(len(table), part.type))
            continue
        if part.name not in table.column_names:
            raise InvalidTable(f"the results have no column {part.name}; see docs/leaderboard.md for the columns.")
        column = table.column(part.name)
        try:
            columns.append(column.cast(part.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise InvalidTable(f"the column {part.name} holds {column.type}, not {part.type}; convert it.") from error
        if column.null_count and part.name not in _MAY_BE_EMPTY:
            raise InvalidTable(f"the column {part.name} is empty in {column.null_count:,} rows; fill it.")
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def check_results(frame: "pd.DataFrame", min_seeds: int) -> None:
    """Check a table of results for itself: its values, its labels, the numbering of queries, enough seeds.

    Args:
        frame: the results, one row a query.
        min_seeds: how many runs an entry needs on a benchmark.

    Raises:
        InvalidTable: something does not hold; the message says what, in which run, and what to do.
    """
    _check_values(frame)
    _check_labels(frame)
    _check_numbering(frame)
    for benchmark, label, seeds in frame.groupby(_RUN[:2])["seed"].nunique().reset_index().itertuples(index=False):
        if seeds < min_seeds:
            raise InvalidTable(f"{label} on {benchmark} has {seeds} seeds, {min_seeds} are needed; run more.")


def _check_values(frame: "pd.DataFrame") -> None:
    for name in ("valid_acc", "test_acc", "top1_test"):
        values = frame[name].to_numpy(dtype=np.float64)
        _refuse(frame, (values < 0) | (values > 100), f"{name} is not a percentage from 0 to 100")
    _refuse(frame, frame["train_seconds"].to_numpy() < 0, "train_seconds is negative")
    for name in ("train_seconds", "spent_seconds", "cost"):
        _refuse(frame, np.isinf(frame[name].to_numpy(dtype=np.float64)), f"{name} is infinite")
    _refuse(frame, frame["seed"].to_numpy() < 0, "the seed is negative")
    for options in frame["options"].unique():
        try:
            json.loads(options)
        except ValueError as error:
            raise InvalidTable(f"the options {options!r} are no JSON: {error}; write a JSON object.") from error


def _check_labels(frame: "pd.DataFrame") -> None:
    """A label is one way of searching, whatever the seed."""
    described = frame[[*_RUN[:2], "strategy", "predictor", "options"]].drop_duplicates()
    twice = described[described.duplicated(_RUN[:2])]
    if len(twice):
        benchmark, label = twice[_RUN[:2]].iloc[0]
        raise InvalidTable(
            f"the label {label!r} stands for several strategies, predictors or options on {benchmark}; "
            "give each of them its own."
        )
    for name in ("hit_valid", "hit_test"):
        known = frame[name].notna().groupby([frame[column] for column in _RUN[:2]], observed=True)
        _refuse(frame, (known.transform("any") & frame[name].isna()).to_numpy(), f"{name} is empty, and elsewhere not")


def _check_numbering(frame: "pd.DataFrame") -> None:
    """Queries count up within a run, and cost; rows may be left out where nothing changed."""
    ordered = frame.sort_values([*_RUN, "query"], kind="stable")
    later = ordered.duplicated(_RUN).to_numpy()
    query, cost = ordered["query"].to_numpy(), ordered["cost"].to_numpy(dtype=np.float64)
    _refuse(ordered, query < 1, "the query is not a number from 1")
    _refuse(ordered, later & (np.diff(query, prepend=0) == 0), "the query stands there twice")
    _refuse(ordered, (cost <= 0) | (cost > query + ABOUT), "the cost is not between 0 and the query's number")
    _refuse(ordered, later & (np.diff(cost, prepend=0) <= 0), "the cost does not grow from query to query")
    shorter = ordered["fidelity"].notna().groupby([ordered[name] for name in _RUN], observed=True).transform("any")
    _refuse(ordered, ~shorter.to_numpy() & (cost < query - ABOUT * query), "the cost is less than 1 a full training")
    _check_seconds(ordered, later & (np.diff(query, prepend=0) == 1))
    again = ordered.duplicated([*_RUN, "arch", "fidelity"]).to_numpy()
    _refuse(ordered, again, "an architecture is paid for again in the same run")


def _check_seconds(ordered: "pd.DataFrame", next_to: NDArray[np.bool_]) -> None:
    """Seconds add up: to more than the row says where rows were left out before it, to as much where none was."""
    spent = ordered["spent_seconds"].astype(np.float64)
    own = ordered["train_seconds"].to_numpy(dtype=np.float64)
    paid = spent - spent.groupby([ordered[name] for name in _RUN], observed=True).shift(fill_value=0.0)
    short, about = paid.to_numpy() - own, ABOUT * (1 + spent.to_numpy())
    wrong = (short < -about) | (next_to & (short > about)) | (spent.notna().to_numpy() & np.isnan(own))
    _refuse(ordered, wrong, "spent_seconds is not the sum of train_seconds so far")


def check_complete(frame: "pd.DataFrame", manifest: Manifest) -> None:
    """Check that every run went on to its budget, or to the optimum where runs stop there.

    Raises:
        InvalidTable: a run ends before, or after; or the manifest does not know a label.
    """
    for column, known in (("benchmark", manifest.benchmarks), ("label", manifest.strategies)):
        for label in frame[column].unique():
            if label not in known:
                raise InvalidTable(f"the manifest says nothing of the {column} {label!r} of the results; add it.")
    runs = frame.sort_values([*_RUN, "query"]).groupby(_RUN, observed=True)
    last = runs[["query", "cost"]].last().reset_index()
    cost = last["cost"].to_numpy(float)
    budget = np.array([_budget(manifest, *row) for row in last[_RUN[:2]].itertuples(index=False, name=None)])
    _refuse(last, cost > budget + ABOUT, "a run goes on after its budget")
    short = cost <= budget - 1 + ABOUT  # with less than a query left, no full training was possible
    if sought := SOUGHT[manifest.stop]:
        short &= ~np.all([_found(frame, f"hit_{name}", manifest) for name in sought], axis=0)
    _refuse(last, short, "a run ends before its budget")


def _found(frame: "pd.DataFrame", name: str, manifest: Manifest) -> NDArray[np.bool_]:
    """Return for each run whether it found an optimum, or whether none is known; in the order of the runs."""
    runs = frame[_RUN].assign(hit=frame[name].fillna(False).astype(bool)).groupby(_RUN, observed=True)["hit"].any()
    column: Any = name.replace("hit_", "") + "_acc"
    known = [manifest.benchmarks[key[0]].optimum.get(column) is not None for key in runs.index]
    found: NDArray[np.bool_] = runs.to_numpy() | ~np.array(known)
    return found


def _budget(manifest: Manifest, benchmark: str, label: str) -> float:
    size = manifest.benchmarks[benchmark].size
    return min(manifest.strategies[label].budget, size or np.inf)


def _refuse(frame: "pd.DataFrame", wrong: NDArray[np.bool_], what: str) -> None:
    """Name the first row for which something is wrong."""
    if wrong.any():
        row = frame.iloc[int(np.argmax(wrong))]
        raise InvalidTable(
            f"in {wrong.sum():,} places {what}; the first is query {row['query']} of {row['label']} on "
            f"{row['benchmark']}, seed {row['seed']}."
        )
