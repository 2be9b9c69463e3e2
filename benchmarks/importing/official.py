"""What an importer makes of an official file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from rich.console import Console

from weaknas.errors import InvalidArchitecture, InvalidTable, as_sentence
from weaknas.spaces import Rows, Space
from weaknas.words import shortened

from ..published import published_table

__all__ = ["ImportedTable", "OfficialSource", "console"]

console = Console(stderr=True)
"""Where progress is shown; what was written goes to the standard output."""

_LONGEST_REASON = 400  # characters of what is wrong with an architecture


@dataclass(frozen=True)
class ImportedTable:
    """A table that is ready to be written.

    Attributes:
        dataset: what the architectures were trained on.
        columns: arrays or lists of one length by name, `arch` among them.
        card: what the table says of itself.
        total: how many architectures the complete benchmark has.
        notes: what is to be said of how it was read, one sentence each, without a full stop.
    """

    dataset: str
    columns: dict[str, Any]
    card: Mapping[str, object]
    total: int
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of architectures."""
        return len(self.texts)

    @property
    def texts(self) -> list[str]:
        """The text forms of the architectures."""
        texts: list[str] = self.columns["arch"]
        return texts

    def check(self, space: Space, name: str = "") -> None:
        """Check what must be true of the table, the published optimum where it is complete.

        Args:
            space: of its architectures.
            name: of the benchmark, the first part of its table's file name; the space's if empty.

        Raises:
            InvalidArchitecture: an architecture that is not in the space, or one twice.
            InvalidTable: no validation accuracies, or another optimum than the published one.
        """
        if "valid_acc" not in self.columns:
            raise InvalidTable(f"{self.card['source']} has no validation accuracies of {self.dataset}.")
        try:
            Rows(space, space.from_str(self.texts))
        except InvalidArchitecture as error:
            raise InvalidArchitecture(shortened(as_sentence(error), _LONGEST_REASON)) from error
        complete = published_table("-".join(filter(None, (name or space.name, self.dataset))))
        if complete is None or self.rows != complete.rows:
            return
        for column in ("valid_acc", "test_acc"):
            if column in complete.facts:
                published, best = complete.facts[column][0], float(np.max(self.columns[column]))
                if not abs(best - published) <= complete.tolerance:
                    raise InvalidTable(
                        f"{self.card['source']} was altered: its best {column} on {self.dataset} is {best:.3f}, and "
                        f"{published} was published; get it again from where it is published."
                    )


class OfficialSource(Protocol):
    """An official file or folder.

    Attributes:
        name: the benchmark's name, the first part of its tables' file names.
    """

    name: str

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that its tables are for."""
        ...

    def tables(self) -> Iterator[ImportedTable]:
        """Read it and yield a table per dataset, showing the progress.

        Raises:
            InvalidTable: it is truncated, altered or not what its name says.
        """
        ...
