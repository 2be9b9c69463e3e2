"""A whole run: from its first step, or from where it was stopped, to its last."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from hashlib import file_digest
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import torch
from torch import Tensor

from ...errors import InvalidCheckpoint, WeaknasError
from ...files import locked
from ...parquet import read_parquet, write_parquet
from ..checkpoints import save
from ..data import Images, ImageSplit, batches, open_images
from ..limits import enough_memory
from ..loading import weights_file
from ..probabilities import write_probabilities
from ..run import METRICS, STATE, WEIGHTS, TrainingRun
from .augment import reading_crop
from .processes import Processes, leads
from .split import split
from .state import read_state, write_state
from .trainer import Trainer

__all__ = ["TrainingProgress", "train"]

_Batch = tuple[Tensor, Tensor]
_LOG = 10  # steps that a row of the metrics is the mean of


class TrainingProgress(NamedTuple):
    """How far a run is.

    Attributes:
        done: steps taken.
        steps: steps in all.
        metrics: the last row of the metrics.
    """

    done: int
    steps: int
    metrics: dict[str, float]


def train(
    run: TrainingRun,
    folder: Path | str,
    *,
    data: Images | None = None,
    device: str = "auto",
    on_step: Callable[[TrainingProgress], object] | None = None,
    save_seconds: float = 120.0,
) -> TrainingRun:
    """Train, or go on with a run that was stopped; on a CPU the result is the same, bit for bit.

    Args:
        run: what to train.
        folder: where the run is kept; made where there is none.
        data: the images of the run, if they are open already.
        device: `cpu`, `cuda` or `auto`.
        on_step: called after every step.
        save_seconds: how often the run is saved, besides at its end.

    Returns:
        The finished run.

    Raises:
        InvalidOption: an option cannot be used.
        InUse: another process trains in the folder.
        InvalidCheckpoint: the folder holds another run, or the weights to begin with are of another space.
        NotFound: there are no images at the path, or no weights to begin with.
        InvalidImages: an image is damaged.
        WeaknasError: a loss is not a number, or memory does not suffice; the run as last saved is kept.
    """
    folder = Path(folder)
    remedy = "give this one a folder of its own"
    with locked(folder, remedy) if leads() else nullcontext():
        kept = TrainingRun.load(folder) if (folder / "run.json").is_file() else None
        if data is None and (kept is None or kept.done < run.steps):
            data = open_images(run.data, held_out=run.held_out, seed=run.split_seed)
        if leads():  # the others believe the first process
            run = _identified(run, data)
            if kept is not None and (different := kept.differences(run)):
                raise InvalidCheckpoint(f"{folder} holds another run, of {'; '.join(different)}; {remedy}.")
        if data is None or (kept is not None and kept.done == run.steps):
            assert kept is not None
            return kept
        return _trained(run, folder, data, Processes(device), kept, on_step, save_seconds)


def _identified(run: TrainingRun, data: Images | None) -> TrainingRun:
    """Return the run with the digests of what it is trained on, and begins with."""
    if data is not None:
        run = replace(run, classes=data.classes, images=data.train.outline)
    if run.weights is not None and (file := weights_file(run.weights)).is_file():
        with file.open("rb") as content:
            run = replace(run, weights_digest=file_digest(content, "sha256").hexdigest())
    return run


def _trained(
    run: TrainingRun,
    folder: Path,
    data: Images,
    processes: Processes,
    kept: TrainingRun | None,
    on_step: Callable[[TrainingProgress], object] | None,
    save_seconds: float,
) -> TrainingRun:
    gpus = [processes.device] if processes.device.type == "cuda" else []
    memory = enough_memory(
        f"{processes.device} has not enough memory for batches of {run.batch // processes.count} images; take "
        f"fewer (--batch), or smaller ones (--resolution); {folder} keeps the run as last saved."
    )
    with memory, torch.random.fork_rng(gpus):
        trainer = Trainer(run, data, processes, begins=kept is None)
        loop = _Loop(trainer, data, folder, save_seconds)
        loop.begin(resumes=kept is not None)
        loop.go(on_step or (lambda progress: None))
    return loop.described()


class _Loop:
    """The steps of a run, and what is written in between."""

    def __init__(self, trainer: Trainer, data: Images, folder: Path, save_seconds: float) -> None:
        self.trainer, self.data, self.folder = trainer, data, folder
        self.run, self.processes = trainer.run, trainer.processes
        self.save_seconds = save_seconds
        self.metrics: list[dict[str, float]] = []
        self.seen: list[dict[str, Tensor | float]] = []
        self.saved = 0

    def begin(self, *, resumes: bool) -> None:
        """Take back the state of a stopped run, or make sure that a new one has a place."""
        if resumes:
            self.trainer.restore(read_state(self.folder / STATE))
            self.metrics = self._past(self.trainer.done)
            self.saved = self.trainer.done
        self.processes.wait()
        for left in self.folder.glob(".*.part") if leads() else ():  # of a process that was killed while it wrote
            left.unlink(missing_ok=True)
        # A run that was killed between its last state and run.json has no step left that would write the latter.
        if leads() and (not resumes or self.trainer.done == self.run.steps):
            self._save()

    def go(self, on_step: Callable[[TrainingProgress], object]) -> None:
        """Take all steps that are left."""
        trainer, steps = self.trainer, self.run.steps
        logged = saved = time.perf_counter()
        row: dict[str, float] = {}
        for batch, arch_batch in self._batches():
            self.seen.append(trainer.step(batch, arch_batch))
            # The clock of the first process decides for all, at the same step.
            now = time.perf_counter()
            if len(self.seen) == _LOG or trainer.done == steps:
                row = self._log(now - logged)
                due = self.processes.mean(torch.tensor(float(now - saved), device=self.processes.device))
                if due > self.save_seconds or trainer.done == steps:
                    saved = now
                    self._save() if leads() else None
                logged = time.perf_counter()
            on_step(TrainingProgress(trainer.done, steps, row))

    def _batches(self) -> Iterator[tuple[_Batch, _Batch | None]]:
        """Yield the batches that are left, each with that of the architecture step after it, if there is one."""
        trainer, seed = self.trainer, self.run.seed
        part, arch_part = split(self.data.train, trainer.scheme, seed)
        batches = self._stream(part, seed, trainer.done)
        arch_batches = None
        if arch_part is not part:
            arch_batches = self._stream(arch_part, seed, sum(map(trainer.searches, range(trainer.done))))
        while trainer.done < self.run.steps:
            batch, arch_batch = next(batches), None
            if trainer.searches(trainer.done):
                arch_batch = batch if arch_batches is None else next(arch_batches)
            yield batch, arch_batch

    def _stream(self, part: ImageSplit, seed: int, first: int) -> Iterator[_Batch]:
        """Yield batches of some images, epoch by epoch, from the batch of a number on."""
        side = self.run.image_size
        crop = None if self.data.side == side else reading_crop(self.trainer.optimisation, side)
        per_epoch = max(len(part) // self.run.batch, 1)  # too large a batch is refused below
        for epoch in count(first // per_epoch):
            skipped = first - epoch * per_epoch if epoch == first // per_epoch else 0
            share = self.processes.share
            pinned = self.processes.device.type == "cuda"
            yield from batches(
                part, self.run.batch, crop=crop, seed=seed, epoch=epoch, first=skipped, share=share, pinned=pinned
            )

    def _log(self, seconds: float) -> dict[str, float]:
        """Add a row to the metrics.

        Raises:
            WeaknasError: a loss or a weight is not a number.
        """
        trainer, device = self.trainer, self.processes.device
        names = sorted({name for seen in self.seen for name in seen})
        means = []
        for name in names:
            values = [
                torch.as_tensor(seen[name], dtype=torch.float32, device=device) for seen in self.seen if name in seen
            ]
            means.append(torch.stack(values).mean())
        row = dict(zip(names, self.processes.mean(torch.stack(means)).tolist(), strict=True))
        wrong = [name for name, value in row.items() if not math.isfinite(value)]
        if wrong or not trainer.is_sound():
            raise WeaknasError(
                f"training stopped: by step {trainer.done} {' and '.join(wrong) or 'the weights'} had values that are "
                f"not finite numbers; {self.folder} keeps the run of step {self.saved}; begin another with a lower "
                "training.learning_rate, or with training.clip."
            )
        row = {
            "step": trainer.done,
            "rate": trainer.weights.rate,
            **row,
            "images_per_second": len(self.seen) * self.run.batch / seconds,
        }
        self.metrics.append(row)
        self.seen = []
        return row

    def _past(self, done: int) -> list[dict[str, float]]:
        """Return the rows of the metrics up to a step."""
        file = self.folder / METRICS
        try:
            metrics = read_parquet(file, "file of metrics", "restore it").to_pandas()
            rows: list[dict[str, float]] = metrics[metrics["step"] <= done].to_dict("records")
        except (WeaknasError, KeyError, TypeError) as error:
            reason = str(error).rstrip(".")
            raise InvalidCheckpoint(
                f"{file}, from which the run would go on, cannot be read ({reason}); begin it anew."
            ) from None
        return rows

    def described(self) -> TrainingRun:
        """Return the run as it stands, with what it found if it is at its end.

        Raises:
            InvalidArchitecture: what it found is not in the space.
        """
        trainer = self.trainer
        found = trainer.scheme.derive() if trainer.done == self.run.steps else None
        texts = None if found is None else tuple(trainer.space.to_str(trainer.space.validate(found)))
        return replace(self.run, done=trainer.done, found=texts)

    def _save(self) -> None:
        """Write the run; `run.json` comes last and vouches for the others.

        Raises:
            WeaknasError: the disk is full, or cannot be written to.
        """
        trainer, folder, run = self.trainer, self.folder, self.described()
        table = pd.DataFrame(self.metrics or {"step": []})
        try:
            write_parquet(folder / METRICS, pa.Table.from_pandas(table, preserve_index=False))
            save(trainer.evaluated, folder / WEIGHTS, {"step": trainer.done})
            write_state(folder / STATE, trainer.state())
            if (weights := trainer.scheme.weights()) is not None:
                write_probabilities(folder, trainer.space, weights)
            run.save(folder)
        except WeaknasError as error:
            said, kept = str(error).rstrip("."), (folder / STATE).is_file()
            then = f"; once it can, the same command goes on from step {self.saved}" if kept else ""
            raise WeaknasError(f"{said}{then}.") from None
        self.saved = trainer.done
