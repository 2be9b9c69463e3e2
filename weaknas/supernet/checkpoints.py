"""Weights in files of our own: safetensors that say what they are of."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from ..errors import InvalidCheckpoint, InvalidTable, NotFound, system_sentence
from ..files import SEAL, verified, write_atomically
from ..spaces import NetworkSpace
from .recorded import are_names, refuse_unsealed, space_of
from .subnet import SubNet
from .supernet import Supernet, make_supernet

__all__ = ["Checkpoint", "load", "load_into", "refuse_difference", "save"]

_FORMAT = 1


class Checkpoint(NamedTuple):
    """What a file holds.

    Attributes:
        net: the network, with the weights of the file, in evaluation mode.
        space: the space it is of.
        notes: what was noted with it.
    """

    net: Supernet | SubNet
    space: NetworkSpace
    notes: dict[str, Any]


def save(net: Supernet | SubNet, path: Path | str, notes: Mapping[str, Any] | None = None) -> None:
    """Write a supernet or an extracted network, all of it or nothing.

    The file says of which space it is, of which architecture and classes, and by which versions it was written; a
    checksum in it tells whether it was altered.

    Args:
        net: the network.
        path: the file, by custom `.safetensors`.
        notes: anything else to keep, as JSON has it.
    """
    about = {
        "format": _FORMAT,
        "space": net.space.recipe,
        "arch": net.arch if isinstance(net, SubNet) else None,
        "classes": None if net.class_names is None else list(net.class_names),
        "versions": {name: version(name) for name in ("weaknas", "torch")},
        "notes": dict(notes or {}),
        "seal": SEAL,
    }
    # Copies, because modules may share their weights, which the format does not.
    packed = torch.contiguous_format
    tensors = {name: value.detach().cpu().clone(memory_format=packed) for name, value in net.state_dict().items()}
    # Bytes first: of a full disk Python tells more than the library does.
    content = to_bytes(tensors, {"weaknas": json.dumps(about)})
    write_atomically(Path(path), lambda part: part.write_bytes(content), sealed=True)


def load(path: Path | str) -> Checkpoint:
    """Return the network that a file holds.

    Raises:
        NotFound: there is no such file.
        InvalidCheckpoint: the file is damaged, not ours, or does not hold the weights that it should.
    """
    about, tensors = _read(Path(path))
    try:
        space = space_of(about["space"])
        with torch.device("meta"):
            supernet = make_supernet(space)
            net = supernet if about["arch"] is None else supernet.subnet(space.from_str([about["arch"]]))
    except (ValueError, TypeError) as error:
        raise InvalidCheckpoint(f"{path} names no network that can be built: {error}") from None
    refuse_difference(net, tensors, str(path))
    net.load_state_dict(tensors, assign=True)
    net.class_names = _class_names(about, space, path)
    return Checkpoint(net.eval(), space, about["notes"])


def load_into(supernet: Supernet, path: Path | str) -> dict[str, Any]:
    """Give a supernet the weights of a file, and return what was noted with them.

    Raises:
        NotFound: there is no such file.
        InvalidCheckpoint: the file is damaged, not ours, or of another space.
    """
    about, tensors = _read(Path(path))
    mine = json.loads(json.dumps(supernet.space.recipe))
    if about["space"] != mine or about["arch"] is not None:
        how = _differences(about["space"], mine) if about["arch"] is None else f"the architecture {about['arch']}"
        raise InvalidCheckpoint(f"{path} holds no supernet of {supernet.space.name}: it has {how}.")
    refuse_difference(supernet, tensors, str(path))
    supernet.load_state_dict(tensors)
    supernet.class_names = _class_names(about, supernet.space, path)
    notes: dict[str, Any] = about["notes"]
    return notes


def _differences(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> str:
    """Return in words how the recipes of two spaces differ."""
    first, second = ({**recipe, **recipe.get("table", {})} for recipe in (theirs, mine))
    names = [name for name in {**first, **second} if name != "table" and first.get(name) != second.get(name)]
    return " and ".join(f"{name} {first.get(name)!r}, not {second.get(name)!r}" for name in names)


def refuse_difference(net: nn.Module, tensors: Mapping[str, Tensor], source: str) -> None:
    """Compare names and shapes with those that a network needs.

    Raises:
        InvalidCheckpoint: some are missing, left over or of another shape; the message names them.
    """
    expected = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    problems = {
        "lacks": sorted(expected.keys() - shapes.keys()),
        "has besides": sorted(shapes.keys() - expected.keys()),
        "has of another shape": [
            f"{name} {shapes[name]} instead of {shape}"
            for name, shape in expected.items()
            if shapes.get(name, shape) != shape
        ],
    }
    said = [f"{verb} {_few(names)}" for verb, names in problems.items() if names]
    if said:
        raise InvalidCheckpoint(f"{source} does not hold the weights of this network: it {'; it '.join(said)}.")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _class_names(about: Mapping[str, Any], space: NetworkSpace, path: Path | str) -> tuple[str, ...] | None:
    names = about.get("classes")  # of older versions there are none
    if names is None:
        return None
    if not are_names(names) or len(names) != space.classes:
        raise InvalidCheckpoint(f"{path} does not name {space.classes} classes; it was altered or damaged.")
    return tuple(names)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return what a file says of itself, and its tensors."""
    if not path.is_file():
        raise NotFound(f"there is no checkpoint {path}.")
    try:
        verified(path)
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("weaknas", "{}"))
            # Copies, because a tensor in a file can begin at any byte and is then slower.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - not a mapping
    except InvalidTable as error:
        raise InvalidCheckpoint(str(error)) from None
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise InvalidCheckpoint(
            f"{path} is damaged, or not in the safetensors format: {system_sentence(error)}."
        ) from None
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        found = about.get("format") if isinstance(about, dict) else None
        raise InvalidCheckpoint(f"{path} was not written by this version of weaknas (format {found}, not {_FORMAT}).")
    known = {"format", "space", "arch", "classes", "versions", "notes", "seal"}
    if not {"space", "arch", "notes"} <= about.keys() <= known or not isinstance(about["notes"], dict):
        raise InvalidCheckpoint(f"{path} does not say what its weights are of; it was altered or damaged.")
    try:
        refuse_unsealed(about)
    except InvalidCheckpoint as error:
        raise InvalidCheckpoint(f"{path} was altered or damaged: {error}") from None
    return about, tensors
