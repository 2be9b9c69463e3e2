"""Whether the runs that a folder holds are those of the study that is to go on in it."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from weaknas.errors import InvalidTable

from . import folder
from .definition import InvalidStudy
from .manifest import MANIFEST, Manifest, has_manifest, read_manifest, write_manifest
from .planning import StudyPlan

__all__ = ["finished_runs"]


def finished_runs(plan: StudyPlan, directory: Path) -> list[dict[str, Any]]:
    """Return the timings of the finished runs of a folder, one a run, and write its manifest.

    Raises:
        InvalidStudy: it belongs to another study, or holds runs that this one does not have or makes otherwise.
        InvalidTable: what it holds is damaged.
    """
    tables = folder.read_all(directory)
    timings: list[dict[str, Any]] = tables.timings.to_pylist()
    before = read_manifest(directory) if has_manifest(directory) else None
    if before is None and timings:
        raise InvalidStudy(f"{directory} has results but no {MANIFEST}; restore it, or name another folder.")
    if before is not None:
        _check_study(before, plan.manifest, directory)
    _check_runs(plan, directory, timings)
    _check_defaults(plan, directory, folder.options_used(tables.rows))
    if before is not None:
        _check_parameters(before, plan, directory, {(timing["benchmark"], timing["label"]) for timing in timings})
    write_manifest(directory, _continued(before, plan.manifest, bool(timings)))
    return timings


def _continued(before: Manifest | None, now: Manifest, has_runs: bool) -> Manifest:
    """Return the manifest of a study that goes on: what is said now, and what made the runs that are there."""
    if before is None:
        return now
    earlier = before.earlier_versions
    if has_runs and before.versions != now.versions and before.versions not in earlier:
        earlier = [*earlier, before.versions]
    known = {label: card.parameters for label, card in before.strategies.items()}
    strategies = {
        label: card.model_copy(update={"parameters": known.get(label, {}) | card.parameters})
        for label, card in now.strategies.items()
    }
    changes: dict[str, Any] = {"strategies": strategies, **({"earlier_versions": earlier} if earlier else {})}
    return now.model_copy(update=changes)


def _check_study(before: Manifest, now: Manifest, directory: Path) -> None:
    """Compare the study's name, and the tables that it was made with."""
    if before.study != now.study:
        raise InvalidStudy(
            f"{directory} holds the results of the study {before.study!r}, not of {now.study!r}; name another folder "
            "with --out."
        )
    for label, card in now.benchmarks.items():
        old = before.benchmarks.get(label, card).checksums
        for file, checksum in card.checksums.items():
            if old.get(file, checksum) != checksum:
                raise InvalidStudy(
                    f"the table {file} of {label} is not the one that {directory} was made with (checksum "
                    f"{checksum[:12]}…, not {old[file][:12]}…); put that one back, or name another folder with --out."
                )


def _check_runs(plan: StudyPlan, directory: Path, timings: Sequence[Mapping[str, Any]]) -> None:
    """Compare the runs with those of the study, by their digests."""
    wanted = {spec.key: spec.digest for spec in plan.specs}
    for timing in timings:
        key = timing["benchmark"], timing["label"], timing["seed"]
        if wanted.get(key) != timing["digest"]:
            what = "made with other settings or another plug-in" if key in wanted else "which the study no longer has"
            raise InvalidStudy(
                f"{directory} holds a run of {key[1]} on {key[0]} with seed {key[2]}, {what}; name another folder "
                "with --out, give what changed a new label, or delete the folder."
            )


def _check_defaults(plan: StudyPlan, directory: Path, used_so_far: Sequence[dict[str, str]]) -> None:
    """Compare all options with those of the runs so far: their digests do not know what the study file leaves out."""
    for used in used_so_far:
        made = plan.resolved.get((used["benchmark"], used["label"]))
        if made is not None:
            before = {"predictor": used["predictor"], **_options(used["options"], directory)}
            now = {"predictor": made["predictor"], **made["options"]}
            _check_values(before, now, f"{directory} holds runs of {used['label']} on {used['benchmark']}")


def _options(text: str, directory: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(text, parse_constant=str))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidTable(
            f"the results in {directory} have options that are no JSON object: {error}; restore them."
        ) from error


def _check_parameters(before: Manifest, plan: StudyPlan, directory: Path, done: Collection[tuple[str, str]]) -> None:
    """Compare the parameters of the predictors, which the rows do not have, where the folder's manifest has them."""
    for (benchmark, label), made in plan.resolved.items():
        card = before.strategies.get(label)
        if (benchmark, label) not in done or card is None:
            continue
        for old, new in zip(card.parameters.get(benchmark, []), made["parameters"], strict=False):
            _check_values(old, new, f"{directory} holds runs of {label} on {benchmark}, its predictor")


def _check_values(before: Mapping[str, Any], now: Mapping[str, Any], where: str) -> None:
    for name in sorted(now.keys() | before.keys()):
        if now.get(name) != before.get(name):
            raise InvalidStudy(
                f"{where} with {name} = {before.get(name)!r}, which is now {now.get(name)!r} by default; name another "
                "folder with --out, or give the strategy, with the value that it should have, a new label."
            )
