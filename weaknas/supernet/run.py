"""The folder of a training run: what was trained, on what, and how far it came.

It holds `run.json` (this module), `supernet.safetensors` (the weights to evaluate), `state.pt` (what a stopped run
goes on from) and `metrics.parquet` (one row every few steps).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

from ..doors import SCHEMES
from ..errors import InvalidCheckpoint, InvalidOption, InvalidTable, NotFound, system_sentence
from ..files import SEAL, verified, write_atomically
from ..spaces import NetworkSpace
from .recorded import are_names, refuse_unsealed, space_of

__all__ = ["METRICS", "STATE", "WEIGHTS", "TrainingRun"]

WEIGHTS = "supernet.safetensors"
STATE = "state.pt"
METRICS = "metrics.parquet"
_FILE = "run.json"
_FORMAT = 1
_KEYS = {"optimisation": "recipe"}  # in the file, where they differ
_FREE = (
    "done",
    "found",
    "versions",
    "read",
    "data",
    "images",
    "weights",
    "weights_digest",
    "steps",
)  # see `differences`


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("weaknas", "torch")}


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and value >= least


def _maybe(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value > 0


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("space", "options", "optimisation", "versions"), (_is_mapping, "values by name")),
    **dict.fromkeys(("scheme", "data"), (_is_text, "a text")),
    **dict.fromkeys(("weights", "images", "weights_digest"), (_maybe(_is_text), "a text or nothing")),
    **dict.fromkeys(("classes", "weights_classes"), (_maybe(are_names), "different names or nothing")),
    "found": (_maybe(_are_texts), "texts or nothing"),
    "held_out": (_is_share, "a share below 1 or a number of images"),
    **dict.fromkeys(("split_seed", "seed", "batch", "done"), (_whole(0), "a whole number from 0")),
    **dict.fromkeys(("image_size", "steps"), (_whole(1), "a whole number from 1")),
}


@dataclass(frozen=True)
class TrainingRun:
    """What a run is.

    Everything but `done`, `found`, `versions` and `read` is fixed when it begins, except that it may go on for more
    steps, and that its images and the weights that it began with may lie elsewhere: their contents tell.

    Attributes:
        space: the recipe of the space, as `weaknas.space` takes it.
        scheme: the name of the training scheme, or `file.py:Class`.
        options: the scheme's options.
        optimisation: the options of the optimiser, the schedule and the augmentation.
        data: the images, an absolute path.
        held_out: how much of the training images is held out; see `open_images`.
        split_seed: of the split into training and held-out images.
        image_size: height and width of the training images.
        batch: images a step, of all processes together.
        steps: how many steps it is to take.
        weights: the file or run of the supernet whose weights it begins with, an absolute path; random ones without.
        seed: of the weights, the order of the images, the augmentation and the architectures drawn.
        classes: the names of the classes; None in runs of older versions, as for the next one.
        images: a digest of names, sizes and classes of the training images; see `ImageSplit.outline`.
        weights_digest: a digest of the contents of `weights`.
        weights_classes: the names of their classes, where they do not say so themselves.
        done: steps taken.
        found: the texts of the architectures that a finished run found, the best first; None if it searched for none.
        versions: of the packages that wrote it.
        read: whether it was read from a file: what it names then runs no code.

    Raises:
        InvalidOption: a value cannot be used.
    """

    space: Mapping[str, Any]
    scheme: str
    options: Mapping[str, Any]
    optimisation: Mapping[str, Any]
    data: str
    held_out: float
    split_seed: int
    image_size: int
    batch: int
    steps: int
    seed: int
    weights: str | None = None
    classes: tuple[str, ...] | None = None
    images: str | None = None
    weights_digest: str | None = None
    weights_classes: tuple[str, ...] | None = None
    done: int = 0
    found: tuple[str, ...] | None = None
    versions: Mapping[str, str] = field(default_factory=_versions)
    read: bool = False

    def __post_init__(self) -> None:
        """Check the values."""
        for name, (check, what) in _CHECKS.items():
            if not check(value := getattr(self, name)):
                raise InvalidOption(f"{name.replace('_', ' ')} of a training run is {what}, not {value!r:.60}.")

    def save(self, folder: Path | str) -> None:
        """Write `run.json` into the folder of the run, all of it or nothing, with a checksum in it."""
        content = {_KEYS.get(name, name): value for name, value in asdict(self).items() if name != "read"}
        text = json.dumps({"format": _FORMAT, **content, "seal": SEAL}, indent=1)
        write_atomically(
            Path(folder) / _FILE, lambda part: part.write_text(text + "\n", encoding="utf-8"), sealed=True
        )

    @classmethod
    def load(cls, folder: Path | str) -> "TrainingRun":
        """Read the `run.json` of a folder.

        Raises:
            NotFound: the folder holds none.
            InvalidCheckpoint: it is damaged or of another version.
        """
        path = Path(folder) / _FILE
        if not path.is_file():
            raise NotFound(f"there is no training run in {folder}: it has no {_FILE}.")
        try:
            content = json.loads(verified(path))
            found = content.pop("format")
            refuse_unsealed(content)
            content.pop("seal", None)
        except InvalidTable as error:
            raise InvalidCheckpoint(str(error)) from None
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError, OSError) as error:
            raise InvalidCheckpoint(
                f"{path} is damaged, or no description of a training run ({system_sentence(error)}); restore it."
            ) from None
        keys = {_KEYS.get(one.name, one.name): one for one in fields(cls) if one.name != "read"}
        needed = {key for key, one in keys.items() if one.default is MISSING and one.default_factory is MISSING}
        if found != _FORMAT or not needed <= content.keys() <= keys.keys():
            raise InvalidCheckpoint(f"{path} was not written by this version of weaknas (format {found!r:.60}).")
        try:
            run = cls(**{keys[key].name: value for key, value in content.items()}, read=True)
            run.make_space()
        except ValueError as error:
            raise InvalidCheckpoint(f"{path} describes no training run: {error}") from None
        return run

    def make_space(self) -> NetworkSpace:
        """Return the space.

        Raises:
            WeaknasError: there is no such space of mobile networks.
        """
        return space_of(self.space)

    def differences(self, other: "TrainingRun") -> list[str]:
        """Return what keeps a run from going on as `other`, in words.

        Images and weights are told by their contents, by their paths where a run of an older version noted no digest.
        Options of the scheme that an older version did not have are as they are by default.
        """
        mine, theirs = (json.loads(json.dumps(asdict(run))) for run in (self, other))
        if self.scheme == other.scheme:
            mine["options"] = {**_defaults(other.scheme, theirs["options"]), **mine["options"]}
        spaces = mine.pop("space"), theirs.pop("space")
        names = [space.get("table", {}).get("name", space["space"]) for space in spaces]
        if names[0] != names[1]:
            return [f"the space {names[0]} instead of {names[1]}"]
        if spaces[0] != spaces[1]:
            return [f"another space, also named {names[0]}"]
        fixed = [name for name in mine if name not in _FREE]
        if self.classes is None or other.classes is None:
            fixed.remove("classes")
        for place, digest in (("data", "images"), ("weights", "weights_digest")):
            told = mine[digest] is not None and theirs[digest] is not None
            if mine[place] != theirs[place] and not told:
                fixed.append(place)
            elif told and mine[digest] != theirs[digest]:
                return [f"other {'images' if place == 'data' else place} than those in {theirs[place]}"]
        if theirs["steps"] < max(mine["steps"], mine["done"]):
            fixed.append("steps")
        return [f"{name} {mine[name]!r} instead of {theirs[name]!r}" for name in fixed if mine[name] != theirs[name]]


def _defaults(scheme: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some options that a scheme has by default."""
    made = SCHEMES.load(scheme)
    plain = {one.name: one.default for one in fields(made)} if is_dataclass(made) else {}
    return {name: value for name, value in options.items() if name in plain and plain[name] == value}
