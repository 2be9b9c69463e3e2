"""Opening table files as benchmarks: published ones, and anyone's by its file or its name."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from .store import SUFFIX, TableFile, find, found, known
from .table import Run, Table

__all__ = ["finder", "open_table"]


def open_table(
    file: str | Path,
    name: str,
    *,
    run: Run = "mean",
    fidelity: int | None = None,
    objective: Literal["valid", "test"] = "valid",
    seed: int = 0,
    universe: Literal["rows", "raw"] = "rows",
) -> Table:
    """Open a table file as a benchmark, over the space that its card names.

    Args:
        file: its path, or (a string) its file name in the data directories.
        name: the benchmark's name.
        run: see `Table`, as for the other options.
        fidelity: epochs of a shorter schedule.
        objective: `valid` or `test`.
        seed: seed of `run="random"`.
        universe: `rows` or `raw`.

    Raises:
        NotFound: the table is not on this machine.
        InvalidTable: it is damaged.
        InvalidOption: an option that the table cannot serve.
    """
    return Table(
        TableFile(file if isinstance(file, Path) else find(file)),
        name=name,
        run=run,
        fidelity=fidelity,
        objective=objective,
        seed=seed,
        universe=universe,
    )


class _Finder:
    """The benchmarks that nobody registered: table files, and the tables of the data directories by their names."""

    def names(self) -> list[str]:
        """Return the names of the tables in the data directories that are of no published benchmark."""
        return [path.stem for path in found() if path.name not in known()]

    def load(self, name: str) -> Callable[..., Table] | None:
        """Return what opens `my.parquet` or the table named `my`; None if there is no such name."""
        if name.endswith(SUFFIX):
            return partial(open_table, Path(name), Path(name).stem)
        return partial(open_table, name + SUFFIX, name) if name in self.names() else None


finder = _Finder()
