"""`weaknas data build`: a benchmark of one's own, trained from nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from weaknas.errors import InvalidOption, NotFound
from weaknas.words import shortened

from .. import store
from ..targets import check_name
from .build_spec import DEFAULT_RUNS, BuildSpec
from .merging import SOURCE, merge
from .run_build import build
from .shards import build_directory

__all__ = ["build_table"]

_DIGITS = 9  # of a seed
_INDICATORS = "synflow|naswot|jacov|grad-norm|snip"  # of weaknas.proxies, which needs torch
_PACE = 1800.0  # seconds over which the pace is averaged: a shard takes half a minute


def build_table(
    benchmark: Annotated[str, typer.Argument(metavar="digits", help="What to build.")],
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    jobs: Annotated[int, typer.Option(min=1, help="Processes, each with one thread.")] = 1,
    seeds: Annotated[str, typer.Option(help="Training runs of every architecture.")] = ",".join(
        map(str, DEFAULT_RUNS)
    ),
    images: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="Your own images: x, y, or x_train, y_train, x_valid, …; needs --as."),
    ] = None,
    name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="The benchmark's name.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the table, made if needed; your data directory by default."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Train that many architectures only, a random sample; needs --as.")
    ] = None,
    indicator: Annotated[
        list[str] | None,
        typer.Option(metavar=_INDICATORS, help="Say this of every network before it is trained. May be repeated."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Go on with an earlier build, or start again from nothing.")
    ] = True,
) -> None:
    """Train the whole of NAS-Bench-201's space on small images; on a CPU that takes hours.

    A build that is stopped, in whatever way, goes on where it was when the same command is given again.
    """
    if benchmark != "digits":
        raise NotFound(f"weaknas cannot build {benchmark!r}; it builds digits, also with your own --images.")
    name = check_name(benchmark if name is None else name, published=benchmark)
    runs = _numbers(seeds)
    indicators = tuple(sorted(set(indicator or ())))
    if name == benchmark and (images is not None or limit is not None or runs != DEFAULT_RUNS or indicators):
        raise InvalidOption(
            "what --images, --limit, --indicator or other --seeds build is not the benchmark digits: name it "
            "otherwise with --as."
        )
    folder = store.own_directory() if out is None else store.writable_directory(out)
    spec = BuildSpec(name, images, runs, device, limit, indicators=indicators)
    _check_ours(folder / f"{name}{store.SUFFIX}")
    shards = build_directory(spec.name)
    with _bar(len(spec.rows)) as progress:
        build(spec, shards, jobs=jobs, fresh=not resume, progress=progress)
    print(merge(spec, shards, folder))


def _check_ours(path: Path) -> None:
    """Make sure that a file where the table goes, if there is one, is an earlier table of this command.

    Raises:
        InvalidOption: it is another one.
    """
    if path.exists() and store.table_at(path).card.get("source") != SOURCE:
        raise InvalidOption(f"{path} is there already and was not built; choose another name with --as.")


def _numbers(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isdecimal() and len(part) <= _DIGITS for part in parts) or len({*map(int, parts)}) < len(parts):
        raise InvalidOption(f"--seeds {shortened(text)!r} is not a list of different whole numbers such as 0,1,2.")
    return tuple(sorted(int(part) for part in parts))


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show on standard error how many architectures are done and the time left; lines where it is no terminal."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, speed_estimate_period=_PACE, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)

        def update(done: int) -> None:
            bar.update(task, completed=done)
            if not console.is_terminal:
                left = bar.tasks[task].time_remaining
                pace = f", {left / 60:.0f} minutes left" if left else ""
                print(f"{done:,} of {total:,} architectures{pace}", file=sys.stderr, flush=True)

        yield update
