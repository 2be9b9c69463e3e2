"""Submitting results: they are checked, and then stand in the board's folder, all of them or none.

Nothing that is submitted is trusted: see `recheck` for what its manifest may name.
"""

import itertools
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa

from weaknas.errors import InvalidOption, InvalidTable, WeaknasError, system_sentence
from weaknas.parquet import read_parquet

from ..study import folder, results
from ..study.manifest import MANIFEST, Manifest, Submitter, read_manifest, write_manifest
from .checks import check_complete, check_results, conformed
from .recheck import recheck
from .study_folders import find_studies

__all__ = ["MIN_SEEDS", "Accepted", "submit"]

MIN_SEEDS = 10
"""Runs that an entry needs on every benchmark, by default."""


class Accepted(NamedTuple):
    """What became of results that were accepted.

    Attributes:
        directory: where on the board they stand.
        entries: `label on benchmark`.
        runs: how many.
    """

    directory: Path
    entries: list[str]
    runs: int


def submit(
    submission: Path,
    board: Path,
    who: str,
    url: str = "",
    min_seeds: int = MIN_SEEDS,
    not_compared: Collection[str] = (),
) -> Accepted:
    """Check results, and add them to a board; what was submitted is only read.

    Args:
        submission: the folder of a study, or the `results.parquet` in it.
        board: the folder of entries; made if it is not there.
        who: made them, as the page shall name them.
        url: where to read more.
        min_seeds: runs that an entry needs on every benchmark.
        not_compared: labels of benchmarks that are accepted without a look into their tables, which is noted.

    Raises:
        NotFound: there is no such file.
        InvalidStudy: the manifest is not as it must be.
        InvalidTable: the results are not, or cannot be compared with the benchmark's table.
        UntrustedName: the manifest names what would run code, or read a file.
        WeaknasError: the board has such an entry already, or cannot be written.
    """
    if not who.strip():
        raise InvalidOption("--who is empty; name the people or the group that made the results.")
    if not (who + url).isprintable():
        raise InvalidOption("--who and --url are one line of printable characters each.")
    if url and not url.startswith(("https://", "http://")):
        raise InvalidOption(f"--url {url!r} is no web address; it begins with https://.")
    source = submission / folder.RESULTS if submission.is_dir() else submission
    read = read_parquet(source, "table of results", "write it again")
    manifest = _manifest(source.parent, who, url, not_compared)
    table = conformed(read, manifest.schema)
    part = board / f".{uuid4().hex}.part"
    try:
        part.mkdir(parents=True)
        folder.write_tables(part, folder.StudyTables(table, _timings(table, source.parent / folder.TIMINGS)))
        write_manifest(part, manifest)
        accepted = _checked(part, board, min_seeds, not_compared)
        os.replace(part, target := _free(board / manifest.study))
    except OSError as error:
        raise WeaknasError(f"cannot write to {board}: {system_sentence(error)}; choose another --board.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return accepted._replace(directory=target)


def _free(target: Path) -> Path:
    """Return a folder that is not there yet: several people may submit a study of one name."""
    numbered = (target.with_name(f"{target.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([target], numbered) if not path.exists())


def _manifest(source: Path, who: str, url: str, not_compared: Collection[str]) -> Manifest:
    """Return the manifest as it is to stand on the board.

    Raises:
        WeaknasError: it lacks something, or does not know a benchmark that is not to be compared.
    """
    manifest = read_manifest(source)
    for key in ("versions", "command"):
        if not getattr(manifest, key):
            raise InvalidTable(f"{source / MANIFEST}: {key} is empty; see docs/leaderboard.md.")
    for label in not_compared:
        if label not in manifest.benchmarks:
            raise InvalidOption(
                f"--not-compared {label!r} is no benchmark of theirs; there are {', '.join(manifest.benchmarks)}."
            )
    benchmarks = {
        label: card.model_copy(update={"not_compared": label in not_compared})
        for label, card in manifest.benchmarks.items()
    }
    submitter = Submitter(who=who.strip(), url=url)
    return manifest.model_copy(update={"benchmarks": benchmarks, "submitted": submitter})


def _timings(table: Any, path: Path) -> Any:
    """Return the timings that were submitted; without any, how many queries each run made, and nothing of its time.

    Raises:
        InvalidTable: the timings cannot be read.
    """
    if path.exists():
        timings = read_parquet(path, "table of timings", "correct it, or delete it")
    else:
        made = table.group_by(["benchmark", "strategy", "label", "seed"], use_threads=False)
        timings = made.aggregate([("query", "max")]).rename_columns({"query_max": "queries"})
    known = timings.column_names
    try:
        columns = [
            timings[part.name].cast(part.type) if part.name in known else pa.nulls(len(timings), part.type)
            for part in folder.TIMINGS_SCHEMA
        ]
    except (pa.ArrowException, KeyError) as error:
        raise InvalidTable(
            f"{path} has columns of other types than a study's: {system_sentence(error)}; correct it, or delete it."
        ) from error
    return pa.Table.from_arrays(columns, schema=folder.TIMINGS_SCHEMA)


def _checked(part: Path, board: Path, min_seeds: int, not_compared: Collection[str]) -> Accepted:
    """Check what would stand on the board, as `build` will read it."""
    read = results.load(part)
    check_results(read.frame, min_seeds)
    check_complete(read.frame, read.manifest)
    entries = list(read.frame[["benchmark", "label"]].drop_duplicates().itertuples(index=False, name=None))
    for other in find_studies([board]) if any(board.glob(f"[!.]*/{MANIFEST}")) else []:
        _check_new(entries, read.manifest.submitted.who, other)
    recheck(read.frame, read.manifest.benchmarks, not_compared)
    return Accepted(part, [f"{label} on {benchmark}" for benchmark, label in entries], len(read.timings))


def _check_new(entries: Collection[tuple[str, str]], who: str, other: Path) -> None:
    """Refuse a second entry of one label by the same people; others may have one that is named alike."""
    there = read_manifest(other).submitted.who
    if " ".join(there.split()).casefold() != " ".join(who.split()).casefold():
        return
    timings = folder.read_merged(other).timings
    taken = set(zip(timings["benchmark"].to_pylist(), timings["label"].to_pylist(), strict=True))
    for benchmark, label in entries:
        if (benchmark, label) in taken:
            raise WeaknasError(
                f"{label!r} on {benchmark} is an entry of {who} already, in {other}; choose another label."
            )
