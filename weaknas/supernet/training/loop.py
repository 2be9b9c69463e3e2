"""A whole run: from its first step, or from where it was stopped, to its last."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from hashlib import file_digest
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
from ..crops import random_resized
from ..data import Images, batches, open_images
from ..limits import enough_memory
from ..loading import weights_file
from ..run import METRICS, STATE, WEIGHTS, Run
from .processes import Processes, leads
from .state import read_state, write_state
from .trainer import Trainer

__all__ = ["Progress", "train"]

_LOG = 10  # steps that a row of the metrics is the mean of


class Progress(NamedTuple):
    """How far a run is.

    Attributes:
        done: steps taken.
        steps: steps in all.
        losses: the last row of the metrics.
    """

    done: int
    steps: int
    losses: dict[str, float]


def train(
    run: Run,
    folder: Path | str,
    *,
    data: Images | None = None,
    device: str = "auto",
    on_step: Callable[[Progress], object] | None = None,
    save_seconds: float = 120.0,
) -> Run:
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
        kept = Run.load(folder) if (folder / "run.json").is_file() else None
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


def _identified(run: Run, data: Images | None) -> Run:
    """Return the run with the digests of what it is trained on, and begins with."""
    if data is not None:
        run = replace(run, classes=data.classes, images=data.train.outline)
    if run.weights is not None and (file := weights_file(run.weights)).is_file():
        with file.open("rb") as content:
            run = replace(run, weights_digest=file_digest(content, "sha256").hexdigest())
    return run


def _trained(
    run: Run,
    folder: Path,
    data: Images,
    processes: Processes,
    kept: Run | None,
    on_step: Callable[[Progress], object] | None,
    save_seconds: float,
) -> Run:
    gpus = [processes.device] if processes.device.type == "cuda" else []
    memory = enough_memory(
        f"{processes.device} has not enough memory for batches of {run.batch // processes.count} images; take "
        f"fewer (--batch), or smaller ones (--resolution); {folder} keeps the run as last saved."
    )
    with memory, torch.random.fork_rng(gpus):
        trainer = Trainer(run, data, processes)
        loop = _Loop(trainer, data, folder, save_seconds)
        loop.begin(resumes=kept is not None)
        loop.go(on_step or (lambda progress: None))
    return replace(run, done=trainer.done)


class _Loop:
    """The steps of a run, and what is written in between."""

    def __init__(self, trainer: Trainer, data: Images, folder: Path, save_seconds: float) -> None:
        self.trainer, self.data, self.folder = trainer, data, folder
        self.run, self.processes = trainer.run, trainer.processes
        self.save_seconds = save_seconds
        self.metrics: list[dict[str, float]] = []
        self.losses: list[dict[str, Tensor]] = []
        self.saved = 0

    def begin(self, *, resumes: bool) -> None:
        """Take back the state of a stopped run, or make sure that a new one has a place."""
        if resumes:
            self.trainer.restore(read_state(self.folder / STATE))
            self.metrics = self._past(self.trainer.done)
            self.saved = self.trainer.done
        elif self.run.weights is not None:
            self.trainer.begin_with(self.run.weights)
        self.processes.wait()
        for left in self.folder.glob(".*.part") if leads() else ():  # of a process that was killed while it wrote
            left.unlink(missing_ok=True)
        # A run that was killed between its last state and run.json has no step left that would write the latter.
        if leads() and (not resumes or self.trainer.done == self.run.steps):
            self._save()

    def go(self, on_step: Callable[[Progress], object]) -> None:
        """Take all steps that are left."""
        trainer, steps = self.trainer, self.run.steps
        logged = saved = time.perf_counter()
        row: dict[str, float] = {}
        for images, labels in self._batches():
            self.losses.append(trainer.step(images, labels))
            # The clock of the first process decides for all, at the same step.
            now = time.perf_counter()
            if len(self.losses) == _LOG or trainer.done == steps:
                row = self._log(now - logged)
                due = self.processes.mean(torch.tensor(float(now - saved), device=self.processes.device))
                if due > self.save_seconds or trainer.done == steps:
                    saved = now
                    self._save() if leads() else None
                logged = time.perf_counter()
            on_step(Progress(trainer.done, steps, row))

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches that are left, epoch by epoch."""
        run, per_epoch = self.run, len(self.data.train) // self.run.batch
        crop = None if self.data.side == run.image_size else random_resized(run.image_size)
        while self.trainer.done < run.steps:
            epoch, first = divmod(self.trainer.done, max(per_epoch, 1))  # too large a batch is refused below
            for batch in batches(
                self.data.train,
                run.batch,
                crop=crop,
                seed=run.seed,
                epoch=epoch,
                first=first,
                share=self.processes.share,
            ):
                yield batch
                if self.trainer.done == run.steps:
                    return

    def _log(self, seconds: float) -> dict[str, float]:
        """Add a row to the metrics.

        Raises:
            WeaknasError: a loss or a weight is not a number.
        """
        trainer = self.trainer
        names = sorted({name for losses in self.losses for name in losses})
        means = [torch.stack([losses[name] for losses in self.losses if name in losses]).mean() for name in names]
        values = self.processes.mean(torch.stack(means)).tolist()
        if not all(map(math.isfinite, values)) or not trainer.is_sound():
            raise WeaknasError(
                f"training stopped: by step {trainer.done} the loss or the weights were no longer finite numbers; "
                f"{self.folder} keeps the run of step {self.saved}; begin another with a lower "
                "training.learning_rate, or with training.clip."
            )
        row = {
            "step": trainer.done,
            "rate": trainer.optimizer.param_groups[0]["lr"],
            **dict(zip(names, values, strict=True)),
            "images_per_second": len(self.losses) * self.run.batch / seconds,
        }
        self.metrics.append(row)
        self.losses = []
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

    def _save(self) -> None:
        """Write the run; `run.json` comes last and vouches for the others.

        Raises:
            WeaknasError: the disk is full, or cannot be written to.
        """
        trainer, folder = self.trainer, self.folder
        table = pd.DataFrame(self.metrics or {"step": []})
        try:
            write_parquet(folder / METRICS, pa.Table.from_pandas(table, preserve_index=False))
            save(trainer.evaluated, folder / WEIGHTS, {"step": trainer.done})
            write_state(folder / STATE, trainer.state())
            replace(self.run, done=trainer.done).save(folder)
        except WeaknasError as error:
            said, kept = str(error).rstrip("."), (folder / STATE).is_file()
            then = f"; once it can, the same command goes on from step {self.saved}" if kept else ""
            raise WeaknasError(f"{said}{then}.") from None
        self.saved = trainer.done
