"""Batch-norm statistics of one architecture, which shared weights cannot keep."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ..errors import InvalidOption

__all__ = ["recalibrate"]


@torch.no_grad()
def recalibrate(net: nn.Module, batches: Iterable[Tensor], *, population: bool = False) -> None:
    """Set the running statistics of batch normalisation to the exact means over some batches of images.

    Weights stay as they are, and everything but batch normalisation runs as in evaluation. Every batch counts alike,
    so they should have one size.

    Args:
        net: an ordinary module, such as `Supernet.subnet` returns.
        batches: `(n, 3, h, w)` training images, some 2,000 in all (Cai et al., ICLR 2020).
        population: whether the variance of a batch of n values is divided by n, as Once-for-All keeps it, rather than
            by n - 1, as torch and with it AttentiveNAS keeps it.

    Raises:
        InvalidOption: there are no batches.
    """
    was_training = net.training
    layers = [module for module in net.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    net.eval()
    averaged: dict[nn.modules.batchnorm._BatchNorm, int] = {}  # how many values of a channel a batch has
    hooks = [
        layer.register_forward_pre_hook(lambda layer, x: averaged.update({layer: _values(*x)})) for layer in layers
    ]
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
        for layer, momentum, hook in zip(layers, momenta, hooks, strict=True):
            layer.momentum = momentum
            hook.remove()
        net.train(was_training)
    if not seen:
        raise InvalidOption("recalibration needs at least one batch of images.")
    for layer, values in averaged.items() if population else ():
        assert layer.running_var is not None
        layer.running_var.mul_(1 - 1 / values)


def _values(x: Tensor) -> int:
    return x.numel() // x.shape[1]
