"""Opening what can be evaluated: a training run, a file of our weights, or weights that others released."""

import re
from pathlib import Path
from typing import NamedTuple

from ..errors import InvalidOption, NotFound
from ..spaces import Batch, NetworkSpace, Space
from .checkpoints import load
from .classes import read_names
from .data import Images, open_images
from .measured import measured
from .mobile.released import open_released
from .run import WEIGHTS, TrainingRun
from .subnet import SubNet
from .supernet import Supernet

__all__ = ["Opened", "open_both", "open_network", "open_supernet", "part_of", "row_of", "space_at", "weights_file"]

HELD_OUT = 10_000
"""Training images of ImageNet that are held out where a run does not say otherwise (Cai et al., ICLR 2020)."""


def weights_file(source: Path | str) -> Path:
    """Return the file of weights of a run's folder, or the file itself."""
    path = Path(source)
    return path / WEIGHTS if path.is_dir() else path


def open_network(source: Path | str, resolution: int | None = None) -> Supernet | SubNet:
    """Return what a run's folder, a `.safetensors` file of ours, or released weights hold, in evaluation mode.

    Args:
        source: the folder or file.
        resolution: see `open_released`.

    Raises:
        NotFound: there is nothing there.
        InvalidCheckpoint: the weights are damaged, or nothing that is known.
    """
    path = weights_file(source)
    return load(path).net if path.suffix == ".safetensors" else open_released(path, resolution).eval()


def open_supernet(source: Path | str, resolution: int | None = None) -> Supernet:
    """Return what `open_network` does, if it is a supernet.

    Raises:
        NotFound: there is nothing there.
        InvalidCheckpoint: the weights are damaged, or nothing that is known.
        InvalidOption: they are those of a single architecture.
    """
    net = open_network(source, resolution)
    if not isinstance(net, Supernet):
        path = weights_file(source)
        raise InvalidOption(f"{path} is a single architecture, not a supernet; try weaknas validate {path}.")
    return net


class Opened(NamedTuple):
    """What can be evaluated, and on what.

    Attributes:
        supernet: the weights; the names of their classes are those of the file, or those that the user gave.
        images: the images.
        run: the training run that they are of, if there is one.
        released: whether others released the weights.
    """

    supernet: Supernet
    images: Images
    run: TrainingRun | None
    released: bool

    @property
    def image_size(self) -> int | None:
        """The side of the images that a run was trained on."""
        return self.run.image_size if self.run else None


def open_both(
    source: Path | str,
    *,
    data: Path | str | None = None,
    held_out: float | None = None,
    resolution: int | None = None,
    classes: Path | str | None = None,
) -> Opened:
    """Return the supernet and the images of a run, or of weights and images.

    Args:
        source: as for `open_supernet`.
        data: the images; those of the run by default.
        held_out: how much of the training images is held out; as the run did by default, else 10,000 images.
        resolution: see `open_released`.
        classes: a file with the names of the network's classes, one a line in the order of its outputs, for weights
            that do not name them.

    Raises:
        NotFound: there is nothing at one of the places.
        InvalidCheckpoint: the weights, or the description of the run, are damaged.
        InvalidImages: the images are damaged.
        InvalidOption: no images are named, or an option cannot be used.
    """
    if not Path(source).exists():
        raise NotFound(f"there is no training run or file of weights at {source}.")
    run = TrainingRun.load(source) if Path(source).is_dir() else None
    if data is None and run is None:
        raise InvalidOption(f"{source} does not say which images it is of; name them (--data, or benchmark.data=).")
    if data is None and run is not None and not Path(run.data).exists():
        raise NotFound(
            f"{source} was trained on images at {run.data}, where there are none now; say where they are (--data, or "
            "benchmark.data=)."
        )
    supernet = open_supernet(source, resolution)
    if classes is not None:
        supernet.class_names = read_names(classes)
    images = open_images(
        data or (run.data if run else ""),
        held_out=held_out if held_out is not None else run.held_out if run else HELD_OUT,
        seed=run.split_seed if run else 0,
    )
    return Opened(supernet, images, run, weights_file(source).suffix != ".safetensors")


def space_at(space: NetworkSpace, resolution: int | None) -> Space:
    """Return the architectures of one resolution, all of them where none is named.

    Raises:
        InvalidOption: the space does not have it.
    """
    if resolution is None:
        return space
    if resolution not in space.sides:
        said = " or ".join(map(str, space.sides))
        raise InvalidOption(f"{space.name} has the resolution {said}, not {resolution}.")
    return space if len(space.sides) == 1 else space.narrow({"r": [resolution]})


def part_of(space: NetworkSpace, resolution: int | None, table: Path | str | None) -> Space:
    """Return the architectures of one resolution, and of a table of measured numbers, where they are named.

    Raises:
        WeaknasError: there is no such resolution or table; see `space_at` and `measured`.
    """
    part = space_at(space, resolution)
    return part if table is None else measured(table, space, part)


def row_of(space: NetworkSpace, arch: str, resolution: int | None = None) -> Batch:
    """Return the row of a text or published name, at another resolution where one is named.

    Raises:
        InvalidArchitecture: it is not in the space.
        InvalidOption: the space does not have the resolution.
    """
    text = space.published.get(arch, arch)
    if resolution is not None:
        space_at(space, resolution)
        text = re.sub(r"^r\d+", f"r{resolution}", text)
    return space.from_str([text])
