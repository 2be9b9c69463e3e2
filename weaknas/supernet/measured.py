"""Architectures of which something was measured, such as the latency on a phone: what is then free to know of them."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidTable, NotFound, system_sentence
from ..parquet import read_parquet
from ..spaces import NetworkSpace, Rows, Space

__all__ = ["measured"]

_FREE = re.compile(r"latency_|energy_|peak_memory|zc_")  # what is measured without training, as in tables


def measured(file: Path | str, space: NetworkSpace, part: Space) -> Rows:
    """Return the architectures that a file lists, with what it says of them free to know beside `params` and `macs`.

    Args:
        file: a CSV or Parquet file with a column `arch` of texts, and columns `latency_*`, `energy_*`,
            `peak_memory*` or `zc_*` of numbers.
        space: the space.
        part: the part of it that is wanted, such as one resolution.

    Raises:
        NotFound: there is no such file.
        InvalidTable: it is no such table, or none of it is in the part.
        InvalidArchitecture: an architecture is not in the space, or listed twice.
    """
    frame = _frame(Path(file))
    names = [name for name in frame.columns if _FREE.match(str(name))]
    if "arch" not in frame.columns or not names:
        raise InvalidTable(f"{file} needs a column arch, and one of what was measured, such as latency_ms_phone.")
    rows = space.from_str(frame["arch"].tolist())
    kept = np.flatnonzero(part.is_valid(rows))
    if not len(kept):
        raise InvalidTable(f"{file} lists no architecture of {part.name}.")
    rows, cost = rows[kept], space.cost(rows[kept])
    columns = {name: _numbers(frame[name], file)[kept] for name in names}
    columns |= {"params": cost.params.astype(float), "macs": cost.macs.astype(float)}
    return Rows(space, rows, {name: partial(np.asarray, values) for name, values in columns.items()})


def _frame(file: Path) -> Any:
    import pandas as pd

    if file.suffix != ".csv":
        return read_parquet(file, "table of measured numbers", "restore it").to_pandas()
    if not file.is_file():
        raise NotFound(f"there is no table of measured numbers at {file}.")
    try:
        return pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise InvalidTable(f"{file} cannot be read as CSV: {system_sentence(error)}.") from None


def _numbers(column: Any, file: Path | str) -> NDArray[np.float64]:
    try:
        values: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise InvalidTable(f"the column {column.name} of {file} holds something else than numbers.") from None
    return values
