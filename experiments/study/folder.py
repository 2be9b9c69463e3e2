"""A study's folder while it is written: runs come one file each, and are merged into one table.

results.parquet   one row a query (see `rows.SCHEMA`), sorted by benchmark, label, seed and query
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

from .checks import check_rows, check_times
from .manifest import MANIFEST, read_manifest, write_manifest
from .one_run import Run
from .results_schema import KEY, SCHEMA

__all__ = [
    "MANIFEST",
    "RESULTS",
    "TIMES",
    "TIMINGS",
    "Tables",
    "in_use",
    "locked",
    "merge",
    "merged",
    "noisy",
    "options_used",
    "read",
    "read_manifest",
    "read_runs",
    "together",
    "write_manifest",
    "write_run",
    "write_tables",
]

RESULTS, TIMINGS = "results.parquet", "timings.parquet"
_RUNS, _CARD = "runs", b"weaknas-run"
TIMES = pa.schema(
    [
        *(("benchmark", pa.string()), ("strategy", pa.string()), ("label", pa.string()), ("seed", pa.int64())),
        *(("queries", pa.int32()), ("wall_seconds", pa.float64()), ("overhead_seconds", pa.float64())),
        ("digest", pa.string()),
    ]
)
"""One row a run; `queries` is the number of the last, the rest may be null in results that were made elsewhere."""
_ORDER = [(name, "ascending") for name in KEY]


class Tables(NamedTuple):
    """The rows of runs, and one row for each of the runs."""

    rows: pa.Table
    times: pa.Table


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


def write_run(directory: Path, run: Run) -> None:
    """Write a finished run to its own file, whole or not at all.

    Raises:
        WeaknasError: it cannot be written; a full disk, say.
    """
    table = run.rows.replace_schema_metadata({_CARD: json.dumps(run.card)})
    write_parquet(directory / _RUNS / f"{run.card['digest']}.parquet", table)


def read_runs(directory: Path) -> dict[Path, Run]:
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


def _read_run(path: Path) -> Run:
    remedy = "delete it to run it again"
    table = read_parquet(path, "run of a study", remedy)
    try:
        card = json.loads((table.schema.metadata or {})[_CARD])
        pa.Table.from_pylist([{name: card[name] for name in TIMES.names}], TIMES)
    except (pa.ArrowException, KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidTable(f"{path} is no run of a study; {remedy}.") from error
    if card["digest"] != path.stem:
        raise InvalidTable(f"{path} is not the run that its name says; {remedy}.")
    return Run(_checked(table.replace_schema_metadata(None), SCHEMA, path, remedy), card)


# -- the merged tables -------------------------------------------------------------------------------------


def read(directory: Path) -> Tables:
    """Return what is merged; nothing if nothing is.

    Raises:
        InvalidTable: a table is damaged, of another format, or lost.
    """
    tables = Tables(_read(directory / RESULTS, SCHEMA), _read(directory / TIMINGS, TIMES))
    if len(tables.times) and not (directory / RESULTS).exists():
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
    if table.schema != schema:
        raise InvalidTable(f"{path} has not the columns of a study's table; {remedy}.")
    return table


def together(directory: Path) -> Tables:
    """Return the rows and the times of all runs, merged or not; the folder may be in use.

    Raises:
        InvalidTable: a file is damaged, or holds what cannot be.
    """
    before = _run_files(directory)
    try:
        runs = read_runs(directory)  # before the tables, so that none is missed that is merged meanwhile
        return merged([read(directory)], list(runs.values()), _noise(directory))
    except InvalidTable:
        if _run_files(directory) == before:
            raise
        return together(directory)  # runs came, or were merged, while it was read


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
    whole = merged([read(directory)], list(runs.values()), _noise(directory))
    if runs or not (directory / RESULTS).exists():
        write_tables(directory, whole)
    for path in runs:
        path.unlink()
    if not any((directory / _RUNS).iterdir()):
        (directory / _RUNS).rmdir()


def merged(tables: Iterable[Tables], runs: Sequence[Run], noisy: Iterable[str] = ()) -> Tables:
    """Return the rows and times of all runs, each run once, sorted.

    Args:
        tables: what is merged already.
        runs: what is not.
        noisy: the benchmarks where what a search sees may be outside of 0 to 100 %.

    Raises:
        InvalidTable: a value cannot be, or rows and times are not of the same runs.
    """
    runs = list({tuple(run.card[name] for name in KEY): run for run in runs}.values())
    rows, times = [run.rows for run in runs], [TIMES.empty_table()]
    times += [pa.Table.from_pylist([{n: run.card[n] for n in TIMES.names} for run in runs], TIMES)] if runs else []
    known = {tuple(run.card[name] for name in KEY) for run in runs}
    for old in tables:
        keys = list(zip(*(old.times[name].to_pylist() for name in KEY), strict=True))
        new = [key not in known for key in keys]
        if not pc.all(_belongs(old.rows, [*keys, *known]), min_count=0).as_py():
            raise InvalidTable(f"the results have runs that {TIMINGS} does not list; restore it.")
        rows.append(
            old.rows.filter(_belongs(old.rows, [key for key, is_new in zip(keys, new, strict=True) if is_new]))
        )
        times.append(old.times.filter(pa.array(new, pa.bool_())))
        known.update(keys)
    together = pa.concat_tables([SCHEMA.empty_table(), *rows]).sort_by([*_ORDER, ("query", "ascending")])
    check_rows(together, noisy)
    found = pa.concat_tables(times).sort_by(_ORDER)
    check_times(found, together)
    return Tables(together, found)


def _belongs(rows: pa.Table, keys: Sequence[tuple[Any, ...]]) -> pa.Array:
    """Return which rows are of one of the runs."""

    def joined(benchmark: Any, label: Any, seed: Any) -> Any:
        return pc.binary_join_element_wise(benchmark, label, pc.cast(seed, pa.string()), "\n")

    if not keys:
        return pa.array([False] * len(rows), pa.bool_())
    wanted = joined(*(pa.array(column) for column in zip(*keys, strict=True)))
    return pc.is_in(joined(*(rows[name] for name in KEY)), value_set=wanted)


def write_tables(directory: Path, tables: Tables) -> None:
    """Write the merged tables, each whole or not at all."""
    for name, table in zip((RESULTS, TIMINGS), tables, strict=True):
        # In one chunk, so that the file does not depend on how the runs came in.
        write_parquet(directory / name, table.combine_chunks(), level=9)


def noisy(manifest: dict[str, Any]) -> set[str]:
    """Return the benchmarks whose scores carry noise, by what a manifest says."""
    return {label for label, card in manifest["benchmarks"].items() if card["options"].get("noise")}


def _noise(directory: Path) -> set[str]:
    return noisy(read_manifest(directory)) if (directory / MANIFEST).exists() else set()
