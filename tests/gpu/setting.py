"""What all parts share: the device, the sizes, images made of noise, and training for a few steps."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

import weaknas
from weaknas.spaces import NetworkSpace, UserMobile
from weaknas.supernet.data import Images, open_images
from weaknas.supernet.run import METRICS, TrainingRun
from weaknas.supernet.schemes import extremes
from weaknas.supernet.training import train

CLASSES = 10


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        side: of the images, in pixels.
        batch: images a step.
        cell_batch: images a step of a supernet of cells.
        steps: of training, the first third of them to warm up.
        profiled: steps under the profiler.
        images: in all.
        held_out: of them, for evaluation.
        archs: sub-networks that are evaluated.
        resumed: steps of the run that is killed halfway.
        resumed_batch: images in each of them.
        cells: architectures that the builder trains at once.
        epochs: for which it trains them.
        fitted: architectures that a predictor learns from.
        predicted: architectures that it then scores.
        predictors: which ones.
    """

    side: int = 224
    batch: int = 256
    cell_batch: int = 64
    steps: int = 30
    profiled: int = 3
    images: int = 3072
    held_out: int = 1024
    archs: int = 12
    resumed: int = 40
    resumed_batch: int = 64
    cells: int = 32
    epochs: int = 6
    fitted: int = 200
    predicted: int = 2000
    predictors: tuple[str, ...] = ("dagnn", "gcn", "gin", "graph-transformer", "seminas")

    def as_dict(self) -> dict[str, Any]:
        """Return them as JSON has them."""
        return asdict(self)


USEFUL = Sizes()
SMOKE = Sizes(
    side=16,
    batch=4,
    cell_batch=4,
    steps=3,
    profiled=1,
    images=24,
    held_out=8,
    archs=2,
    resumed=20,
    resumed_batch=4,
    cells=1,
    epochs=1,
    fitted=20,
    predicted=20,
    predictors=("gcn",),
)
SMALL = {
    "name": "small",
    "classes": CLASSES,
    "resolution": 16,
    "stem": {"width": 8, "stride": 2},
    "stage": [{"width": [8, 16], "kernel": [3, 5], "expansion": 2, "stride": 2}],
    "head": {"width": 16},
}


class Trained(NamedTuple):
    """What some steps of training took.

    Attributes:
        seconds: a step, without those that warm up.
        peak_gib: the most memory that the device had in use at a time; None on a CPU.
        folder: of the run.
    """

    seconds: float
    peak_gib: float | None
    folder: Path


class Setting:
    """Where it is measured, and at what size.

    Args:
        device: the device.
        sizes: how much.
        folder: for images and runs.
        space: of the supernet; by default one of mobile networks.
    """

    def __init__(self, device: torch.device, sizes: Sizes, folder: Path, space: NetworkSpace | None = None) -> None:
        self.device, self.sizes, self.folder = device, sizes, folder
        mobile = UserMobile(SMALL) if sizes is SMOKE else weaknas.space("attentive-nas", classes=CLASSES)
        self.space = space or mobile
        self._known: dict[str, Trained] = {}

    def of_cells(self, name: str, **options: int) -> "Setting":
        """Return the same for a space of cells, with images of its side."""
        space = weaknas.space(name, classes=CLASSES, **options)
        folder = self.folder / name
        folder.mkdir()
        sizes = replace(self.sizes, side=space.sides[0], batch=self.sizes.cell_batch)
        return Setting(self.device, sizes, folder, space)

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"

    @property
    def card(self) -> str:
        return torch.cuda.get_device_name(self.device) if self.on_gpu else "CPU"

    @property
    def memory_gib(self) -> float | None:
        return torch.cuda.get_device_properties(self.device).total_memory / 2**30 if self.on_gpu else None

    def now(self) -> float:
        """Return the time at which the device has done all that it was given."""
        if self.on_gpu:
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def seconds(self, call: Callable[[], object]) -> float:
        """Return how long a call takes."""
        started = self.now()
        call()
        return self.now() - started

    @cached_property
    def extremes(self) -> tuple[str, str]:
        """The smallest and the largest architecture, as texts."""
        smallest, largest = self.space.to_str(extremes(self.space))
        return smallest, largest

    @cached_property
    def images_file(self) -> Path:
        """Noise in classes, as an `.npz` file."""
        sizes, rng = self.sizes, np.random.default_rng(0)
        path = self.folder / "noise.npz"
        if not path.exists():  # of the process that is started to be killed it does
            pixels = rng.integers(0, 256, (sizes.images, sizes.side, sizes.side, 3), dtype=np.uint8)
            np.savez(path, x=pixels, y=np.arange(sizes.images) % CLASSES)
        return path

    @cached_property
    def images(self) -> Images:
        """The same, opened."""
        return open_images(self.images_file, held_out=self.sizes.held_out)

    def run(
        self, scheme: str, options: Mapping[str, Any], optimisation: Mapping[str, Any], **changed: int
    ) -> TrainingRun:
        """Return a run of training; `changed` are its `batch` and `steps`, where they are not those of the sizes."""
        size = {"batch": self.sizes.batch, "steps": self.sizes.steps, **changed}
        return TrainingRun(
            self.space.recipe,
            scheme,
            options,
            optimisation,
            str(self.images_file),
            self.sizes.held_out,
            split_seed=0,
            image_size=self.sizes.side,
            seed=0,
            **size,
        )

    def trained(
        self,
        scheme: str,
        options: Mapping[str, Any] | None = None,
        on_step: Callable[[Any], object] | None = None,
        batch: int | None = None,
        **optimisation: Any,
    ) -> Trained:
        """Train for some steps, or return what the same steps took before.

        Args:
            scheme: its name.
            options: its options.
            on_step: see `train`; steps that are watched are taken anew.
            batch: images a step; those of the sizes by default.
            optimisation: options of the optimisation.
        """
        key = repr((scheme, options, batch, optimisation))
        if on_step is None and key in self._known:
            return self._known[key]
        folder = Path(mkdtemp(dir=self.folder))
        if self.on_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)
        run = self.run(scheme, options or {}, optimisation, batch=batch or self.sizes.batch)
        train(run, folder, data=self.images, device=str(self.device), on_step=on_step, save_seconds=float("inf"))
        peak = torch.cuda.max_memory_allocated(self.device) / 2**30 if self.on_gpu else None
        rates = pd.read_parquet(folder / METRICS)["images_per_second"]  # a row every ten steps
        steady = rates[1:] if len(rates) > 1 else rates
        self._known[key] = Trained(float((run.batch / steady).mean()), peak, folder)
        return self._known[key]
