"""The card of a table, which may be anyone's: what it says is checked, and what it names is only looked up."""

import json
from typing import Any

from weaknas.doors import names_from_data
from weaknas.errors import InvalidOption, InvalidTable, MissingExtra, NotFound, UntrustedName, as_sentence
from weaknas.spaces import Choices, Space, known

from .words import shortened

__all__ = ["parse_card", "space_of"]

_TEXTS = ("benchmark", "dataset", "unit", "valid", "test", "writer")
_NUMBERS = ("rows", "epochs")
_NETWORK = ("channels", "classes", "side", "width")
_LARGEST = 2**31
_LONGEST = 200  # letters of a name
_MESSAGE = 400  # letters of what another part says of a space


def parse_card(text: bytes) -> dict[str, Any]:
    """Return the card that a text in JSON holds.

    Raises:
        ValueError: it is no card; the message says why, in words without a full stop.
    """
    try:
        card = json.loads(text, object_pairs_hook=_distinct)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(card, dict) or "format" not in card:
        raise ValueError("it states no format")
    for key in _TEXTS:
        if key in card and not isinstance(card[key], str):
            raise ValueError(f"{key} is no text")
    for key in ("benchmark", "dataset"):
        if len(card.get(key, "")) > _LONGEST or not card.get(key, "").isprintable():
            raise ValueError(f"{key} is no name: {shortened(card[key])}")
    for key in _NUMBERS:
        if key in card and not _is_count(card[key]):
            raise ValueError(f"{key} is no number from 1")
    network = card.get("network")
    if network is not None and not (
        isinstance(network, dict) and network.keys() == set(_NETWORK) and all(map(_is_count, network.values()))
    ):
        raise ValueError(f"network does not state {', '.join(_NETWORK)} as numbers from 1")
    return card


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < _LARGEST


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
            return known(name, **options)
    except (NotFound, MissingExtra, UntrustedName) as error:
        raise type(error)(shortened(as_sentence(error), _MESSAGE)) from None
    except Exception as error:  # options that nobody wrote can fail in any way
        said = str(error) if isinstance(error, InvalidOption) else f"{type(error).__name__}: {error}"
        raise InvalidTable(
            f"the table's card describes a space {shortened(name)} that cannot be: {shortened(said, _MESSAGE)}"
        ) from error


def _listed(choices: dict[str, Any], name: str) -> Space:
    for choice, options in choices.items():
        if not isinstance(options, list) or not all(isinstance(o, str | int | float) and o != "" for o in options):
            raise InvalidTable(
                f"the table's card gives no list of texts as the options of choice {shortened(choice)!r}."
            )
    try:
        return Choices(choices, name)
    except InvalidOption as error:
        raise InvalidTable(f"the table's card: {shortened(as_sentence(error), _MESSAGE)}") from error
