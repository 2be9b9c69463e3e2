"""What each process of test_processes.py does: `torchrun` starts it; see there."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from weaknas.supernet.data import open_images
from weaknas.supernet.run import TrainingRun
from weaknas.supernet.training.processes import Processes
from weaknas.supernet.training.trainer import Trainer


def tensors(trainer: Trainer) -> dict[str, Tensor]:
    """Return the tensors of the supernet, and of what the scheme has besides."""
    state = trainer.state()
    modules = [(f"{name}.", module) for name, module in state["modules"].items()]
    return {
        before + name: value for before, part in (("", state["supernet"]), *modules) for name, value in part.items()
    }


def take_steps(run: TrainingRun, processes: Processes, statistics: bool) -> dict[str, Tensor]:
    """Take five steps on this process's part of batches of 16, with its own batch-norm statistics or fixed ones.

    Architecture steps, where the scheme has them, are on the same images.
    """
    trainer = Trainer(run, open_images(run.data, held_out=run.held_out), processes)
    if not statistics:
        for net in (trainer.supernet, *trainer.scheme.modules().values()):
            for module in net.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    module.eval()
    for number in range(5):
        generator = torch.Generator().manual_seed(number)
        images = torch.randint(0, 256, (16, 3, 12, 12), dtype=torch.uint8, generator=generator)
        labels = torch.randint(0, 4, (16,), generator=generator)
        share = slice(processes.rank * 16 // processes.count, (processes.rank + 1) * 16 // processes.count)
        batch = images[share], labels[share]
        trainer.step(batch, batch if trainer.searches(number) else None)
    return tensors(trainer)


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    run = replace(TrainingRun.load(folder), read=False)  # the test names the scheme
    found = {mode: take_steps(run, Processes("cpu"), mode == "own") for mode in ("frozen", "own")}
    torch.save(found, folder / f"rank{os.environ['RANK']}.pt")
