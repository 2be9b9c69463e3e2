"""Joining folders of one study: seeds that several machines made, say."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from . import folder
from .results_schema import KEY
from .study_file import InvalidStudy

__all__ = ["merge_folders"]

_DIFFERS = ("seeds", "parameters")  # of a strategy, between folders that belong together


def merge_folders(directories: Sequence[Path], out: Path) -> None:
    """Merge the runs of several folders of one study into another folder.

    Raises:
        InvalidStudy: they are not of one study, hold different runs under the same labels and seed, or runs of one
            label that were made with different options.
    """
    manifest = _common([(directory, folder.read_manifest(directory)) for directory in directories])
    tables = [folder.together(directory) for directory in directories]
    digests: dict[tuple[Any, ...], str] = {}
    for card in (card for each in tables for card in each.times.to_pylist()):
        key = tuple(card[name] for name in KEY)
        if digests.setdefault(key, card["digest"]) != card["digest"]:
            raise InvalidStudy(f"two of the folders hold different runs of {key[1]} on {key[0]}, seed {key[2]}.")
    whole = folder.merged(tables, [], folder.noisy(manifest))
    labels = [(used["label"], used["benchmark"]) for used in folder.options_used(whole.rows)]
    for label, benchmark in labels:
        if labels.count((label, benchmark)) > 1:
            raise InvalidStudy(f"two of the folders hold runs of {label} on {benchmark} with other defaults.")
    with folder.locked(out):
        if (out / folder.RESULTS).exists() or (out / folder.MANIFEST).exists():
            raise InvalidStudy(f"{out} holds results already; name another folder with --out.")
        command = ["weaknas", "study", "merge", *map(str, directories), "--out", str(out)]
        try:
            folder.write_manifest(out, {**manifest, "command": command})
            folder.write_tables(out, whole)
            folder.merge(out)
        except BaseException:  # a full disk, say: half of it would stand in the way of the next try
            for name in (folder.MANIFEST, folder.RESULTS, folder.TIMINGS):
                (out / name).unlink(missing_ok=True)
            raise


def _common(manifests: Sequence[tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """Return the manifest of several folders together.

    Raises:
        InvalidStudy: they differ in more than what was run, and with which versions.
    """
    (first, manifest), *others = manifests
    together = {**manifest, "benchmarks": dict(manifest["benchmarks"]), "strategies": dict(manifest["strategies"])}
    for directory, other in others:
        apart = f"{first} and {directory} do not belong together"
        for name in ("study", "protocols", "stop", "record"):
            if other[name] != manifest[name]:
                raise InvalidStudy(f"{apart}: {name} is {manifest[name]!r} and {other[name]!r}.")
        for label, card in other["benchmarks"].items():
            if together["benchmarks"].setdefault(label, card) != card:
                raise InvalidStudy(f"{apart}: {label!r} differs.")
        for label, entry in other["strategies"].items():
            known = together["strategies"].get(label, entry)
            if not _alike(known, entry):
                raise InvalidStudy(f"{apart}: {label!r} differs.")
            together["strategies"][label] = {
                **known,
                "seeds": _ranges([*known["seeds"], *entry["seeds"]]),
                "parameters": {**entry["parameters"], **known["parameters"]},
            }
    versions = [made for _, each in manifests for made in (each["versions"], *each["earlier_versions"])]
    earlier = [made for i, made in enumerate(versions) if made not in versions[:i] and made != manifest["versions"]]
    return {**together, "earlier_versions": earlier}


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two entries are of one strategy: the predictors' parameters are compared where both say them."""
    told, said = one["parameters"], other["parameters"]
    return {key: value for key, value in one.items() if key not in _DIFFERS} == {
        key: value for key, value in other.items() if key not in _DIFFERS
    } and all(told[name] == said[name] for name in told.keys() & said.keys())


def _ranges(ranges: Iterable[Sequence[int]]) -> list[list[int]]:
    """Join first and last seeds that overlap or follow each other."""
    joined: list[list[int]] = []
    for first, last in sorted(map(tuple, ranges)):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined
