"""Which training runs are supernets of one scheme: those that differ in their seed alone."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InvalidOption
from .run import TrainingRun

__all__ = ["Replicates", "replicates_of"]

# What makes no other scheme: the seed, places of what digests tell, and notes.
_NO_DIFFERENCE = ("seed", "data", "weights", "found", "versions", "read")


class Replicates(NamedTuple):
    """Supernets that were trained alike, but for the seed.

    Attributes:
        name: the name of their scheme, with what differs where several share it.
        runs: the folder of each run, by its seed.
    """

    name: str
    runs: dict[int, Path]


def replicates_of(folders: Sequence[Path]) -> list[Replicates]:
    """Return which of some runs are replicates of each other, in the order in which they are named.

    Raises:
        NotFound: one holds no run.
        InvalidCheckpoint: it is damaged.
        InvalidOption: two runs are alike in the seed, too.
    """
    groups: dict[str, tuple[dict[str, Any], dict[int, Path]]] = {}
    for folder in folders:
        run = TrainingRun.load(folder)
        facts = _facts(run)
        _, runs = groups.setdefault(json.dumps(facts, sort_keys=True), (facts, {}))
        if run.seed in runs:
            raise InvalidOption(
                f"{runs[run.seed]} and {folder} are of one scheme and one seed, no two supernets; leave one out."
            )
        runs[run.seed] = folder
    kinds = [facts for facts, _ in groups.values()]
    return [Replicates(_name(facts, kinds), dict(sorted(runs.items()))) for facts, runs in groups.values()]


def _facts(run: TrainingRun) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in json.loads(json.dumps(asdict(run))).items():
        if name in ("options", "optimisation"):
            facts |= {f"{name}.{key}": part for key, part in value.items()}
        elif name not in _NO_DIFFERENCE:
            facts[name] = value
    return facts


def _name(facts: Mapping[str, Any], kinds: Iterable[Mapping[str, Any]]) -> str:
    """Return the scheme's name, and in what it differs from others of that name."""
    peers = [other for other in kinds if other["scheme"] == facts["scheme"]]
    differs = sorted({name for other in peers for name in {*facts, *other} if facts.get(name) != other.get(name)})
    said = [f"{name.rpartition('.')[2]} {json.dumps(facts.get(name)):.20}" for name in differs]
    return ", ".join([facts["scheme"], *said])
