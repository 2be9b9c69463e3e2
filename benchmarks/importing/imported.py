"""What an importer makes of an official file, and where it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rich.console import Console

from weaknas.errors import InvalidOption, InvalidTable, WeaknasError
from weaknas.files import check_writable
from weaknas.spaces import Rows, Space

from .. import store

__all__ = ["Imported", "Official", "console", "folder", "targets"]

console = Console(stderr=True)
"""Where progress is shown; what was written goes to the standard output."""

_TOLERANCE = 0.1
"""Points that the best mean may differ from the published one: releases of a benchmark differ in their runs."""


@dataclass(frozen=True)
class Imported:
    """A table that is ready to be written.

    Attributes:
        dataset: what the architectures were trained on.
        columns: arrays or lists of one length by name, `arch` among them.
        card: what the table says of itself.
        total: how many architectures the complete benchmark has.
    """

    dataset: str
    columns: dict[str, Any]
    card: Mapping[str, object]
    total: int

    @property
    def rows(self) -> int:
        """The number of architectures."""
        return len(self.texts)

    @property
    def texts(self) -> list[str]:
        """The text forms of the architectures."""
        texts: list[str] = self.columns["arch"]
        return texts

    def check(self, space: Space) -> None:
        """Check what must be true of the table, the published optimum where it is complete.

        Raises:
            InvalidArchitecture: an architecture that is not in the space, or one twice.
            InvalidTable: no validation accuracies, or another optimum than the published one.
        """
        if "valid_acc" not in self.columns:
            raise InvalidTable(f"{self.card['source']} has no validation accuracies of {self.dataset}.")
        Rows(space, space.from_str(self.texts))
        known = store.known().get(f"{space.name}-{self.dataset}{store.SUFFIX}")
        if known is None or self.rows != known.rows:
            return
        for column in ("valid_acc", "test_acc"):
            if column in known.facts:
                published, best = known.facts[column][0], float(np.max(self.columns[column]))
                if not abs(best - published) <= _TOLERANCE:
                    raise InvalidTable(
                        f"{self.card['source']} was altered: its best {column} on {self.dataset} is {best:.3f}, and "
                        f"{published} was published; get it again from where it is published."
                    )


class Official(Protocol):
    """An official file or folder.

    Attributes:
        name: the benchmark's name, the first part of its tables' file names.
    """

    name: str

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that its tables are for."""
        ...

    def tables(self) -> Iterator[Imported]:
        """Read it and yield a table per dataset, showing the progress.

        Raises:
            InvalidTable: it is truncated, altered or not what its name says.
        """
        ...


def folder(out: Path | None) -> Path:
    """Return where tables are written: `out`, or the first data directory that can be written to.

    Raises:
        WeaknasError: there is none.
    """
    candidates = store.data_directories() if out is None else [out]
    for candidate in candidates:
        try:
            candidate.mkdir(parents=True, exist_ok=True)
            return check_writable(candidate / "table").parent
        except (OSError, WeaknasError):
            continue
    raise WeaknasError(
        f"no table can be written to {', '.join(str(candidate) for candidate in candidates)}; "
        "name a folder of yours with --out."
    )


def targets(name: str, datasets: tuple[str, ...], directory: Path, force: bool) -> dict[str, Path]:
    """Return the path of each dataset's table, `NAME-DATASET.parquet`, or `NAME.parquet` for a dataset without name.

    Raises:
        InvalidOption: the name cannot be part of a file name, or a table is there and `force` is not given.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise InvalidOption(f"{name!r} cannot be part of a file name; choose letters, digits, '-' and '_' for --as.")
    paths = {dataset: directory / ("-".join(filter(None, (name, dataset))) + store.SUFFIX) for dataset in datasets}
    there = [str(path) for path in paths.values() if path.exists()]
    if there and not force:
        are, them = ("is", "it") if len(there) == 1 else ("are", "them")
        raise InvalidOption(
            f"{', '.join(there)} {are} there already; replace {them} with --force, or choose another name with "
            "--as or another folder with --out."
        )
    return paths
