"""A study's folder while it is written: runs come one file each, and are merged into one table.

results.parquet   one row a query (see `rows.SCHEMA`), sorted by benchmark, label, seed and query
timings.parquet   one row a run: wall time and overhead in seconds, and the digest of what was run
manifest.json     the study, its benchmarks and their checksums, versions, the command
runs/             the runs that are not merged yet
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from weaknas.errors import InvalidTable
from weaknas.files import write_atomically

from .cells import Run
from .rows import KEY, SCHEMA
from .study_file import InvalidStudy

__all__ = [
    "MANIFEST",
    "RESULTS",
    "TIMINGS",
    "in_use",
    "locked",
    "merge",
    "merged",
    "options_used",
    "read_manifest",
    "read_rows",
    "read_runs",
    "read_timings",
    "together",
    "write_manifest",
    "write_run",
    "write_tables",
]

RESULTS, TIMINGS, MANIFEST = "results.parquet", "timings.parquet", "manifest.json"
_RUNS, _LOCK, _CARD = "runs", ".lock", b"weaknas-run"
FORMAT = 1
_TIMES = pa.schema(
    [
        *(("benchmark", pa.string()), ("strategy", pa.string()), ("label", pa.string()), ("seed", pa.int64())),
        *(("queries", pa.int32()), ("wall_seconds", pa.float64()), ("overhead_seconds", pa.float64())),
        ("digest", pa.string()),
    ]
)
_ORDER = [(name, "ascending") for name in KEY]


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a folder for this process; the lock of a process that died holds nothing.

    Raises:
        InvalidStudy: another process holds it, or the folder cannot be made.
    """
    try:
        (directory / _RUNS).mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / _LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise InvalidStudy(
            f"another process is working on {directory}; wait for it, or name another folder with --out."
        ) from error
    except OSError as error:
        raise InvalidStudy(f"cannot write to {directory}: {error.strerror or error}; choose another --out.") from error
    try:
        for left in (*directory.glob(".*.part"), *(directory / _RUNS).glob(".*.part")):
            left.unlink()  # half a file, of a process that was killed
        yield
    finally:
        lock.release()


def in_use(directory: Path) -> bool:
    """Return whether a process is working on a folder."""
    if not (directory / _LOCK).exists():
        return False
    try:
        with FileLock(directory / _LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # where nothing can be written, nothing is at work
        return False


# -- one run -----------------------------------------------------------------------------------------------


def write_run(directory: Path, run: Run) -> None:
    """Write a finished run to its own file, whole or not at all.

    Raises:
        WeaknasError: it cannot be written; a full disk, say.
    """
    card = run.rows.replace_schema_metadata({_CARD: json.dumps(run.card)})
    path = directory / _RUNS / f"{run.card['digest']}.parquet"
    write_atomically(path, lambda part: pq.write_table(card, part, compression="zstd"))


def read_runs(directory: Path, rows: bool = True) -> list[Run]:
    """Return the runs that are not merged yet; without `rows` only their cards.

    Raises:
        InvalidTable: a file there is no run.
    """
    runs = []
    for path in sorted((directory / _RUNS).glob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                card = json.loads(file.schema_arrow.metadata[_CARD])
                runs.append(Run(file.read().replace_schema_metadata(None) if rows else SCHEMA.empty_table(), card))
        except FileNotFoundError:
            continue  # merged since the folder was listed
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise InvalidTable(f"{path} is no run of a study, or it is damaged; delete it to run it again.") from error
    return runs


# -- the merged tables -------------------------------------------------------------------------------------


def read_rows(directory: Path) -> pa.Table:
    """Return the merged rows; none if nothing is merged.

    Raises:
        InvalidTable: the table is damaged or of another format.
    """
    return _read(directory / RESULTS, SCHEMA)


def read_timings(directory: Path) -> pa.Table:
    """Return one row for each merged run.

    Raises:
        InvalidTable: the table is damaged or of another format, or the rows of these runs are gone.
    """
    times = _read(directory / TIMINGS, _TIMES)
    if len(times) and not (directory / RESULTS).exists():
        raise InvalidTable(f"{directory} has lost its {RESULTS}; restore it, or delete {TIMINGS} to run all again.")
    return times


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    if not path.exists():
        return schema.empty_table()
    try:
        with pq.ParquetFile(path) as file:
            table = file.read().replace_schema_metadata(None)
    except (pa.ArrowException, OSError) as error:
        raise InvalidTable(f"{path} is damaged: {error}; restore it, or run the study in another folder.") from error
    if table.schema != schema:
        raise InvalidTable(f"{path} has not the columns of a study's table; name another folder.")
    return table


def together(directory: Path) -> tuple[pa.Table, pa.Table]:
    """Return the rows and the times of all runs, merged or not; the folder may be in use.

    Raises:
        InvalidTable: a file is damaged.
    """
    runs = read_runs(directory)
    return merged([(read_rows(directory), read_timings(directory))], runs)


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
    runs, tables = read_runs(directory), (read_rows(directory), read_timings(directory))
    if runs or not (directory / RESULTS).exists():
        write_tables(directory, *merged([tables], runs))
    for run in runs:
        (directory / _RUNS / f"{run.card['digest']}.parquet").unlink()
    if not any((directory / _RUNS).iterdir()):
        (directory / _RUNS).rmdir()


def merged(tables: Iterable[tuple[pa.Table, pa.Table]], runs: Sequence[Run]) -> tuple[pa.Table, pa.Table]:
    """Return the rows and times of all runs, each run once, sorted."""
    runs = list({tuple(run.card[name] for name in KEY): run for run in runs}.values())
    rows, times = [run.rows for run in runs], [_TIMES.empty_table()]
    times += [pa.Table.from_pylist([{n: run.card[n] for n in _TIMES.names} for run in runs], _TIMES)] if runs else []
    known = {tuple(run.card[name] for name in KEY) for run in runs}
    for old_rows, old_times in tables:
        keys = list(zip(*(old_times[name].to_pylist() for name in KEY), strict=True))
        new = [key not in known for key in keys]
        rows.append(
            old_rows.filter(_belongs(old_rows, [key for key, is_new in zip(keys, new, strict=True) if is_new]))
        )
        times.append(old_times.filter(pa.array(new, pa.bool_())))
        known.update(keys)
    together = pa.concat_tables([SCHEMA.empty_table(), *rows])
    return together.sort_by([*_ORDER, ("query", "ascending")]), pa.concat_tables(times).sort_by(_ORDER)


def _belongs(rows: pa.Table, keys: Sequence[tuple[Any, ...]]) -> pa.Array:
    """Return which rows are of one of the runs."""

    def joined(benchmark: Any, label: Any, seed: Any) -> Any:
        return pc.binary_join_element_wise(benchmark, label, pc.cast(seed, pa.string()), "\n")

    if not keys:
        return pa.array([False] * len(rows), pa.bool_())
    wanted = joined(*(pa.array(column) for column in zip(*keys, strict=True)))
    return pc.is_in(joined(*(rows[name] for name in KEY)), value_set=wanted)


def write_tables(directory: Path, rows: pa.Table, times: pa.Table) -> None:
    """Write the merged tables, each whole or not at all."""
    _write_table(directory / RESULTS, rows)
    _write_table(directory / TIMINGS, times)


def _write_table(path: Path, table: pa.Table) -> None:
    whole = table.combine_chunks()  # so that the file does not depend on how the runs came in
    write_atomically(path, lambda part: pq.write_table(whole, part, compression="zstd", compression_level=9))


# -- the manifest ------------------------------------------------------------------------------------------


def read_manifest(directory: Path) -> dict[str, Any]:
    """Return what a folder says of its study.

    Raises:
        InvalidStudy: it is no folder of a study, or of a newer format.
    """
    path = directory / MANIFEST
    if not path.is_file():
        raise InvalidStudy(f"{directory} is no folder of a study: it has no {MANIFEST}.")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
        made = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidStudy(f"{path} cannot be read: {error}; restore it.") from error
    if made != FORMAT:
        raise InvalidStudy(f"{directory} has format {made!r}, and this weaknas reads {FORMAT}: upgrade weaknas.")
    for key in ("study", "benchmarks", "strategies", "versions", "command"):
        if key not in manifest:
            raise InvalidStudy(f"{path} says nothing of the {key}; restore it.")
    least = min((entry["budget"] for entry in manifest["strategies"].values() if "budget" in entry), default=1)
    defaults = {"title": "", "protocols": ["honest"], "stop": "budget", "record": "all", "checkpoints": [least]}
    return defaults | manifest


def write_manifest(directory: Path, manifest: dict[str, Any]) -> None:
    """Write what a folder says of its study."""
    text = json.dumps({"format": FORMAT, **manifest}, indent=2, ensure_ascii=False) + "\n"
    write_atomically(directory / MANIFEST, lambda part: part.write_text(text, "utf-8"))
