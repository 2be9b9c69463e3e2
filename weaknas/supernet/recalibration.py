"""Batch-norm statistics of one architecture, which shared weights cannot keep."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ..errors import InvalidOption

__all__ = ["recalibrate"]


@torch.no_grad()
def recalibrate(net: nn.Module, batches: Iterable[Tensor]) -> None:
    """Set the running statistics of batch normalisation to the exact means over some batches of images.

    Weights stay as they are, and everything but batch normalisation runs as in evaluation. Every batch counts alike,
    so they should have one size.

    Args:
        net: an ordinary module, such as `Supernet.subnet` returns.
        batches: `(n, 3, h, w)` training images, some 2,000 in all (Cai et al., ICLR 2020).

    Raises:
        InvalidOption: there are no batches.
    """
    was_training = net.training
    layers = [module for module in net.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    net.eval()
    for layer in layers:
        layer.reset_running_stats()
        layer.train()
    seen = 0
    try:
        for seen, images in enumerate(batches, 1):
            for layer in layers:
                layer.momentum = 1 / seen  # the mean so far, as None would give, but without waiting for a GPU
            net(images)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        net.train(was_training)
    if not seen:
        raise InvalidOption("recalibration needs at least one batch of images.")
