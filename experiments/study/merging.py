"""Joining folders of one study: seeds that several machines made, say."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..statistics.runs import KEY
from . import folder
from .definition import InvalidStudy
from .manifest import MANIFEST, Manifest, StrategyCard, read_manifest, write_manifest

__all__ = ["merge_folders"]

_DIFFERS = {"seeds", "parameters"}  # of a strategy, between folders that belong together


def merge_folders(directories: Sequence[Path], out: Path) -> None:
    """Merge the runs of several folders of one study into another folder.

    Raises:
        InvalidStudy: they are not of one study, hold different runs under the same labels and seed, or runs of one
            label that were made with different options.
    """
    manifest = _common([(directory, read_manifest(directory)) for directory in directories])
    parts = [folder.read_all(directory) for directory in directories]
    _check_digests(parts)
    tables = folder.combine(parts, [], manifest)
    labels = [(used["label"], used["benchmark"]) for used in folder.options_used(tables.rows)]
    for label, benchmark in labels:
        if labels.count((label, benchmark)) > 1:
            raise InvalidStudy(f"two of the folders hold runs of {label} on {benchmark} with other defaults.")
    command = ["weaknas", "study", "merge", *map(str, directories), "--out", str(out)]
    with folder.locked(out):
        if (out / folder.RESULTS).exists() or (out / MANIFEST).exists():
            raise InvalidStudy(f"{out} holds results already; name another folder with --out.")
        try:
            write_manifest(out, manifest.model_copy(update={"command": command}))
            folder.write_tables(out, tables)
            folder.merge(out)
        except BaseException:  # a full disk, say: half of it would stand in the way of the next try
            for name in (MANIFEST, folder.RESULTS, folder.TIMINGS):
                (out / name).unlink(missing_ok=True)
            raise


def _check_digests(parts: Sequence[folder.StudyTables]) -> None:
    """Refuse two different runs under the same labels and seed."""
    digests: dict[tuple[Any, ...], str] = {}
    for timing in (timing for part in parts for timing in part.timings.to_pylist()):
        key = tuple(timing[name] for name in KEY)
        if digests.setdefault(key, timing["digest"]) != timing["digest"]:
            raise InvalidStudy(f"two of the folders hold different runs of {key[1]} on {key[0]}, seed {key[2]}.")


def _common(manifests: Sequence[tuple[Path, Manifest]]) -> Manifest:
    """Return the manifest of several folders together.

    Raises:
        InvalidStudy: they differ in more than what was run, and with which versions.
    """
    (first, manifest), *others = manifests
    benchmarks, strategies = dict(manifest.benchmarks), dict(manifest.strategies)
    for directory, other in others:
        apart = f"{first} and {directory} do not belong together"
        for name in ("study", "protocols", "stop", "record"):
            said, told = getattr(manifest, name), getattr(other, name)
            if said != told:
                raise InvalidStudy(f"{apart}: {name} is {said!r} and {told!r}.")
        for label, benchmark in other.benchmarks.items():
            if benchmarks.setdefault(label, benchmark) != benchmark:
                raise InvalidStudy(f"{apart}: {label!r} differs.")
        for label, strategy in other.strategies.items():
            known = strategies.get(label, strategy)
            if not _same_strategy(known, strategy):
                raise InvalidStudy(f"{apart}: {label!r} differs.")
            seeds = _ranges([*known.seeds, *strategy.seeds])
            parameters = {**strategy.parameters, **known.parameters}
            strategies[label] = known.model_copy(update={"seeds": seeds, "parameters": parameters})
    versions = [made for _, each in manifests for made in (each.versions, *each.earlier_versions)]
    earlier = [made for i, made in enumerate(versions) if made not in versions[:i] and made != manifest.versions]
    changes = {"benchmarks": benchmarks, "strategies": strategies, "earlier_versions": earlier}
    return manifest.model_copy(update=changes)


def _same_strategy(one: StrategyCard, other: StrategyCard) -> bool:
    """Return whether two cards are of one strategy: the predictors' parameters are compared where both say them."""
    both = one.parameters.keys() & other.parameters.keys()
    return one.model_dump(exclude=_DIFFERS) == other.model_dump(exclude=_DIFFERS) and all(
        one.parameters[benchmark] == other.parameters[benchmark] for benchmark in both
    )


def _ranges(ranges: Iterable[Sequence[int]]) -> list[list[int]]:
    """Join first and last seeds that overlap or follow each other."""
    joined: list[list[int]] = []
    for first, last in sorted(map(tuple, ranges)):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined
