"""A study's folder while it is written: runs come one file each, and are merged into one table.

results.parquet   one row a query (see `results_schema.schema_of`), sorted by benchmark, label, seed and query
timings.parquet   one row a run: wall time and overhead in seconds, and the digest of what was run
manifest.json     the study, its benchmarks and their checksums, versions, the command
runs/             the runs that are not merged yet

The Parquet files are sealed: one of which a bit has changed is refused. Whatever is read is checked (see `checks`),
for a file may come from anywhere.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from weaknas import files
from weaknas.errors import InvalidTable, WeaknasError, system_sentence
from weaknas.files import in_use
from weaknas.parquet import read_parquet, write_parquet

from ..statistics.runs import KEY
from .checks import check_rows, check_timings
from .manifest import Manifest, has_manifest, read_manifest
from .one_run import FinishedRun
from .results_schema import SCHEMA

__all__ = [
    "RESULTS",
    "TIMINGS",
    "TIMINGS_SCHEMA",
    "StudyTables",
    "combine",
    "in_use",
    "locked",
    "merge",
    "options_used",
    "read_all",
    "read_merged",
    "read_runs",
    "write_run",
    "write_tables",
]

RESULTS, TIMINGS = "results.parquet", "timings.parquet"
_RUNS, _TIMING = "runs", b"weaknas-run"
TIMINGS_SCHEMA = pa.schema(
    [
        *(("benchmark", pa.string()), ("strategy", pa.string()), ("label", pa.string()), ("seed", pa.int64())),
        *(("queries", pa.int32()), ("wall_seconds", pa.float64()), ("overhead_seconds", pa.float64())),
        ("digest", pa.string()),
    ]
)
"""One row a run; `queries` is the number of the last, the rest may be null in results that were made elsewhere."""
_ORDER = [(name, "ascending") for name in KEY]


class StudyTables(NamedTuple):
    """The rows of runs, one a query, and their timings, one row a run."""

    rows: pa.Table
    timings: pa.Table


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a folder for this process; the lock of a process that died holds nothing.

    Raises:
        InUse: another process holds it.
        WeaknasError: the folder cannot be made, or not written to.
    """
    elsewhere = "name another folder with --out"
    try:
        (directory / _RUNS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeaknasError(f"cannot write to {directory}: {system_sentence(error)}; {elsewhere}.") from error
    with files.locked(directory, elsewhere):
        for left in (*directory.glob(".*.part"), *(directory / _RUNS).glob(".*.part")):
            left.unlink()  # half a file, of a process that was killed
        yield


# -- one run -----------------------------------------------------------------------------------------------


def write_run(directory: Path, run: FinishedRun) -> None:
    """Write a finished run to its own file, atomically.

    Raises:
        WeaknasError: it cannot be written; a full disk, say.
    """
    table = run.rows.replace_schema_metadata({_TIMING: json.dumps(run.timing)})
    write_parquet(directory / _RUNS / f"{run.timing['digest']}.parquet", table)


def read_runs(directory: Path) -> dict[Path, FinishedRun]:
    """Return the runs that are not merged yet, by their files.

    Raises:
        InvalidTable: a file there is no run.
    """
    runs = {}
    for path in _run_files(directory):
        try:
            runs[path] = _read_run(path)
        except WeaknasError:
            if path.exists():  # otherwise it was merged since the folder was listed
                raise
    return runs


def _run_files(directory: Path) -> list[Path]:
    return sorted((directory / _RUNS).glob("*.parquet"))


def _read_run(path: Path) -> FinishedRun:
    remedy = "delete it to run it again"
    table = read_parquet(path, "run of a study", remedy)
    try:
        timing = json.loads((table.schema.metadata or {})[_TIMING])
        pa.Table.from_pylist([{name: timing[name] for name in TIMINGS_SCHEMA.names}], TIMINGS_SCHEMA)
    except (pa.ArrowException, KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidTable(f"{path} is no run of a study; {remedy}.") from error
    if timing["digest"] != path.stem:
        raise InvalidTable(f"{path} is not the run that its name says; {remedy}.")
    return FinishedRun(
        _checked(table.replace_schema_metadata(None), _schema(path.parent.parent), path, remedy), timing
    )


# -- the merged tables -------------------------------------------------------------------------------------


def read_merged(directory: Path) -> StudyTables:
    """Return what is merged; nothing if nothing is.

    Raises:
        InvalidTable: a table is damaged, of another format, or lost.
    """
    tables = StudyTables(_read(directory / RESULTS, _schema(directory)), _read(directory / TIMINGS, TIMINGS_SCHEMA))
    if len(tables.timings) and not (directory / RESULTS).exists():
        raise InvalidTable(f"{directory} has lost its {RESULTS}; restore it, or delete {TIMINGS} to run all again.")
    return tables


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    if not path.exists():
        return schema.empty_table()
    remedy = "restore it, or name another folder"
    return _checked(read_parquet(path, "table of a study", remedy).replace_schema_metadata(None), schema, path, remedy)


def _checked(table: pa.Table, schema: pa.Schema, path: Path, remedy: str) -> pa.Table:
    """Return a table that has the columns of a study's, and texts that are texts.

    Raises:
        InvalidTable: it has not.
    """
    try:
        table.validate(full=True)
    except pa.ArrowException as error:
        raise InvalidTable(f"{path} is damaged: {system_sentence(error)}; {remedy}.") from error
    measured = set(schema.names) - set(SCHEMA.names) | {"valid_acc", "test_acc"}  # a run has those of its benchmark
    absent = [field for field in schema if field.name not in table.column_names and field.name in measured]
    for field in absent:
        table = table.append_column(field, pa.nulls(len(table), field.type))
    if set(table.column_names) != set(schema.names) or table.select(schema.names).schema != schema:
        raise InvalidTable(f"{path} has not the columns of a study's table; {remedy}.")
    return table.select(schema.names)


def _schema(directory: Path) -> pa.Schema:
    manifest = _manifest(directory)
    return manifest.schema if manifest else SCHEMA


def read_all(directory: Path) -> StudyTables:
    """Return the rows and the timings of all runs, merged or not; the folder may be in use.

    Raises:
        InvalidTable: a file is damaged, or holds what cannot be.
    """
    before = _run_files(directory)
    try:
        runs = read_runs(directory)  # before the tables, so that none is missed that is merged meanwhile
        return combine([read_merged(directory)], list(runs.values()), _manifest(directory))
    except InvalidTable:
        if _run_files(directory) == before:
            raise
        return read_all(directory)  # runs came, or were merged, while it was read


def options_used(rows: pa.Table) -> list[dict[str, str]]:
    """Return `benchmark`, `label`, `predictor` and `options` of rows, each combination once."""
    used: list[dict[str, str]] = (
        rows.group_by(["benchmark", "label", "predictor", "options"]).aggregate([]).to_pylist()
    )
    return used


def merge(directory: Path) -> None:
    """Merge the runs that have come so far into the tables; the folder must be locked.

    The tables are the same whatever the order in which the runs came. A kill in between leaves the runs' files in
    place until both tables have them.
    """
    runs = read_runs(directory)
    tables = combine([read_merged(directory)], list(runs.values()), _manifest(directory))
    if runs or not (directory / RESULTS).exists():
        write_tables(directory, tables)
    for path in runs:
        path.unlink()
    if not any((directory / _RUNS).iterdir()):
        (directory / _RUNS).rmdir()


def combine(
    tables: Iterable[StudyTables], runs: Sequence[FinishedRun], manifest: Manifest | None = None
) -> StudyTables:
    """Return the rows and timings of all runs, each run once, sorted.

    Args:
        tables: what is merged already.
        runs: what is not.
        manifest: what is known of the benchmarks; accuracies without noise if None.

    Raises:
        InvalidTable: a value cannot be, or rows and timings are not of the same runs.
    """
    runs = list({_key(run): run for run in runs}.values())
    timings_of_runs = [{name: run.timing[name] for name in TIMINGS_SCHEMA.names} for run in runs]
    rows, timings = [run.rows for run in runs], [pa.Table.from_pylist(timings_of_runs, TIMINGS_SCHEMA)]
    known = {_key(run) for run in runs}
    for table in tables:
        keys = list(zip(*(table.timings[name].to_pylist() for name in KEY), strict=True))
        new = [key not in known for key in keys]
        if not pc.all(_belongs(table.rows, [*keys, *known]), min_count=0).as_py():
            raise InvalidTable(f"the results have runs that {TIMINGS} does not list; restore it.")
        new_keys = [key for key, is_new in zip(keys, new, strict=True) if is_new]
        rows.append(table.rows.filter(_belongs(table.rows, new_keys)))
        timings.append(table.timings.filter(pa.array(new, pa.bool_())))
        known.update(keys)
    schema = manifest.schema if manifest else SCHEMA
    all_rows = pa.concat_tables([schema.empty_table(), *rows]).sort_by([*_ORDER, ("query", "ascending")])
    check_rows(all_rows, manifest)
    all_timings = pa.concat_tables(timings).sort_by(_ORDER)
    check_timings(all_timings, all_rows)
    return StudyTables(all_rows, all_timings)


def _key(run: FinishedRun) -> tuple[Any, ...]:
    return tuple(run.timing[name] for name in KEY)


def _belongs(rows: pa.Table, keys: Sequence[tuple[Any, ...]]) -> pa.Array:
    """Return which rows are of one of the runs."""

    def joined(benchmark: Any, label: Any, seed: Any) -> Any:
        return pc.binary_join_element_wise(benchmark, label, pc.cast(seed, pa.string()), "\n")

    if not keys:
        return pa.array([False] * len(rows), pa.bool_())
    wanted = joined(*(pa.array(column) for column in zip(*keys, strict=True)))
    return pc.is_in(joined(*(rows[name] for name in KEY)), value_set=wanted)


def write_tables(directory: Path, tables: StudyTables) -> None:
    """Write the merged tables, each atomically."""
    for name, table in zip((RESULTS, TIMINGS), tables, strict=True):
        # In one chunk, so that the file does not depend on how the runs came in.
        write_parquet(directory / name, table.combine_chunks(), level=9)


def _manifest(directory: Path) -> Manifest | None:
    return read_manifest(directory) if has_manifest(directory) else None
