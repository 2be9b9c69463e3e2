"""The section of a report on one benchmark: its text, its tables and its figures."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from weaknas.drawing import space_of, write
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.figures import save, with_unit
from weaknas.metrics import ACCURACY

from ..statistics import comparison, curves, optimum
from ..statistics.curves import AXES, MEASURES, Axis, Measure
from ..statistics.found import found_by_median_run
from ..study.results import Results
from . import figures, tables, tradeoff

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["BenchmarkSection"]

_TARGETS: dict[optimum.Target, str] = {"valid": "validation", "test": "test"}
_ENDINGS = (".png", ".svg")
_SHOWN_PAIRS = 28  # of at most eight strategies; longer tables are only linked


def _digits(values: "pd.Series[float]") -> int:
    """Return how many decimals tell values apart: two of percent, four digits of anything smaller."""
    largest = float(values.abs().max())
    return 2 if not 0 < largest < 1 else 2 + math.ceil(-math.log10(largest)) + 1


class BenchmarkSection:
    """The part of the page on one benchmark, and its files."""

    def __init__(self, results: Results, label: str, slug: str, progress: "pd.DataFrame", out: Path) -> None:
        self.results, self.label, self.slug, self.progress, self.out = results, label, slug, progress, out
        self.frame = results.frame[results.frame["benchmark"] == label]
        self.card = results.manifest.benchmarks[label]
        self.metric = self.card.metric
        known = self.frame[self.metric.test].notna().any()
        self.protocols: Sequence[Measure] = results.manifest.protocols if known else []
        self.style = figures.styles(list(results.manifest.strategies))
        self.lines: list[str] = []

    def text(self) -> str:
        """Make the files, and return the section."""
        self.lines = [f"## {tables.prose(self.label)}", "", tables.prose(self._protocol()), ""]
        for measure in (*self.protocols, "best"):
            self._accuracies(measure)
        self._curves()
        self._optimum()
        self._comparison()
        if self.card.tradeoff:
            tradeoff.add(self.results, self.label, self.style, self._table, self._figure)
        self._found()
        return "\n".join(self.lines)

    def _protocol(self) -> str:
        card, best, metric = self.card, self.card.best, self.metric
        stated = ((metric.called(metric.valid), best.valid), (metric.called(metric.test), best.test))
        known = [f"{what} {metric.text(value)}" for what, value in stated if not np.isnan(value)]
        options = ", ".join(f"{name} = {value}" for name, value in card.options.items())
        constraint = card.constraint or ""
        parts = [
            f"Candidates: {card.universe}" + (f" ({constraint})" if constraint not in card.universe else ""),
            f"searches see {metric.called(card.objective)}" + (f" ({options})" if options else ""),
            f"the best means: {', '.join(known)}" if known else f"the best {metric.name} is not known",
        ]
        parts += [f"{card.workers} simulated workers"] if card.workers else []
        return "; ".join([*parts, *([card.note] if card.note else [])]) + "."

    # -- accuracies ------------------------------------------------------------------------------------

    def _accuracies(self, measure: Measure) -> None:
        import pandas as pd

        budgets = self.results.manifest.checkpoints
        values = curves.at(self.progress, measure, "queries", budgets)
        parts = []
        for index, budget in enumerate(budgets):
            found = comparison.summary(comparison.scores(values, index)).drop(columns="benchmark")
            found = comparison.in_unit(found, self.metric)
            found.insert(0, "queries", budget)
            parts.append(found)
        table = pd.concat(parts, ignore_index=True)
        if len(table):
            unit = "percent" if self.metric == ACCURACY else str(self.metric)
            caption = f"{self.label}, {measure}: {self._said(measure)}, {unit}"
            self._table(table, f"accuracy-{measure}", caption, digits=_digits(table["mean"]))

    def _curves(self) -> None:
        best, on_test = self.card.best, self.card.objective == self.metric.test
        for measure in (*self.protocols, "best"):
            there = best.valid if measure == "best" and not on_test else best.test
            for axis in AXES:
                self._curve(measure, axis, None if np.isnan(there) else there)
        if not np.isnan(best.test) and self.protocols:
            for axis in AXES:
                self._regret(axis, float(self.metric.oriented(best.test)))

    def _said(self, measure: Measure) -> str:
        """Return what a measure is, in the words of the metric."""
        return MEASURES[measure].replace("test accuracy", self.metric.called(self.metric.test))

    def _curve(self, measure: Measure, axis: Axis, best: float | None) -> None:
        bands = self._bands(self.progress, measure, axis)
        if len(bands):
            title = f"{self.label}, {measure}: mean of {self._seeds()} seeds"
            what = "best score seen" if measure == "best" else self.metric.called(self.metric.test)
            bands = comparison.in_unit(bands.assign(mean_low=bands["low"], mean_high=bands["high"]), self.metric)
            bands = bands.assign(low=bands.pop("mean_low"), high=bands.pop("mean_high"))
            drawn = figures.curves(bands, axis, with_unit(self.metric, what), title, self.style, best, self.metric)
            self._figure(drawn, f"{measure}-{axis}", f"{self._said(measure)}, against {AXES[axis]}")

    def _regret(self, axis: Axis, test: float) -> None:
        measure = self.protocols[0]
        regrets = self.progress.assign(**{measure: float(np.float32(test)) - self.progress[measure]})
        bands = self._bands(regrets, measure, axis)
        if len(bands):
            title = f"{self.label}, {measure}: regret, mean of {self._seeds()} seeds"
            what, unit = self.metric.called(self.metric.test), self.metric.unit
            points = f"points of {what}" if unit == "%" else f"{unit} of {what}" if unit else what
            drawn = figures.regret(bands, axis, f"regret ({points})", title, self.style)
            caption = f"best mean {what} minus the {measure} one, against {AXES[axis]}"
            if self.metric.minimize:
                caption = f"the {measure} {what} minus the best mean one, against {AXES[axis]}"
            self._figure(drawn, f"regret-{axis}", caption)

    def _bands(self, progress: "pd.DataFrame", measure: Measure, axis: Axis) -> "pd.DataFrame":
        return curves.bands(progress, measure, axis, curves.grid(progress, axis))

    def _seeds(self) -> str:
        counts = self.frame.groupby("label", observed=True)["seed"].nunique()
        return f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"

    # -- the optimum -----------------------------------------------------------------------------------

    def _optimum(self) -> None:
        found = {target: optimum.hits(self.frame, target) for target in _TARGETS}
        for target, runs in found.items():
            if len(runs):
                table = optimum.summary(runs).drop(columns="benchmark").sort_values("ert", kind="stable")
                caption = f"{self.label}: queries to the best mean {_TARGETS[target]} {self.metric.name}"
                self._table(table, f"optimum-{target}", caption, digits=0)
        shares = {f"best {_TARGETS[target]}": optimum.ecdf(runs) for target, runs in found.items() if len(runs)}
        if shares:
            drawn = figures.shares(shares, self.label, self.style)
            self._figure(drawn, "ecdf", "share of the runs that have found the best, against queries")

    # -- one against the other -------------------------------------------------------------------------

    def _comparison(self) -> None:
        budgets = self.results.manifest.checkpoints
        compared = {}
        for measure in self.protocols or ("best",):
            reached = curves.at(self.progress, measure, "queries", budgets)
            for index, budget in enumerate(budgets):
                what = f"{measure}: {self._said(measure)}, after {budget:,} queries"
                compared[f"{measure}-{budget}"] = (comparison.scores(reached, index), what)
        for target, what in _TARGETS.items():
            runs = optimum.hits(self.frame, target)
            if len(runs):
                compared[f"optimum-{target}"] = (
                    comparison.restricted(runs),
                    f"queries to the best mean {what} {self.metric.name}, cut at the shortest failed run (fewer are "
                    "better)",
                )
        for name, (values, what) in compared.items():
            self._compare(name, values, what)

    def _compare(self, name: str, values: "pd.DataFrame", what: str) -> None:
        pairs = comparison.pairs(values)
        if not len(pairs):
            return
        if "ran" not in values:  # which are queries
            pairs = comparison.in_unit(pairs, self.metric)
        caption = f"{self.label}: paired differences, Wilcoxon's test with Holm's correction; {what}"
        self._table(pairs.drop(columns="benchmark"), f"pairs-{name}", caption, show=len(pairs) <= _SHOWN_PAIRS)
        ranks = comparison.ranks(values)
        if len(ranks) > 2 and ranks["seeds"].iloc[0] > 1:
            title = f"{self.label}: mean rank over {ranks['seeds'].iloc[0]} seeds (Nemenyi, 5 %)"
            drawn = figures.ranking(ranks, comparison.nemenyi(values), title, self.style)
            few = sorted({*values["label"]} - {*ranks["label"]})
            without = f" (without {', '.join(few)}: less than a fifth of the seeds)" if few else ""
            self._figure(drawn, f"ranks-{name}", f"critical differences{without}; {what}")

    # -- what was found --------------------------------------------------------------------------------

    def _found(self) -> None:
        """Draw what the median run of each strategy found, each architecture once, where they are made of cells."""
        labels: dict[str, list[str]] = {}
        for label, own in self.frame.groupby("label", observed=True, sort=False):
            if found := found_by_median_run(own, self.metric, self.card.objective):
                labels.setdefault(found.arch, []).append(str(label))
        try:
            space = space_of(next(iter(labels), ""))
            batch = space.from_str(labels)
        except (InvalidOption, InvalidArchitecture):
            return
        for number, (row, names) in enumerate(zip(batch, labels.values(), strict=True), 1):
            path = write(space, row[None], self.out / "figures" / f"{self.slug}-found-{number}.svg")
            by = self.metric.called(self.metric.test)
            said = tables.prose(f"Found by the median run, by {by}, of {', '.join(names)} (of two the worse).")
            self.lines += [f"![found](figures/{path.name})", "", said, ""]

    # -- files -----------------------------------------------------------------------------------------

    def _table(self, table: "pd.DataFrame", name: str, caption: str, show: bool = True, digits: int = 2) -> None:
        path = self.out / "tables" / f"{self.slug}-{name}"
        text = tables.write(table, path, caption + ".", digits)
        links = ", ".join(f"[{ending}](tables/{path.name}.{ending})" for ending in ("csv", "md", "tex"))
        self.lines += [f"{tables.prose(caption)} ({links}).", "", *([text] if show else [])]

    def _figure(self, drawn: "Figure", name: str, caption: str) -> None:
        for ending in _ENDINGS:
            save(drawn, self.out / "figures" / f"{self.slug}-{name}{ending}")
        said = tables.prose(f"{caption[0].upper()}{caption[1:]}.")
        self.lines += [f"![{name}](figures/{self.slug}-{name}.png)", "", said, ""]
