"""Choice points: what an architecture decides, by name."""

from dataclasses import dataclass
from typing import Any

from ..errors import InvalidOption
from .batches import MOST_OPTIONS
from .texts import few

__all__ = ["Choice", "named"]


def named(option: Any) -> str:
    """Return an option as text."""
    return f"{option:g}" if isinstance(option, float) else str(option)


@dataclass(frozen=True)
class Choice:
    """A decision point.

    Attributes:
        name: a word or letter for what is chosen, and where, such as `k2.1`; no other choice of the space has it.
        options: the values to choose from.
        layer: the part of the network that it belongs to, which a joint distribution spans: a block, an edge of a
            cell; the choice's own name where none is given.

    Raises:
        InvalidOption: none, too many (over 127), or two that read the same.
    """

    name: str
    options: tuple[Any, ...]
    layer: str = ""

    def __post_init__(self) -> None:
        if not self.layer:
            object.__setattr__(self, "layer", self.name)
        if not 1 <= len(self.options) <= MOST_OPTIONS or len(set(self.names)) < len(self.options):
            raise InvalidOption(
                f"choice {self.name!r} needs 1 to {MOST_OPTIONS} options that differ as text, not these "
                f"{len(self.options)}: {few(self.names)}."
            )

    @property
    def kind(self) -> str:
        """What is chosen, wherever it is: the name without the numbers at its end, if that leaves anything."""
        return self.name.rstrip("0123456789.-") or self.name

    @property
    def none(self) -> int | None:
        """The number of the option `none`, with which nothing is computed; None where there is no such option."""
        return self.names.index("none") if "none" in self.names else None

    @property
    def names(self) -> list[str]:
        """The options as text."""
        return [named(option) for option in self.options]

    @property
    def ordered(self) -> bool:
        """Whether the options are numbers, not words."""
        return all(isinstance(option, int | float) for option in self.options)
