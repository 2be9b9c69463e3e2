"""`weaknas predictor`: how well predictors rank, and whether they keep the contract."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import weaknas
from weaknas import doors, figures
from weaknas.errors import InvalidOption, MissingExtra, NotFound, PluginError
from weaknas.files import check_writable
from weaknas.shell_options import by_part
from weaknas.testing import PredictorContract, verdicts

from .ranking import grid, report
from .ranking.one_fit import RankingProtocol, encodings_of

app = typer.Typer(no_args_is_help=True, help="Predictors: how well they rank, and whether they keep the contract.")
_MARKS = {True: "ok     ", False: "FAILED ", None: "  -    "}


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="PREDICTOR", help="A predictor's name, or file.py:Class.")],
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="KEY=VALUE", help="An option of the predictor.")
    ] = None,
    benchmark: Annotated[
        str, typer.Option(help="Where it is tried; a tabular benchmark.")
    ] = PredictorContract.benchmark,
) -> None:
    """Try a predictor on the contract that every built-in keeps, and say what does not hold."""
    options = by_part(option or [], ("predictor",))["predictor"]
    contract = PredictorContract()
    contract.benchmark = benchmark
    predictor = weaknas.predictor(name, **options)
    lists = hasattr(predictor, "encodings")
    why = "which it lists" if lists else "the space's default, as it lists none in `encodings`"
    print(f"tried on {benchmark} in the encoding {contract.encoding(predictor)}, {why}")
    failed, trace = 0, ""
    start = time.perf_counter()
    for verdict in verdicts(contract, lambda: weaknas.predictor(name, **options)):
        print(_MARKS[verdict.passed] + verdict.what + (f"\n         {verdict.why}" if verdict.why else ""), flush=True)
        failed += verdict.passed is False
        trace = trace or verdict.trace
    took = time.perf_counter() - start
    if not lists:
        print("most built-ins choose richer features: weaknas predictor rank compares it with them on the same ones")
    if trace:
        print(f"\nthe first error of its own:\n{trace}")
    print(
        f"{name} keeps the contract ({took:.0f} s)" if not failed else f"{name} breaks the contract in {failed} points"
    )
    raise typer.Exit(1 if failed else 0)


@app.command()
def rank(
    benchmark: Annotated[str, typer.Argument(metavar="BENCHMARK", help="A benchmark's name, or a table file.")],
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="The results; added to if it is there.")],
    predictors: Annotated[str, typer.Option(help="Names or globs, separated by commas.")] = "*",
    encodings: Annotated[
        str,
        typer.Option(
            help="Encodings, separated by commas. `default` is each predictor's own choice; `shared` is what most "
            "built-ins choose, for those that can take it: compare these."
        ),
    ] = "default,shared",
    train_sizes: Annotated[str, typer.Option(help="Sizes of the training set.")] = "20,50,100,200,400",
    seeds: Annotated[int, typer.Option(help="Training sets of each size.", min=1)] = 20,
    pool: Annotated[int | None, typer.Option(help="Rank this many random architectures; all by default.")] = None,
    low_fidelity: Annotated[
        int | None, typer.Option(metavar="EPOCHS", help="Append the scores after a shorter schedule to the features.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="KEY=VALUE", help="An option of the benchmark.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw tau against size and time.")] = None,
) -> None:
    """Measure how well predictors rank a benchmark's architectures after a few evaluations."""
    for path in (out, figure):
        if path is not None:
            check_writable(path)
    if out.suffix != ".parquet":
        raise InvalidOption(f"--out {out} does not end in .parquet, which is the format of the results.")
    if figure is not None:
        figures.check_format(figure)
    options = by_part(option or [], ("benchmark",))["benchmark"]
    protocol = RankingProtocol(benchmark, tuple(sorted(options.items())), pool, low_fidelity)
    kinds = [kind.strip() for kind in encodings.split(",")]
    sizes = [_positive(size) for size in train_sizes.split(",")]
    wanted = grid.fits(protocol, _chosen(predictors, protocol), kinds, sizes, range(seeds))
    columns = (TextColumn("ranking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(wanted))
        frame, failed = grid.rank(protocol, wanted, out, jobs, lambda done: bar.update(task, completed=done))
    if len(frame):
        print(report.summary(frame).to_string(index=False, float_format="{:.3f}".format))
        if frame.encoding.nunique() > 1:
            print("\nFeatures differ: lines of one encoding compare predictors, others compare features too.")
        if figure is not None:
            figures.save(report.figure(frame, benchmark), figure)
    for name, why in failed.items():
        print(f"weaknas: {name}: {why}", file=sys.stderr)
    raise typer.Exit(1 if failed else 0)


def _chosen(patterns: str, protocol: RankingProtocol) -> list[str]:
    """Return the names that patterns match, in their order; a glob skips what cannot be used here."""
    names: dict[str, None] = {}
    for pattern in map(str.strip, patterns.split(",")):
        known = doors.PREDICTORS.names(pattern)
        if pattern in known or ":" in pattern:
            names[pattern] = None
        elif not known:
            raise NotFound(f"no predictor is named {pattern!r}; see: weaknas list predictors.")
        else:
            names.update((name, None) for name in known if _usable(name, protocol))
    if not names:
        raise NotFound(f"no predictor of {patterns!r} can be used here.")
    return list(names)


def _usable(name: str, protocol: RankingProtocol) -> bool:
    try:
        encodings_of(protocol, name, "default")
    except (InvalidOption, MissingExtra, PluginError) as error:
        print(f"skipped {name}: {error}", file=sys.stderr)
        return False
    return True


def _positive(text: str) -> int:
    if not text.strip().isdecimal() or not int(text):
        raise InvalidOption(f"a training size is a whole number from 1, not {text!r}.")
    return int(text)
