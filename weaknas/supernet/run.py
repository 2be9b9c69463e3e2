"""The folder of a training run: what was trained, on what, and how far it came.

It holds `run.json` (this module), `supernet.safetensors` (the weights to evaluate), `state.pt` (what a stopped run
goes on from) and `metrics.parquet` (one row every few steps).
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import InvalidCheckpoint, NotFound
from ..files import write_atomically
from ..spaces import MobileSpace, known

__all__ = ["METRICS", "STATE", "WEIGHTS", "Run"]

WEIGHTS = "supernet.safetensors"
STATE = "state.pt"
METRICS = "metrics.parquet"
_FILE = "run.json"
_FORMAT = 1


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("weaknas", "torch")}


@dataclass(frozen=True)
class Run:
    """What a run is; everything but `done` and `versions` is fixed when it begins.

    Attributes:
        space: the recipe of the space, as `known` takes it.
        scheme: the name of the training scheme.
        options: the scheme's options.
        recipe: the options of the optimiser, the schedule and the augmentation.
        data: the images, an absolute path.
        held_out: how much of the training images is held out; see `open_images`.
        split_seed: of the split into training and held-out images.
        image_size: height and width of the training images.
        batch: images a step, of all processes together.
        steps: how many steps it is to take.
        weights: the file or run of the supernet whose weights it begins with, an absolute path; random ones without.
        seed: of the weights, the order of the images, the augmentation and the architectures drawn.
        done: steps taken.
        versions: of the packages that wrote it.
    """

    space: Mapping[str, Any]
    scheme: str
    options: Mapping[str, Any]
    recipe: Mapping[str, Any]
    data: str
    held_out: float
    split_seed: int
    image_size: int
    batch: int
    steps: int
    seed: int
    weights: str | None = None
    done: int = 0
    versions: Mapping[str, str] = field(default_factory=_versions)

    def save(self, folder: Path | str) -> None:
        """Write `run.json` into the folder of the run, all of it or nothing."""
        text = json.dumps({"format": _FORMAT, **asdict(self)}, indent=1)
        write_atomically(Path(folder) / _FILE, lambda part: part.write_text(text + "\n", encoding="utf-8"))

    @classmethod
    def load(cls, folder: Path | str) -> "Run":
        """Read the `run.json` of a folder.

        Raises:
            NotFound: the folder holds none.
            InvalidCheckpoint: it is damaged or of another version.
        """
        path = Path(folder) / _FILE
        if not path.is_file():
            raise NotFound(f"there is no training run in {folder}: it has no {_FILE}.")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            found = content.pop("format")
        except (ValueError, KeyError, AttributeError):
            raise InvalidCheckpoint(f"{path} is damaged, or no description of a training run.") from None
        needed = {one.name for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING}
        if found != _FORMAT or not needed <= content.keys() <= {one.name for one in fields(cls)}:
            raise InvalidCheckpoint(f"{path} was not written by this version of weaknas (format {found}).")
        return cls(**content)

    def make_space(self) -> MobileSpace:
        """Return the space."""
        recipe = dict(self.space)
        space = known(recipe.pop("space"), **recipe)
        assert isinstance(space, MobileSpace)
        return space

    def differences(self, other: "Run") -> list[str]:
        """Return what is fixed when a run begins and differs between two, in words."""
        mine, theirs = (json.loads(json.dumps(asdict(run))) for run in (self, other))
        spaces = mine.pop("space"), theirs.pop("space")
        names = [space.get("table", {}).get("name", space["space"]) for space in spaces]
        if names[0] != names[1]:
            return [f"the space {names[0]} instead of {names[1]}"]
        if spaces[0] != spaces[1]:
            return [f"another space, also named {names[0]}"]
        return [
            f"{name} {mine[name]!r} instead of {theirs[name]!r}"
            for name in mine
            if name not in ("done", "versions") and mine[name] != theirs[name]
        ]
