"""What the page shows, as plain JSON values: every benchmark with its entries and their statistics."""

import itertools
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..statistics.curves import MEASURES, Measure
from ..statistics.found import Found, found_by_median_run
from ..study import results
from ..study.manifest import BenchmarkCard, Manifest
from ..study.results import Results
from .benchmark_statistics import BenchmarkStatistics, plain
from .drawings import Drawings
from .recheck import differ
from .study_folders import find_studies

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["contents"]

_PROTOCOLS: tuple[Measure, ...] = ("honest", "paper")
_SAME = (
    "name",
    "options",
    "constraint",
    "metric",
    "also",
    "objective",
    "universe",
)  # and the optimum make a benchmark the same one


class _Entry(NamedTuple):
    """A label of a study on a benchmark: its rows, one a query, and its runs' timings."""

    label: str
    study: Results
    number: int  # of the study
    rows: "pd.DataFrame"
    timings: "pd.DataFrame"

    @property
    def budget(self) -> int:
        """The queries that a run may make."""
        return int(min(self.study.manifest.strategies[str(self.rows["label"].iloc[0])].budget, self._size))

    @property
    def card(self) -> BenchmarkCard:
        """What the study says of the benchmark."""
        return self.study.manifest.benchmarks[str(self.rows["benchmark"].iloc[0])]

    @property
    def _size(self) -> float:
        return self.card.size or float("inf")

    def states(self, protocol: str) -> bool:
        """Whether the study has results by a protocol."""
        return protocol in self.study.manifest.protocols


def contents(directories: Sequence[Path]) -> dict[str, Any]:
    """Return what the page shows.

    Args:
        directories: folders of studies, or folders of such.

    Raises:
        NotFound: one of them is no study and holds none.
        InvalidStudy: one holds no finished run.
        InvalidTable: the results of one are damaged.
    """
    studies = [results.load(directory) for directory in find_studies(directories)]
    drawings = Drawings()
    return {
        "protocols": {name: f"{name.capitalize()} protocol: {MEASURES[name]}." for name in _PROTOCOLS},
        "studies": [_about(study.manifest) for study in studies],
        "benchmarks": [_benchmark(*group, drawings) for group in _grouped(studies)],
        "drawings": drawings.texts,
    }


def _about(manifest: Manifest) -> dict[str, Any]:
    """Return who made a study, and how."""
    return {
        "name": manifest.study,
        "who": manifest.submitted.who,
        "url": manifest.submitted.url,
        "command": shlex.join(manifest.command),
        "versions": manifest.versions,
    }


def _grouped(studies: Sequence[Results]) -> Iterator[tuple[str, BenchmarkCard, list[_Entry]]]:
    """Yield the benchmarks: the name of each, what is said of it, its entries.

    Benchmarks that share only their name (another run, another constraint) stay apart, and so do entries that share
    only their label: the later one carries the name of its study, or of those who made it.
    """
    cards: dict[str, BenchmarkCard] = {}
    entries: dict[str, list[_Entry]] = {}
    for number, study in enumerate(studies):
        own, who = study.manifest.study, study.manifest.submitted.who
        first = all(other.manifest.study != own for other in studies[:number])
        for label, card in study.manifest.benchmarks.items():
            name = next(name for name in _names(label, own) if _same(cards.get(name, card), card))
            cards.setdefault(name, card)
            there = entries.setdefault(name, [])
            taken = {entry.label for entry in there}
            for entry in _entries(number, study, label):
                more = own if first or not who else f"{own}, {who}"
                free = next(name for name in _names(entry.label, more) if name not in taken)
                there.append(entry._replace(label=free))
    for name, found in entries.items():
        if found:
            yield name, cards[name], found


def _names(label: str, study: str) -> Iterator[str]:
    """Yield what a label may be called: itself, then with the name of its study, then that with a number."""
    yield label
    yield f"{label} ({study})"
    yield from (f"{label} ({study}, {number})" for number in itertools.count(2))


def _same(one: BenchmarkCard, other: BenchmarkCard) -> bool:
    """Return whether two cards are of one benchmark; what is left out is empty, and optima may be rounded."""
    best = [[card.best.valid, card.best.test] for card in (one, other)]
    alike = all((getattr(one, key) or None) == (getattr(other, key) or None) for key in _SAME)
    return alike and not differ(np.array(best[0]), np.array(best[1]), one.metric).any()


def _entries(number: int, study: Results, benchmark: str) -> Iterator[_Entry]:
    """Yield the entries of a study on one of its benchmarks, in the order of the study's strategies."""
    rows = study.frame[study.frame["benchmark"] == benchmark]
    timings = study.timings[study.timings["benchmark"] == benchmark]
    for label in study.manifest.strategies:
        own = rows[rows["label"] == label]
        if len(own):
            yield _Entry(label, study, number, own, timings[timings["label"] == label])


def _benchmark(name: str, card: BenchmarkCard, entries: Sequence[_Entry], drawings: Drawings) -> dict[str, Any]:
    """Return what the page shows of a benchmark."""
    import pandas as pd

    metric = card.metric
    frame = pd.concat([entry.rows.assign(benchmark=name, label=entry.label) for entry in entries])
    checkpoints = [budget for entry in entries for budget in entry.study.manifest.checkpoints]
    statistics = BenchmarkStatistics(frame, name, card, {entry.label: entry.budget for entry in entries}, checkpoints)
    protocols = [p for p in _PROTOCOLS if any(entry.states(p) for entry in entries)]
    rows = [_row(entry, statistics) for entry in entries]
    found = [row["found"] for row in rows if row["found"]]
    drawn = drawings.numbers(one["arch"] for one in found)
    for one in found:
        one["drawing"] = drawn.get(one["arch"])
    return {
        "name": name,
        "dataset": card.dataset,
        "universe": card.universe,
        "metric": {"name": metric.name, "unit": metric.unit, "minimize": metric.minimize},
        "seen": "test" if card.objective == metric.test else "valid",
        "tested": bool(frame[metric.test].notna().any()),
        "optimum": {"valid": plain(card.best.valid), "test": plain(card.best.test)},
        "note": _note(card),
        "budgets": statistics.budgets,
        "common": statistics.budgets.index(statistics.common),
        "protocols": protocols,
        "grid": statistics.grid,
        "rows": rows,
        "ranks": {p: statistics.ranks(p, [entry.label for entry in entries if entry.states(p)]) for p in protocols},
    }


def _note(card: BenchmarkCard) -> str:
    """Return what must be said beside any number of a benchmark."""
    parts = [f"{name} {value}" for name, value in card.options.items()]
    parts += [card.constraint] if card.constraint else []
    note = card.note
    return (f"Opened with {', '.join(parts)}. " if parts else "") + (note[:1].upper() + note[1:] + "." if note else "")


def _row(entry: _Entry, statistics: BenchmarkStatistics) -> dict[str, Any]:
    """Return the numbers and curves of an entry, and what it is."""
    first = entry.rows.iloc[0]
    measures: list[Measure] = ["best", *(p for p in _PROTOCOLS if entry.states(p))]
    last = entry.rows.groupby("seed")["spent_seconds"].tail(1)
    found = found_by_median_run(entry.rows, entry.card.metric, entry.card.objective)
    return {
        "label": entry.label,
        "study": entry.number,
        "strategy": str(first["strategy"]),
        "predictor": first["predictor"] if isinstance(first["predictor"], str) else None,
        "options": str(first["options"]),
        "compared": not entry.card.not_compared,
        "checksum": ", ".join(f"{file} {checksum}" for file, checksum in entry.card.checksums.items()),
        "seeds": int(entry.rows["seed"].nunique()),
        "budget": entry.budget,
        "hours": plain(last.mean(skipna=False) / 3600),
        "overhead": plain(entry.timings["overhead_seconds"].mean(skipna=False)),
        "hits": {target: statistics.hits(target, entry.label) for target in ("valid", "test")},
        "found": found and _plainly(found),
        **{measure: statistics.measure(measure, entry.label) for measure in measures},
    }


def _plainly(found: Found) -> dict[str, Any]:
    """Return what a run found."""
    scores = {"valid": plain(found.valid), "test": plain(found.test)}
    return {"arch": found.arch, "seed": found.seed, **scores}
