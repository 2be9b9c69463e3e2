"""A space of independent choices that a user writes down."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import category

import numpy as np

from ..errors import InvalidOption
from .arrays import Batch
from .batches import MOST_OPTIONS
from .choice import Choice
from .space import Space
from .texts import as_texts, few, one_text

__all__ = ["Choices"]


class Choices(Space):
    """Any list of choices, each with its options; an architecture's text is its options joined by `;`.

    Each choice is a layer of its own.

    Args:
        choices: the options of each choice by its name; options are told apart by their text.
        name: the space's name.

    Raises:
        InvalidOption: no choices, or a choice without a list of options, with none, too many (over 127), equal ones,
            or ones with a `;` or a control character, such as the end of a line.

    Example:
        >>> from weaknas.spaces import Choices
        >>> space = Choices({"depth": [2, 3, 4], "width": [16, 32]})
        >>> space.to_str(space.enumerate()[:2])
        ['2;16', '2;32']
    """

    def __init__(self, choices: Mapping[str, Sequence[object]], name: str = "choices") -> None:
        self.name = name
        if not isinstance(choices, Mapping) or not choices:
            raise InvalidOption("a space needs at least one choice: a dictionary of lists of options by name.")
        texts = {choice: _options(choice, options) for choice, options in choices.items()}
        self.choices = tuple(Choice(choice, options) for choice, options in texts.items())
        self.recipe: Mapping[str, Any] = {"space": "choices", "choices": texts, "name": name}

    @property
    def layout(self) -> str:
        """What a row holds, in words."""
        return f"an option number for each of {few([choice.name for choice in self.choices])}"

    def to_str(self, batch: Batch) -> list[str]:
        """Return the options joined by `;`."""
        tables, rows = [choice.options for choice in self.choices], self.as_batch(batch).tolist()
        return [";".join(table[i] for table, i in zip(tables, row, strict=True)) for row in rows]

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of options joined by `;`."""
        tables = [{option: i for i, option in enumerate(choice.options)} for choice in self.choices]
        rows = []
        for text in as_texts(texts):
            parts = str(text).split(";")
            try:
                rows.append([table[part] for table, part in zip(tables, parts, strict=True)])
            except (KeyError, ValueError):
                expected = ";".join(choice.options[0] for choice in self.choices)
                raise one_text(self.name, text, f"one option of each choice, such as {expected!r}") from None
        return np.array(rows, dtype=np.int8).reshape(-1, len(tables))


def _options(choice: str, options: object) -> tuple[str, ...]:
    """Return the texts of a choice's options, checked."""
    given = () if isinstance(options, str | bytes) or not isinstance(options, Iterable) else tuple(options)
    texts = tuple(str(option) for option in given)
    if not 1 <= len(texts) <= MOST_OPTIONS or len(set(texts)) < len(texts):
        shown = repr(options) if not texts else f"these {len(texts)}: {few(texts)}"
        raise InvalidOption(f"choice {choice!r} needs a list of 1 to {MOST_OPTIONS} different options, not {shown}.")
    for text in texts:
        if any(letter == ";" or category(letter) == "Cc" for letter in text):
            raise InvalidOption(f"choice {choice!r} needs options without ';' and control characters, not {text!r}.")
    return texts
