"""The page on many benchmarks at once, for several studies together: which strategy when."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from weaknas.figures import save, styles
from weaknas.files import write_atomically

from ..statistics import many, portfolio
from ..study.results import Results
from . import many_figures, tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["PAGE", "write_comparison"]

PAGE = "comparison.md"
_LEVELS = np.linspace(0, 1, 101)
_TRIVIAL = ("random", "sorted")


def write_comparison(studies: Sequence[Results], out: Path, budgets: Sequence[int], rope: float = 0.01) -> Path:
    """Write what several studies say together: tables (CSV, Markdown, LaTeX), figures (PNG, SVG), and a page of them.

    Args:
        studies: their results; a benchmark or strategy of one label is the same in all of them.
        out: the folder; made if it is not there.
        budgets: queries at which strategies are compared.
        rope: differences of scores that are practically none, in shares of a random architecture's regret.

    Returns:
        The page.

    Raises:
        InvalidOption: no optimum is known, or two studies have the same runs.
        WeaknasError: the folder cannot be written to.
    """
    tables.make_folders(out)
    runs = many.regrets((study.frame, study.manifest.benchmarks) for study in studies)
    text = _Page(studies, runs, out, sorted(budgets), rope).text()
    return write_atomically(out / PAGE, lambda part: part.write_text(text, "utf-8"))


class _Page:
    def __init__(
        self, studies: Sequence[Results], runs: many.Runs, out: Path, budgets: Sequence[int], rope: float
    ) -> None:
        self.studies, self.runs, self.out, self.budgets, self.rope = studies, runs, out, budgets, rope
        self.labels = list(dict.fromkeys(label for _, label in runs))
        self.style = styles(self.labels)
        self.lines: list[str] = []

    def text(self) -> str:
        """Make the files, and return the page."""
        self.lines = ["# Many benchmarks", "", *self._head(), ""]
        self._portfolio()
        for budget in self.budgets:
            self._at(budget)
        self._over_queries()
        return "\n".join(self.lines)

    def _head(self) -> list[str]:
        names = ", ".join(dict.fromkeys(study.manifest.study for study in self.studies))
        benchmarks = ", ".join(dict.fromkeys(name for name, _ in self.runs))
        lines = [
            f"- Studies: {names}. Benchmarks whose optimum is known: {benchmarks}.",
            "- The score of a run is 1 for the optimum and 0 for the median regret after one query, an almost always "
            "random architecture: 1 - regret / that regret. The regret is on test where test is known.",
            "- Intervals are 95 %, bootstrapped over seeds within each benchmark.",
        ]
        missing = [name for name in _TRIVIAL if name not in self.labels]
        if missing:
            lines.append(f"- No trivial baseline {' and '.join(missing)} is among these results.")
        return [f"- {tables.prose(line[2:])}" for line in lines]

    # -- which when ------------------------------------------------------------------------------------

    def _portfolio(self) -> None:
        best = portfolio.best_of(self.runs, self.budgets)
        if not len(best):
            return
        self.lines += ["## Which strategy when", ""]
        drawn = many_figures.matrix(best)
        self._figure(drawn, "matrix", "best strategy of each benchmark and budget; hatched where others are not apart")
        shown = best.assign(ties=best["ties"].map(", ".join))
        caption = "the best mean score, and the strategies that Mann-Whitney's test (Holm) does not tell from it"
        self._table(shown, "best", caption, digits=3)
        for budget in self.budgets:
            found = portfolio.best_pair(many.scores(self.runs, budget))
            if found is not None:
                (one, other), both, single = found
                self.lines += [
                    tables.prose(
                        f"After {budget:,} queries the two that do best together are {one} and {other}: the better of "
                        f"the two has {both:.3f} on average, the best single strategy {single:.3f}."
                    ),
                    "",
                ]

    # -- at a budget -----------------------------------------------------------------------------------

    def _at(self, budget: int) -> None:
        import pandas as pd

        found = many.scores(self.runs, budget)
        every = max((len(own) for own in found.values()), default=0)
        whole = {label: list(own.values()) for label, own in found.items() if len(own) == every}
        if len(whole) < 2:
            return
        self.lines += [f"## After {budget:,} queries", ""]
        rows = []
        for label, strata in whole.items():
            iqm, mean = many.stratified(strata), many.stratified(strata, np.mean)
            row = {"label": label, "benchmarks": every, "runs": sum(map(len, strata))}
            for name, one in (("iqm", iqm), ("mean", mean)):
                row |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
            rows.append(row)
        table = pd.DataFrame(rows).sort_values("iqm", ascending=False, kind="stable")
        self._table(table, f"scores-{budget}", "interquartile mean and mean of the scores", digits=3)
        profiles = {label: many.profile(strata, _LEVELS) for label, strata in whole.items()}
        self._figure(
            many_figures.profiles(profiles, _LEVELS, self.style), f"profiles-{budget}", "share of runs above a score"
        )
        self._improvements(budget, {label: found[label] for label in table["label"]})

    def _improvements(self, budget: int, found: dict[str, dict[str, many.Stratum]]) -> None:
        import pandas as pd

        best, *others = found
        rows = []
        for other in others:
            one, same, _ = many.improvement(found[best], found[other], self.rope)
            rows.append((best, other, one.value, one.low, one.high, same))
        names = ["first", "second", "improvement", "improvement_low", "improvement_high", "equal"]
        caption = (
            "how likely a run of the first is better than one of the second (A12, mean over benchmarks), and the "
            f"share of pairs within {self.rope:g}, which count as half"
        )
        self._table(pd.DataFrame(rows, columns=names), f"improvement-{budget}", caption, digits=3)

    # -- over queries ----------------------------------------------------------------------------------

    def _over_queries(self) -> None:
        self.lines += ["## Over queries", ""]
        lengths = many.run_lengths(self.runs)
        caption = f"share of {len(many.TARGETS)} targets and runs hit (COCO's run lengths, no restarts)"
        self._figure(many_figures.lengths(lengths, self.style), "run-lengths", caption)
        points = np.unique(np.geomspace(1, max(self.budgets), 30).astype(int))
        ranks = many.rank_curves(self.runs, points.tolist())
        if len(ranks):
            self._figure(
                many_figures.rank_curves(ranks, self.style), "ranks", "mean rank over the benchmarks that all have"
            )

    def _table(self, table: "pd.DataFrame", name: str, caption: str, digits: int = 2) -> None:
        path = self.out / "tables" / name
        text = tables.write(table, path, caption + ".", digits)
        links = ", ".join(f"[{ending}](tables/{path.name}.{ending})" for ending in ("csv", "md", "tex"))
        self.lines += [f"{tables.prose(caption[0].upper() + caption[1:])} ({links}).", "", text]

    def _figure(self, drawn: "Figure", name: str, caption: str) -> None:
        for ending in (".png", ".svg"):
            save(drawn, self.out / "figures" / f"{name}{ending}")
        self.lines += [f"![{name}](figures/{name}.png)", "", f"{caption[0].upper()}{caption[1:]}.", ""]
