"""What files say of networks and runs, looked at before it is believed: names in them run and open nothing."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..doors import SPACES, names_from_data
from ..errors import InvalidCheckpoint, PluginError, UntrustedName
from ..files import SEAL
from ..spaces import NetworkSpace

__all__ = ["are_names", "refuse_unsealed", "space_of", "with_classes"]


def are_names(value: Any) -> bool:
    """Return whether a value of JSON is a list of different texts."""
    return (
        isinstance(value, list | tuple)
        and all(isinstance(name, str) for name in value)
        and len(set(value)) == len(value)
    )


def refuse_unsealed(content: Mapping[str, Any]) -> None:
    """Refuse what was written with a seal and has none any more, as after a flip in the seal's own name.

    Raises:
        InvalidCheckpoint: it is so.
    """
    if "seal" in content and not str(content["seal"]).startswith(SEAL.rstrip("0")):
        raise InvalidCheckpoint("its checksum is damaged; restore it.")


def space_of(recipe: Any) -> NetworkSpace:
    """Return the space that a recipe in a file makes.

    Raises:
        UntrustedName: it names a file.
        NotFound: no space has its name.
        InvalidCheckpoint: it is no recipe of a space that has a supernet.
    """
    options = deepcopy(dict(recipe)) if isinstance(recipe, Mapping) else {}
    name = options.pop("space", None)
    if not isinstance(name, str):
        raise InvalidCheckpoint("it says of no space that it is of.")
    if name.endswith(".toml"):
        raise UntrustedName(f"a file does not name another one, as this does with {name!r}.")
    try:
        with names_from_data():
            space = SPACES.create(name, **options)
    except PluginError as error:  # of values that are of no use
        raise InvalidCheckpoint(
            f"the space {name!r} does not take what it says ({error.__cause__ or error})."
        ) from None
    if not isinstance(space, NetworkSpace) or space.supernet is None:
        raise InvalidCheckpoint(f"there is no supernet of {name}.")
    return space


def with_classes(space: NetworkSpace, classes: int) -> NetworkSpace:
    """Return the same space for another number of classes."""
    recipe = deepcopy(dict(space.recipe))
    recipe.get("table", recipe)["classes"] = classes
    return space_of(recipe)
