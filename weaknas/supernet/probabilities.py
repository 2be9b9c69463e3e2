"""What a search has come to, in the folder of its run: a number for each option of each choice."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from torch import Tensor

from ..errors import InvalidTable
from ..parquet import read_parquet, write_parquet
from ..spaces import Space

__all__ = ["PROBABILITIES", "read_probabilities", "write_probabilities"]

PROBABILITIES = "probabilities.parquet"


def write_probabilities(folder: Path, space: Space, weights: Mapping[str, Tensor]) -> None:
    """Write `(options,)` numbers by the names of choices, a row an option."""
    columns: dict[str, list[str | float]] = {"choice": [], "option": [], "probability": []}
    for choice in space.choices:
        columns["choice"] += [choice.name] * len(choice.options)
        columns["option"] += choice.names
        columns["probability"] += weights[choice.name].detach().double().cpu().tolist()
    write_parquet(folder / PROBABILITIES, pa.table(columns))


def read_probabilities(folder: Path | str) -> dict[str, dict[str, float]]:
    """Return the numbers of a run's folder: by the name of a choice, by the text of an option.

    Raises:
        NotFound: there are none.
        InvalidTable: the file is damaged, or has something else in it.
    """
    file = Path(folder) / PROBABILITIES
    table = read_parquet(file, "file of probabilities", "restore it").to_pylist()
    found: dict[str, dict[str, float]] = {}
    try:
        for row in table:
            found.setdefault(row["choice"], {})[row["option"]] = float(row["probability"])
    except (KeyError, TypeError, ValueError):
        found = {}
    if not found or not all(np.isfinite(list(options.values())).all() for options in found.values()):
        raise InvalidTable(f"{file} holds no probabilities of options; restore it.")
    return found


def shared(found: Mapping[str, Mapping[str, float]], space: Space) -> dict[str, NDArray[np.float64]]:
    """Return the `(options,)` numbers of the space's choices that have the same options there."""
    return {
        choice.name: np.array([found[choice.name][option] for option in choice.names])
        for choice in space.choices
        if choice.name in found and set(found[choice.name]) == set(choice.names)
    }
