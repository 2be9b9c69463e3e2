"""What each process of test_processes.py does: `torchrun` starts it; see there."""

import os
import sys
from pathlib import Path

import torch

from weaknas.supernet.data import open_images
from weaknas.supernet.run import TrainingRun
from weaknas.supernet.training.processes import Processes
from weaknas.supernet.training.trainer import Trainer


def take_steps(run: TrainingRun, processes: Processes, statistics: bool) -> Trainer:
    """Take three steps on this process's part of batches of 16, with its own batch-norm statistics or fixed ones."""
    trainer = Trainer(run, open_images(run.data, held_out=run.held_out), processes)
    if not statistics:
        for module in trainer.supernet.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eval()
    for number in range(3):
        generator = torch.Generator().manual_seed(number)
        images = torch.randint(0, 256, (16, 3, 12, 12), dtype=torch.uint8, generator=generator)
        labels = torch.randint(0, 4, (16,), generator=generator)
        share = slice(processes.rank * 16 // processes.count, (processes.rank + 1) * 16 // processes.count)
        trainer.step((images[share], labels[share]))
    return trainer


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    run = TrainingRun.load(folder)
    found = {
        mode: take_steps(run, Processes("cpu"), mode == "own").supernet.state_dict() for mode in ("frozen", "own")
    }
    torch.save(found, folder / f"rank{os.environ['RANK']}.pt")
