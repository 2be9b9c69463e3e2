"""`weaknas search`: search a benchmark for its best architecture."""

import inspect
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from .. import benchmark, doors, drawing, figures, predictor, search, simulate, strategy
from ..checks import check_seed
from ..contracts import Benchmark, Strategy
from ..defaults import STRATEGY
from ..errors import InvalidOption, WeaknasError
from ..files import check_ending, check_writable
from ..loop import Interrupted, check_budget
from ..measurements import Past
from ..past import read_past
from ..result import Result, in_words, plain
from ..shell_options import by_part
from ..suited import suited
from .progress import bar, stoppable

app = typer.Typer()

_PARTS = ("strategy", "benchmark", "predictor")
_STORAGE = re.compile(r"journal:|[a-z0-9+]+://")


@app.command(name="search")
def run(
    name: Annotated[str, typer.Argument(metavar="BENCHMARK", help="A benchmark's name, or a table file.")],
    strategy_name: Annotated[str, typer.Option("--strategy", help="The search strategy.")] = STRATEGY,
    predictor_name: Annotated[
        str | None, typer.Option("--predictor", help="The predictor, for strategies that have one.")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="What to search for: a column of the benchmark, such as perplexity, or several for a trade-off.",
        ),
    ] = None,
    constraint: Annotated[
        str | None, typer.Option(metavar="'macs <= 1e8'", help="Search only architectures that satisfy it.")
    ] = None,
    budget: Annotated[int, typer.Option(help="How many architectures may be evaluated.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of all random choices.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option(help="Simulate so many workers, on a benchmark that knows how long each architecture trains."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="KEY=VALUE",
            help="An option of the strategy, or of another part: benchmark.KEY, predictor.KEY. May be repeated.",
        ),
    ] = None,
    prior: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RESULT|TABLE|STORAGE",
            help="What was learned before, on other data: a saved result, a table or a benchmark of one, or the "
            "searches in a storage. It guides the first rounds. May be repeated.",
        ),
    ] = None,
    resume_from: Annotated[
        Path | None,
        typer.Option(
            metavar="RESULT.parquet", help="Go on from a saved result of the same benchmark, part of the budget."
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Keep every evaluation in a database (sqlite:///runs.db, postgresql://…) or a file "
            "(journal:runs.log): the command goes on where it was stopped, and shares the search with others like it.",
        ),
    ] = None,
    study: Annotated[
        str | None, typer.Option(metavar="NAME", help="The search's name in the storage; by default made up from it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.parquet", help="Save the result (Parquet).")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the search curve.")] = None,
    draw: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Draw the cells of the best architecture.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Search a benchmark for its best architecture."""
    _check_outputs(name, out, plot, draw)
    if study is not None and storage is None:
        raise InvalidOption("--study names a search in a storage; name that too, --storage sqlite:///runs.db.")
    if workers is not None and storage is not None:
        raise InvalidOption("a storage has workers of its own, one a command; leave out --workers, or --storage.")
    if resume_from is not None and (workers is not None or storage is not None):
        raise InvalidOption("--resume-from goes on alone; leave out --workers and --storage, which goes on by itself.")
    bench, chosen = _made(name, objective, strategy_name, predictor_name, constraint, check_seed(seed), option or [])
    budget = check_budget(budget, bench)
    if draw is not None:
        bench.space.diagrams(bench.space.sample(1, np.random.default_rng(0)))  # refused now where there are no cells
    if prior:
        chosen.inform(_past(prior, bench))
    stopped: Interrupted | None = None
    with bar(budget, quiet=as_json, metric=bench.metric) as callback, stoppable() as check:
        try:
            if workers is not None:
                result = simulate(bench, chosen, budget, workers=workers, callbacks=[callback, check])
            elif storage is None:
                result = search(bench, chosen, budget, resume_from=resume_from, callbacks=[callback, check])
            else:
                from ..optuna import search as shared_search

                result = shared_search(
                    bench, chosen, budget, storage=storage, study=study, callbacks=[callback, check]
                )
        except Interrupted as stop:
            result, stopped = stop.result, stop
        except WeaknasError as error:
            if out is None or error.found is None:
                raise
            error.add_note(f"What was found before is in {error.found.save(out)}.")
            raise
    if out is not None:
        result.save(out)
    if plot is not None:
        figures.save(result.plot(), plot)
    if draw is not None:
        result.draw(draw, bench.space)
    front = _front(result)
    if as_json:
        print(json.dumps(result.summary() | ({"front": front} if front else {}), allow_nan=False))
    else:
        print("\n".join([_text(result, bench.note, stopped is not None), *_front_lines(front)]))
    if stopped is not None:
        raise stopped


def _check_outputs(name: str, out: Path | None, plot: Path | None, draw: Path | None) -> None:
    """Refuse files that cannot be written, before anything is paid for."""
    if out is not None:
        check_ending(out, ".parquet", "a result")
        if check_writable(out).resolve() == Path(name).absolute().resolve():
            raise InvalidOption(f"--out {out} would take the place of the benchmark; name another file.")
    if plot is not None:
        figures.check_format(plot)
        check_writable(plot)
    if draw is not None:
        drawing.check_path(draw)


def _made(
    name: str,
    objective: str | None,
    strategy_name: str,
    predictor_name: str | None,
    constraint: str | None,
    seed: int,
    option: Sequence[str],
) -> tuple[Benchmark, Strategy]:
    """Return the benchmark, and the strategy over the part of its space that satisfies the constraint."""
    options = by_part(option, _PARTS)
    if objective is not None and options["benchmark"].setdefault("objective", objective) != objective:
        raise InvalidOption(
            "--objective and --option benchmark.objective say different things; leave one of them out."
        )
    if "seed" in options["strategy"]:
        raise InvalidOption("the strategy's seed is given by --seed.")
    if "seed" in inspect.signature(doors.BENCHMARKS.load(name)).parameters:
        options["benchmark"].setdefault("seed", seed)  # draws the training runs of run=random
    bench = benchmark(name, **options["benchmark"])
    if predictor_name is not None:
        made = predictor(predictor_name, **options["predictor"])
        options["strategy"]["predictor"] = made if options["predictor"] else predictor_name
    elif options["predictor"]:
        raise InvalidOption("options of a predictor need --predictor NAME.")
    space = bench.space.where(constraint) if constraint is not None else bench.space
    return bench, strategy(strategy_name, space, seed=seed, **suited(strategy_name, bench, space, options["strategy"]))


def _past(sources: Sequence[str], bench: Benchmark) -> list[Past]:
    """Return what the sources of a prior tell."""
    found: list[Past] = []
    for source in sources:
        if _STORAGE.match(source):
            from ..optuna import past_of_storage

            found += past_of_storage(source, bench)
        else:
            found += read_past(source, bench)
    return found


def _front(result: Result) -> list[dict[str, Any]]:
    """Return the trade-off found, by its second objective: architecture and values; empty where none was sought."""
    if not result.tradeoff:
        return []
    names = ["arch", *(metric.valid for metric in result.tradeoff)]
    rows = result.history[result.history["front"]].sort_values(names[2], kind="stable")[names]
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows.itertuples(index=False, name=None)]


def _front_lines(front: list[dict[str, Any]]) -> list[str]:
    if not front:
        return []
    names = [name for name in front[0] if name != "arch"]
    lines = ["  ".join(f"{row[name]:,.3f}".removesuffix(".000").rjust(14) for name in names) for row in front]
    lines = [f"{line}  {row['arch']}" for line, row in zip(lines, front, strict=True)]
    return [f"  trade-off, by {names[1]}:", "  ".join(name.rjust(14) for name in names) + "  arch", *lines]


def _text(result: Result, note: str, interrupted: bool) -> str:
    best, optimum = result.best, result.optimum
    metric = result.metric
    seen = metric.called(result.objective)
    with_predictor = f" with {result.predictor}" if result.predictor else ""
    within = f" with {result.constraint}" if result.constraint else ""
    lines = [
        f"{result.strategy}{with_predictor} on {result.benchmark}, seed {result.seed}",
        str(best),
        f"  best in the benchmark{within}: {in_words(metric, optimum.valid, optimum.test)} (means)",
        f"  test is that of the architecture with the best {seen}; overhead {result.overhead_seconds:.1f} s",
    ]
    if result.workers is not None:
        hours = result.history["clock_seconds"].iloc[-1] / 3600
        lines.append(f"  {result.workers} simulated workers were done after {hours:,.1f} hours")
    if not interrupted and result.history["cost"].iloc[-1] <= result.budget - 1:
        lines.append(f"  there are no more architectures{within}: the budget of {result.budget:,} was not spent")
    if note:
        lines.append(f"  note: {note}")
    return "\n".join(lines)
