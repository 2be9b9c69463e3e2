"""The space that a table's card names; a card is foreign data, so a name is only looked up."""

from typing import Any

import weaknas
from weaknas.doors import names_from_data
from weaknas.errors import InvalidOption, InvalidTable, MissingExtra, NotFound, PluginError, UntrustedName, as_sentence
from weaknas.spaces import Choices, Space
from weaknas.table_file import TableData
from weaknas.words import shortened

from .published import published_of

__all__ = ["space_of", "space_of_table"]

_LONGEST_REASON = 400  # characters of what another part says of a space


def space_of_table(table: TableData) -> Space:
    """Return the space of a table: what its card says, or what is known of a published one.

    Raises:
        WeaknasError: see `space_of`.
    """
    published = published_of(table)
    return space_of({"space": published.space} if published and published.space else table.card)


def space_of(card: dict[str, Any]) -> Space:
    """Return the space that a table's card names or lists.

    Raises:
        NotFound: this version of weaknas does not know the space.
        UntrustedName: the card names a file.
        InvalidTable: the card says nothing of a space, or something that is none.
    """
    named = card.get("space")
    if isinstance(named, str):
        return _known(named, {})
    if isinstance(named, dict) and isinstance(named.get("space"), str):
        options = dict(named)
        return _known(options.pop("space"), options)
    if isinstance(named, dict):
        return _listed(named, str(card.get("benchmark", "choices")))
    raise InvalidTable("the table's card does not say which space its architectures belong to (key 'space').")


def _known(name: str, options: dict[str, Any]) -> Space:
    if name.endswith(".toml"):
        raise UntrustedName(
            f"the table's card names the file {shortened(name)} as its space; only a user may name one."
        )
    try:
        with names_from_data():
            return weaknas.space(name, **options)
    except (NotFound, MissingExtra, UntrustedName) as error:
        raise type(error)(shortened(as_sentence(error), _LONGEST_REASON)) from None
    except Exception as error:  # options of a foreign card can fail in any way
        text = str(error) if isinstance(error, InvalidOption | PluginError) else f"{type(error).__name__}: {error}"
        reason = shortened(text, _LONGEST_REASON)
        raise InvalidTable(f"the table's card describes a space {shortened(name)} that cannot be: {reason}") from error


def _listed(choices: dict[str, Any], name: str) -> Space:
    for choice, options in choices.items():
        if not isinstance(options, list) or not all(isinstance(o, str | int | float) and o != "" for o in options):
            raise InvalidTable(
                f"the table's card gives no list of texts as the options of choice {shortened(choice)!r}."
            )
    try:
        return Choices(choices, name)
    except InvalidOption as error:
        raise InvalidTable(f"the table's card: {shortened(as_sentence(error), _LONGEST_REASON)}") from error
