"""Tables of one's own in the data directories: benchmarks by the names of their files."""

from typing import Literal

from .store import find, found, known
from .table import Run, Table, open_table

__all__ = ["tables"]


class Tables:
    """The tables of the data directories that no published benchmark claims, by file name without ending."""

    def names(self) -> list[str]:
        """Return the names of the tables found."""
        return [path.stem for path in found() if path.name not in known()]

    def __call__(
        self,
        name: str,
        *,
        run: Run = "mean",
        fidelity: int | None = None,
        objective: Literal["valid", "test"] = "valid",
        seed: int = 0,
        universe: Literal["rows", "raw"] = "rows",
    ) -> Table:
        """Open the table `NAME.parquet` as a benchmark; the options are those of `Table`."""
        path = str(find(f"{name}.parquet"))
        return open_table(path, run=run, fidelity=fidelity, objective=objective, seed=seed, universe=universe)


tables = Tables()
