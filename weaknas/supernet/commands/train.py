"""`weaknas supernet train`: train a supernet on images, or go on with a run that was stopped."""

from . import options
from .running import run_training

__all__ = ["train"]


def train(
    space: options.SpaceName,
    data: options.Images,
    scheme: options.SchemeName,
    out: options.Folder,
    weights: options.BeginWith = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    batch: options.ImagesAStep = 256,
    resolution: options.ImageSize = None,
    seed: options.Seed = 0,
    device: options.Device = None,
    option: options.TrainingOptions = None,
) -> None:
    """Train a supernet; the same command goes on with a run that was stopped.

    On several GPUs: torchrun --nproc-per-node GPUS --no-python weaknas supernet train ...
    """
    run_training(
        space,
        data,
        scheme,
        out,
        weights=weights,
        epochs=epochs,
        steps=steps,
        batch=batch,
        resolution=resolution,
        seed=seed,
        device=device,
        option=option,
    )
