"""Tables made of data frames, and which columns of a table hold what."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidOption, InvalidTable
from weaknas.table_file import Column, TableData
from weaknas.words import shortened

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FrameData", "mean_column", "single_runs"]


class FrameData:
    """The columns of a data frame.

    Args:
        frame: the frame; its column `arch` has the text forms of the architectures.
        card: what it says of itself.
        checksums: of the files that it was made of.

    Raises:
        InvalidOption: it is no frame.
        InvalidTable: it has no column `arch`, or two columns of one name.
    """

    estimated: frozenset[str] = frozenset()

    def __init__(
        self, frame: "pd.DataFrame", card: dict[str, Any], checksums: Mapping[str, str] | None = None
    ) -> None:
        if not hasattr(frame, "columns"):
            raise InvalidOption(f"a table is made of a data frame of pandas, not of a {type(frame).__name__}.")
        if "arch" not in frame.columns:
            raise InvalidTable("the frame has no column arch with the architectures' text forms.")
        if not frame.columns.is_unique:
            raise InvalidTable("two columns of the frame have the same name.")
        self.card = card
        self.checksums: dict[str, str] = dict(checksums or {})
        self.columns = [str(column) for column in frame.columns]
        self._frame = frame.set_axis(self.columns, axis=1)

    def texts(self, column: str = "arch") -> list[str]:
        """Return a column of strings."""
        return [str(text) for text in self._frame[column]]

    def numbers(self, column: str) -> Column:
        """Return a column of numbers; missing cells are NaN."""
        try:
            return self._frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise InvalidTable(
                f"the frame's column {column} does not hold numbers: {shortened(str(error), 100)}."
            ) from error


def mean_column(data: TableData, objective: str, suffix: str = "") -> str:
    """Return the name of the column of means over the recorded runs: that of the run itself where there is one."""
    runs = [c for c in data.columns if re.fullmatch(rf"{re.escape(objective)}_run\d+{suffix}", c)]
    own = objective + suffix
    return runs[0] if own not in data.columns and len(runs) == 1 else own


def single_runs(data: TableData, objective: str = "valid_acc", suffix: str = "") -> NDArray[np.float64]:
    """Return the `(runs, rows)` accuracies of the recorded training runs, NaN where one is not known."""
    pattern = re.compile(rf"{re.escape(objective)}_run\d+{suffix}")
    names = sorted(c for c in data.columns if pattern.fullmatch(c))
    return np.stack([data.numbers(c) for c in names]) if names else np.zeros((0, 0))
