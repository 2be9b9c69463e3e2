"""`weaknas supernet tabulate`: a table of many architectures."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from ...errors import InvalidOption
from ...files import check_writable, locked
from ..classes import in_words
from ..evaluators import Evaluation, make_indicators, open_evaluator
from ..loading import part_of
from ..tabulating import columns_of, distinct, write
from . import options

__all__ = ["tabulate"]


@options.with_evaluation
def tabulate(
    out: Annotated[Path, typer.Option(metavar="TABLE.parquet", help="Where to write the table.")],
    run: options.Run = None,
    weights: options.Weights = None,
    n: Annotated[int, typer.Option("--n", help="How many architectures, drawn at random, all different.")] = 2000,
    constraint: Annotated[
        str | None, typer.Option(metavar="'macs <= 1e8'", help="Only architectures that satisfy it.")
    ] = None,
    measured: options.Measured = None,
    test: Annotated[bool, typer.Option("--test", help="Score them on the images for validation, too.")] = False,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    indicator: options.Indicators = None,
    *,
    evaluation: Evaluation,
) -> None:
    """Score many architectures and write a table that is searched and studied as any other.

    Every score is kept as soon as it is there: a command that was stopped goes on where it was.
    """
    check_writable(out)
    if out.suffix != ".parquet":
        raise InvalidOption(f"a table's file ends in .parquet, not as {out} does.")
    source = options.one_source(run, weights)
    with locked(out, "name another file with --out", file=True):
        evaluator = open_evaluator(source, evaluation)
        indicators = make_indicators(indicator or (), evaluator.supernet, evaluator.data)
        if test:
            evaluator.data.part("val")  # refused now rather than after the first score
        whole = part_of(evaluator.supernet.space, evaluation.resolution, measured)
        rows = distinct(whole.where(constraint) if constraint else whole, n, seed)
        console = Console(file=sys.stderr)
        shown = track(rows, "scoring", console=console, disable=not console.is_terminal)
        columns = columns_of(evaluator, shown, test, indicators)
        write(out, columns, evaluator, source)
    fewer = "" if len(rows) == n else f", all that there are ({n:,} wanted)"
    best = columns["valid_acc"].argmax()
    print(f"{len(rows):,} architectures{fewer}, written to {out}")
    print(f"  best held-out accuracy {columns['valid_acc'][best]:.3f} %: {columns['arch'][best]}")
    if note := in_words(evaluator.matching):
        print(f"  {note}")
