"""`weaknas supernet rank`: how well supernets rank architectures whose true accuracies are known."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from ... import figures
from ...doors import SPACES
from ...errors import InvalidOption
from ...files import check_ending, check_writable, locked
from ...rank_statistics import Interval
from ...spaces import Batch
from ..evaluators import Evaluation
from ..rank_figure import draw_ranking
from ..ranking import By, Ranking, Scores, distinct_of, open_truth, rank, rows_in, score, together
from ..replicates import replicates_of
from ..run import TrainingRun
from ..tabulating import write_extended
from . import options

__all__ = ["rank_supernets"]


@options.with_evaluation
def rank_supernets(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of training runs.")],
    truth_name: Annotated[
        str, typer.Option("--truth", metavar="TABLE", help="The true accuracies: a table file, or a benchmark's name.")
    ],
    n: Annotated[
        int | None, typer.Option("--n", help="How many architectures, drawn at random; all different ones by default.")
    ] = None,
    by: Annotated[str, typer.Option(metavar="accuracy|loss", help="What a supernet ranks by.")] = "accuracy",
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    indicator: options.Indicators = None,
    together_with: Annotated[
        str | None,
        typer.Option("--with", metavar="zc_naswot,macs", help="Also rank by the mean rank with these columns."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="TABLE.parquet", help="Write the table with the scores as columns zc_….")
    ] = None,
    figure: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw scores against the truth.")] = None,
    as_json: options.AsJson = False,
    *,
    evaluation: Evaluation,
) -> None:
    """Compare how supernets rank the architectures of a table with what its free columns and one training do.

    Runs that differ in nothing but their seed are supernets of one scheme: intervals are over them, and over
    architectures. Every score is kept as soon as it is there: a command that was stopped goes on where it was.
    """
    if by not in ("accuracy", "loss"):
        raise InvalidOption(f"--by is accuracy or loss, not {by!r}.")
    with _outputs(truth_name, out, figure):
        if evaluation.space is not None:
            SPACES.load(evaluation.space)  # so that the runs of it can be read
        schemes, truth = replicates_of(runs), open_truth(truth_name)
        batch = distinct_of(truth, n, seed)
        texts = truth.space.to_str(batch)
        for folder in runs:  # refused now rather than after the scores of others
            space = TrainingRun.load(folder).make_space()
            rows = rows_in(space, texts, truth.name, evaluation.resolution)
        scores: dict[str, Scores] = {}
        for scheme in schemes:
            scores |= score(scheme, texts, truth.name, evaluation, cast(By, by), indicator or (), _shown())
        if together_with:
            scores |= together(scores, truth, batch, together_with.split(","))
        found = rank(truth, batch, scores, space.cost(rows).macs.astype(float))
        written = "" if out is None else _write(out, truth, batch, scores, by, evaluation)
        if figure is not None:
            figures.save(draw_ranking(found, scores, truth.name), figure)
    facts = {"truth": truth.name, "architectures": len(batch), "by": by}
    print(json.dumps(facts | _as_json(found), allow_nan=False) if as_json else _in_words(facts, found) + written)


@contextmanager
def _outputs(truth: str, out: Path | None, figure: Path | None) -> Iterator[None]:
    """Refuse files that cannot be written before anything is scored, and keep other commands from them."""
    if figure is not None:
        figures.check_format(figure)
        check_writable(figure)
    with ExitStack() as stack:
        if out is not None:
            check_ending(out, ".parquet", "a table")
            if check_writable(out).resolve() == Path(truth).resolve():
                raise InvalidOption(f"--out {out} would take the place of the truth; name another file.")
            stack.enter_context(locked(out, "name another file with --out", file=True))
        yield


def _shown() -> Callable[[Batch, str], Any]:
    console = Console(file=sys.stderr)
    return lambda rows, name: track(rows, f"scoring, {name}", console=console, disable=not console.is_terminal)


def _write(out: Path, truth: Any, batch: Batch, scores: dict[str, Scores], by: str, evaluation: Evaluation) -> str:
    columns = [
        (f"{one.column}_seed{seed}", values)
        for one in scores.values()
        for seed, values in zip(one.seeds, one.values, strict=False)  # what is no supernet's is there already
    ]
    notes = {"scores": {"of": truth.name, "by": by, "evaluator": evaluation.evaluator}}
    count = write_extended(out, truth, batch, dict(columns), notes)
    return f"\n{count:,} architectures with the columns {', '.join(name for name, _ in columns)}, written to {out}"


def _as_json(found: Ranking) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return value if np.isfinite(value) else None

    return {
        "schemes": {
            name: {**one._asdict(), "seeds": list(one.seeds), "tau": one.tau._asdict()}
            for name, one in found.schemes.items()
        },
        "bars": {
            name: {key: plain(value) for key, value in bar._asdict().items()} for name, bar in found.bars.items()
        },
        "best_free": found.best,
        "beyond_best_free": {name: one._asdict() for name, one in found.beyond.items()},
        "differences": [
            {"of": one, "over": other, **difference._asdict()}
            for (one, other), difference in found.differences.items()
        ],
    }


def _in_words(facts: dict[str, Any], found: Ranking) -> str:
    width = max(len(name) for name in chain(found.schemes, found.bars)) + 2
    lines = [
        f"{facts['architectures']:,} architectures of {facts['truth']}, ranked by {facts['by']}",
        f"{'':{width}}   tau  top 20 %  equal MACs  seeds  seconds each",
    ]
    for name, of_scheme in found.schemes.items():
        numbers = f"{of_scheme.tau.value:6.3f}  {of_scheme.tau_top:8.3f}  {of_scheme.partial:10.3f}"
        numbers += f"  {len(of_scheme.seeds):5}  {of_scheme.seconds:12.4f}"
        lines.append(f"{name:{width}}{numbers}  tau {_range(of_scheme.tau)}")
    for name, bar in found.bars.items():
        lines.append(f"{name:{width}}{bar.tau:6.3f}  {bar.tau_top:8.3f}  {bar.partial:10.3f}")
    lines += [_verdict(name, found.best, beyond) for name, beyond in found.beyond.items()]
    for (name, other), difference in found.differences.items():
        lines.append(f"{name} over {other}: {difference.value:+.3f} ({_range(difference)})")
    if single := [name for name, one in found.schemes.items() if len(one.seeds) == 1]:
        said = "a single seed, which was not replicated; the interval is over architectures only"
        lines.append(f"{', '.join(single)}: {said}.")
    return "\n".join(lines)


def _verdict(name: str, best: str, beyond: Interval) -> str:
    by = f"{beyond.value:+.3f} ({_range(beyond)})"
    if beyond.low > 0:
        return f"{name} ranks better than {best}, the best column that is free to know: {by}."
    if beyond.high < 0:
        return f"{name} ranks worse than {best}, the best column that is free to know: {by}."
    return f"Whether {name} ranks better than {best}, the best column that is free to know, is undecided: {by}."


def _range(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"
