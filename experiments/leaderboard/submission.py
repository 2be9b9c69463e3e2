"""Handing in results: they are checked, and then stand in the board's folder, whole or not at all."""

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from weaknas.errors import InvalidOption, InvalidTable, NotFound, WeaknasError

from .. import folder, results
from ..rows import KEY
from . import manifests
from .agreement import check_agreement
from .checks import check_complete, check_results, conformed
from .entries import find

__all__ = ["MIN_SEEDS", "Submitted", "submit"]

MIN_SEEDS = 10
"""Runs that an entry needs on every benchmark, by default."""


class Submitted(NamedTuple):
    """What became of results that were accepted.

    Attributes:
        directory: where on the board they stand.
        entries: `label on benchmark`.
        runs: how many.
        unseen: benchmarks whose table is not on this machine, so that the results were not compared with it.
    """

    directory: Path
    entries: list[str]
    runs: int
    unseen: list[str]


def submit(handed: Path, board: Path, who: str, url: str = "", min_seeds: int = MIN_SEEDS) -> Submitted:
    """Check results, and add them to a board; what was handed in is only read.

    Args:
        handed: the folder of a study, or the `results.parquet` in it.
        board: the folder of entries; made if it is not there.
        who: made them, as the page shall name them.
        url: where to read more.
        min_seeds: runs that an entry needs on every benchmark.

    Raises:
        NotFound: there is no such file.
        InvalidTable: the results, or what is said of them, are not as they must be.
        WeaknasError: the board has such an entry already, or cannot be written.
    """
    if not who.strip():
        raise InvalidOption("--who is empty; name the people or the group that made the results.")
    if url and not url.startswith(("https://", "http://")):
        raise InvalidOption(f"--url {url!r} is no web address; it begins with https://.")
    source = handed / folder.RESULTS if handed.is_dir() else handed
    table, (manifest, said) = _read(source), manifests.read(source.parent)
    target = board / manifest.study
    if target.exists():
        raise WeaknasError(f"{board} has an entry {manifest.study!r}; give the study another name in its manifest.")
    part = board / f".{manifest.study}.{uuid4().hex}.part"
    try:
        part.mkdir(parents=True)
        pq.write_table(table, part / folder.RESULTS, compression="zstd", compression_level=9)
        _write_timings(table, source.parent, part)
        folder.write_manifest(part, {**said, "submitted": {"who": who.strip(), "url": url}})
        submitted = _checked(part, manifest, board, min_seeds)
        os.replace(part, target)
    except OSError as error:
        raise WeaknasError(f"cannot write to {board}: {error.strerror or error}; choose another --board.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return submitted._replace(directory=target)


def _read(path: Path) -> Any:
    if not path.is_file():
        raise NotFound(f"there are no results at {path}; name a {folder.RESULTS}, or the folder of a study.")
    return conformed(_parquet(path))


def _parquet(path: Path) -> Any:
    try:
        with pq.ParquetFile(path) as file:
            return file.read()
    except (pa.ArrowException, OSError) as error:
        raise InvalidTable(f"{path} is no Parquet file, or it is damaged; write it again.") from error


def _write_timings(table: Any, source: Path, part: Path) -> None:
    """Take the timings over; without any, say how many queries each run made, and nothing of its time.

    Raises:
        InvalidTable: the timings cannot be read, or are of other runs than the results.
    """
    runs = table.group_by(["benchmark", "strategy", "label", "seed"], use_threads=False).aggregate([("query", "max")])
    runs = runs.rename_columns({"query_max": "queries"})
    schema, path = folder.read_timings(part).schema, source / folder.TIMINGS
    handed = _parquet(path) if path.exists() else runs
    try:
        known = {
            name: handed[name].cast(schema.field(name).type) for name in schema.names if name in handed.schema.names
        }
        timings = pa.table({f.name: known.get(f.name, pa.nulls(len(handed), f.type)) for f in schema}, schema=schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidTable(
            f"{path} has columns of other types than a study's: {error}; mend it, or delete it."
        ) from error
    if _keys(timings) != _keys(runs):
        raise InvalidTable(f"{path} lists other runs than the results have; mend it, or delete it.")
    pq.write_table(timings, part / folder.TIMINGS, compression="zstd")


def _keys(table: Any) -> list[tuple[Any, ...]]:
    """Return the runs, and how many queries each made."""
    return sorted(zip(*(map(str, table[name].to_pylist()) for name in (*KEY, "queries")), strict=True))


def _checked(part: Path, manifest: manifests.Manifest, board: Path, min_seeds: int) -> Submitted:
    """Check what would stand on the board, as `build` will read it."""
    read = results.load(part)
    check_results(read.frame, min_seeds)
    check_complete(read.frame, manifest)
    entries = list(read.frame[["benchmark", "label"]].drop_duplicates().itertuples(index=False, name=None))
    for other in find([board]) if any(board.glob(f"[!.]*/{folder.MANIFEST}")) else []:
        timings = folder.read_timings(other)
        taken = set(zip(timings["benchmark"].to_pylist(), timings["label"].to_pylist(), strict=True))
        for benchmark, label in entries:
            if (benchmark, label) in taken:
                raise WeaknasError(f"{label!r} on {benchmark} is an entry of {other} already; choose another label.")
    unseen = check_agreement(read.frame, read.manifest["benchmarks"])
    return Submitted(part, [f"{label} on {benchmark}" for benchmark, label in entries], len(read.timings), unseen)
