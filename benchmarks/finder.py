"""Opening table files as benchmarks: published ones, and a user's by file or by name."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from .observed import RecordedRun
from .published import published_table, reserved
from .store import SUFFIX, found, open_file
from .table import Table

__all__ = ["finder", "open_table"]


def open_table(
    file: str | Path,
    name: str,
    *,
    run: RecordedRun = "mean",
    fidelity: int | None = None,
    objective: str | Sequence[str] = "valid",
    seed: int = 0,
    universe: Literal["rows", "raw"] = "rows",
    higher_is_better: bool = False,
) -> Table:
    """Open a table file as a benchmark, over the space that its card names.

    Args:
        file: its path, or (a string) its file name in the data directories.
        name: the benchmark's name.
        run: see `Table`, as for the other options.
        fidelity: epochs of a shorter schedule.
        objective: `valid`, `test` or columns.
        seed: seed of `run="random"`.
        universe: `rows` or `raw`.
        higher_is_better: vouch for an objective that looks as if lower were better; see `Table.check_objective`.

    Raises:
        NotFound: the table is not on this machine.
        InvalidTable: it is damaged, has the name of a published table and is not that, or its objective looks as if
            lower were better.
        InvalidOption: an option that the table cannot serve.
    """
    table = open_file(file)
    bench = Table(
        table,
        name=name,
        run=run,
        fidelity=fidelity,
        objective=objective,
        seed=seed,
        universe=universe,
    )
    if not (published_table(table.path.stem) or higher_is_better):
        bench.check_objective()
    return bench


class _Finder:
    """The benchmarks without an entry point: table files, and the tables of the data directories by their names."""

    def names(self) -> list[str]:
        """Return the names of the tables in the data directories that could be taken for no registered benchmark."""
        return [path.stem for path in found() if not reserved(path.stem)]

    def load(self, name: str) -> Callable[..., Table] | None:
        """Return what opens `my.parquet` or the table named `my`; None if there is no such name."""
        if name.endswith(SUFFIX):
            return partial(open_table, Path(name), Path(name).stem)
        return partial(open_table, name + SUFFIX, name) if name in self.names() else None


finder = _Finder()
