"""`weaknas study`: run studies, look at them, merge them, report on them."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from .study import folder
from .study.definition import InvalidStudy
from .study.manifest import read_manifest
from .study.merging import merge_folders
from .study.one_run import RunSpec
from .study.parallel_runs import Backend
from .study.planning import plan
from .study.runner import StudyStatus, run_study
from .study.study_file import load_study, shipped

app = typer.Typer(no_args_is_help=True, help="Studies: strategies on benchmarks with many seeds, in one table.")
_BUDGETS = (20, 50, 100, 200)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a study.")]


@app.command()
def run(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A study file, or the name of one that is shipped.")],
    jobs: Annotated[int, typer.Option(help="Runs at a time; -1 for as many as there are cores.")] = 1,
    backend: Annotated[Backend, typer.Option(help="Processes here, or a cluster.")] = "loky",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The study's folder; results/NAME by default.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Only these strategies now (globs). May be repeated.")
    ] = None,
) -> None:
    """Make the runs of a study that are not there yet; stop it and start it again as you like."""
    study = load_study(file)
    directory = out or Path("results") / study.name
    command = ["weaknas", "study", "run", file]  # makes all of it, however its parts were made
    with _Bar(jobs) as bar:
        failed = run_study(plan(study, only or (), command), directory, jobs, backend, bar.show)
    for label, why in failed.items():
        print(f"weaknas: {label} failed on {why}", file=sys.stderr)
    print(f"{directory}: {bar.done} of {bar.total} runs")
    raise typer.Exit(1 if failed else 0)


@app.command()
def status(directory: Folder) -> None:
    """Say how many runs a study has made, and how long the others will take."""
    manifest = read_manifest(directory)
    timings = folder.read_all(directory).timings.to_pylist()
    grid = Table("benchmark", "strategy", "runs", "seconds a run", "left")
    seconds = _means(timings)
    wanted, left = 0, 0.0
    for benchmark in manifest.benchmarks:
        for label, card in manifest.strategies.items():
            done = sum((timing["benchmark"], timing["label"]) == (benchmark, label) for timing in timings)
            ranges = card.seeds or [[1, done]]  # which results from elsewhere need not say
            runs = sum(last - first + 1 for first, last in ranges)
            mean = seconds.get((benchmark, label))
            wanted += runs
            left += (runs - done) * (mean or _mean(seconds.values()) or 0)
            each = "" if mean is None else f"{mean:.3g}"
            rest = "" if mean is None else _duration((runs - done) * mean)
            grid.add_row(escape(benchmark), escape(label), f"{done} of {runs}", each, rest)
    Console().print(grid)
    state = "running" if folder.in_use(directory) else "not running"
    rest = f", about {_duration(left)} of one core left" if timings and left else ""
    print(f"{manifest.study}: {len(timings)} of {wanted} runs, {state}{rest}")


@app.command()
def report(
    directory: Folder,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to; DIR/report by default.")] = None,
) -> None:
    """Write a study's tables, figures and a page that shows them."""
    from .report.writer import write_report
    from .study.results import load

    print(write_report(load(directory), out or directory / "report"))


@app.command()
def compare(
    directories: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders of studies, or folders of such.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to.")] = Path("comparison"),
    budget: Annotated[
        list[int] | None, typer.Option(help="Queries at which strategies are compared. May be repeated.")
    ] = None,
    rope: Annotated[
        float, typer.Option(min=0, max=1, help="Differences that count as none, in shares of a random regret.")
    ] = 0.01,
) -> None:
    """Write what several studies say together, over all their benchmarks: which strategy when."""
    from .leaderboard.study_folders import find_studies
    from .report.many import write_comparison
    from .study.results import load

    studies = [load(directory) for directory in find_studies(directories)]
    print(write_comparison(studies, out, budget or _BUDGETS, rope))


@app.command()
def merge(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of one study.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to; needed for several folders.")] = None,
) -> None:
    """Merge the runs that have come so far into one table; several folders of one study into a new one."""
    if out is None:
        if len(directories) > 1:
            raise InvalidStudy("several folders are merged into a new one; name it with --out.")
        (directory,) = directories
        read_manifest(directory)
        with folder.locked(directory):
            folder.merge(directory)
    else:
        merge_folders(directories, directory := out)
    print(f"{directory}: {len(folder.read_merged(directory).timings)} runs")


@app.command(name="list")
def list_studies() -> None:
    """List the studies that come with weaknas; one bare name on a line."""
    for name in shipped():
        print(name)


# -- progress ----------------------------------------------------------------------------------------------


class _Bar:
    """Progress on a terminal's standard error."""

    def __init__(self, jobs: int) -> None:
        console = Console(file=sys.stderr)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("opening", total=None, left="")
        self._jobs = max(jobs, 1)
        self.done = self.total = 0

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def show(self, status: StudyStatus) -> None:
        """Show where the study stands."""
        finished = {(timing["benchmark"], timing["label"], timing["seed"]) for timing in status.done}
        left = [spec for spec in status.specs if spec.key not in finished]
        self.total, self.done = len(status.specs), len(status.specs) - len(left)
        last = f"{status.last.strategy.label}, {status.last.benchmark.label}" if status.last else "searching"
        self._bar.update(
            self._task,
            completed=self.done,
            total=self.total,
            left=self._left(status.done, left),
            description=escape(last),
        )

    def _left(self, done: Sequence[dict[str, Any]], left: Sequence[RunSpec]) -> str:
        seconds = _means(done)
        if not seconds:
            return ""
        other = _mean(seconds.values())
        return f"{_duration(sum(seconds.get(spec.key[:2], other) for spec in left) / self._jobs)} left"


def _means(timings: Iterable[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """Return the mean wall time of the runs of each strategy on each benchmark, seconds."""
    seconds = defaultdict(list)
    for timing in timings:
        if timing["wall_seconds"] is not None:  # which results from elsewhere need not say
            seconds[timing["benchmark"], timing["label"]].append(timing["wall_seconds"])
    return {key: _mean(values) for key, values in seconds.items()}


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"
