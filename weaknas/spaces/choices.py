"""A space of independent choices that a user writes down."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidOption
from .arrays import Batch
from .base import Space, one_text

__all__ = ["Choices"]


class Choices(Space):
    """Any list of choices, each with its options; an architecture's text is its options joined by `;`.

    Args:
        choices: the options of each choice by its name; options are told apart by their text.
        name: the space's name.

    Raises:
        InvalidOption: no choices, or a choice with no options, too many (over 127), equal or unprintable ones.

    Example:
        >>> from weaknas.spaces import Choices
        >>> space = Choices({"depth": [2, 3, 4], "width": [16, 32]})
        >>> space.to_str(space.enumerate()[:2])
        ['2;16', '2;32']
    """

    def __init__(self, choices: Mapping[str, Sequence[object]], name: str = "choices") -> None:
        self.name = name
        self.choices = {choice: tuple(str(option) for option in options) for choice, options in choices.items()}
        if not choices:
            raise InvalidOption("a space needs at least one choice.")
        for choice, options in self.choices.items():
            if not 1 <= len(options) <= 127 or len(set(options)) < len(options) or any(";" in o for o in options):
                raise InvalidOption(
                    f"choice {choice!r} needs 1 to 127 different options without ';', not {list(options)}."
                )

    @cached_property
    def options(self) -> NDArray[np.int64]:
        """The number of options of each choice."""
        return np.array([len(options) for options in self.choices.values()])

    def to_str(self, batch: Batch) -> list[str]:
        """Return the options joined by `;`."""
        tables = list(self.choices.values())
        return [";".join(table[i] for table, i in zip(tables, row, strict=True)) for row in batch.tolist()]

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of options joined by `;`."""
        tables = [{option: i for i, option in enumerate(options)} for options in self.choices.values()]
        rows = []
        for text in texts:
            parts = str(text).split(";")
            try:
                rows.append([table[part] for table, part in zip(tables, parts, strict=True)])
            except (KeyError, ValueError):
                expected = ";".join(options[0] for options in self.choices.values())
                raise one_text(self.name, text, f"one option of each choice, such as {expected!r}") from None
        return np.array(rows, dtype=np.int8).reshape(-1, len(tables))
