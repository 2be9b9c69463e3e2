"""`weaknas supernet train`: train a supernet on images, or go on with a run that was stopped."""

from .running import Request, run_training, with_request

__all__ = ["train"]


@with_request
def train(*, request: Request) -> None:
    """Train a supernet; the same command goes on with a run that was stopped.

    On several GPUs: torchrun --nproc-per-node GPUS --no-python weaknas supernet train ...
    """
    run_training(request)
