"""Writing a study's report: one Markdown page with the tables and figures that it shows."""

import itertools
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from weaknas.files import write_atomically

from ..statistics import curves
from ..statistics.curves import MEASURES
from ..study.results import Results
from ..study.results_schema import Stop
from . import tables
from .section import BenchmarkSection

if TYPE_CHECKING:
    pass

__all__ = ["PAGE", "write_report"]

PAGE = "report.md"
_ENDS: dict[Stop, str] = {
    "budget": "at the budget",
    "optimum": "once it has found both optima, or at the budget",
    "valid-optimum": "once it has found the best mean validation accuracy, or at the budget",
}


def write_report(results: Results, out: Path) -> Path:
    """Write a study's tables (CSV, Markdown, LaTeX), figures (PNG, SVG) and a Markdown page that shows them all.

    Args:
        results: the study.
        out: the folder; made if it is not there.

    Returns:
        The page.

    Raises:
        WeaknasError: the folder cannot be written to.
    """
    tables.make_folders(out)
    progress = curves.progress(results.frame, results.manifest.benchmarks)
    page = [_head(results)]
    for label, slug in _slugs(results.manifest.benchmarks).items():
        if (results.frame["benchmark"] == label).any():
            page.append(BenchmarkSection(results, label, slug, progress[progress["benchmark"] == label], out).text())
    text = "\n".join(page)
    return write_atomically(out / PAGE, lambda part: part.write_text(text, "utf-8"))


def _slugs(labels: Iterable[str]) -> dict[str, str]:
    """Return by label what its files are called: letters, digits and hyphens, no two the same."""
    slugs: dict[str, str] = {}
    for label in labels:
        plain = re.sub(r"[^\w.]+", "-", label)[:80].strip("-") or "benchmark"
        numbered = (f"{plain}-{number}" for number in itertools.count(2))
        slugs[label] = next(slug for slug in itertools.chain([plain], numbered) if slug not in slugs.values())
    return slugs


def _head(results: Results) -> str:
    manifest = results.manifest
    stop = _ENDS[manifest.stop]
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    command = tables.code(shlex.join(manifest.command))
    lines = [
        f"# {tables.prose(manifest.title or manifest.study)}",
        "",
        *(f"- *{name}*: {MEASURES[name]}." for name in manifest.protocols),
        f"- A run ends {stop}. Intervals are 95 %: bootstrap over seeds, Wilson's for shares, order statistics for "
        "medians.",
        "- Queries to the optimum: a hit is a query of an architecture with the best mean accuracy in the benchmark; "
        "ties count, isomorphs do not. ERT is the queries of all runs over the number of runs that hit; a run that "
        "ends without a hit is a failure, infinite for the median.",
        f"- Made with {tables.prose(versions)}" + (f": {command}." if manifest.command else "."),
        "",
    ]
    return "\n".join(lines)
