"""Zero-cost proxies: what one batch of images says of a network that was never trained.

Each function takes any module from `(n, c, h, w)` images to `(n, classes)` logits and leaves it as it was: weights,
gradients, batch-norm statistics and modes. Networks run as in training, by the batch's own statistics, as in the
released codes, but without dropout. More is better. Rectifiers and normalisations are found by the functions of torch
that modules call, so that a network may write `F.relu(x)` where another has a layer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log1p
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.overrides import TorchFunctionMode

__all__ = ["PROXIES", "grad_norm", "jacov", "naswot", "snip", "synflow"]

_RECTIFIERS = {F.relu, F.relu6, F.hardtanh, F.hardswish, F.silu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_}
_NORMALISATIONS = {F.batch_norm, torch.batch_norm}
_FLAT = 1e-5  # added to eigenvalues, as in the released code

Values = dict[str, Tensor]  # parameters, or parameters and buffers, by their names


def synflow(net: nn.Module, images: Tensor) -> float:
    """Return log(1 + S), S the synaptic flow (Tanaka et al., NeurIPS 2020).

    S = sum over weights w of |w dR/dw|, R the sum of the outputs for one image of ones with absolute parameters, as
    Abdelfattah et al. (ICLR 2021) sum it up over a network: of the weights of convolutions and linear layers, without
    batch normalisation, in double precision. The logarithm is what NAS-Bench-Suite-Zero publishes, but for the 1,
    which gives a network through which nothing flows 0.

    Args:
        net: the network.
        images: `(n, c, h, w)`, of which only the shape matters.
    """
    ones = torch.ones_like(images[:1], dtype=torch.double)
    with _as_in_training(net) as (weights, values), _WithoutNormalisation():
        values |= {name: value.double() for name, value in values.items() if value.is_floating_point()}
        values |= {name: values[name].detach().abs().requires_grad_() for name, _ in net.named_parameters()}
        total = functional_call(net, values, (ones,)).sum()
        weights = {name: values[name] for name in weights}
        flow = sum(float((weights[name].detach() * slope).sum()) for name, slope in _slopes(total, weights).items())
    return log1p(float(flow))


def naswot(net: nn.Module, images: Tensor) -> float:
    """Return log det (K + 1), K_ij the number of units in which images i and j agree (Mellor et al., ICML 2021).

    A unit is an output of a rectifier, and images agree in it where its input is positive for both or for neither.
    That the identity is added is our own: it keeps the determinant positive where images agree in all units, and is
    next to nothing beside the thousands of units of a network. Activations without a kink, such as Swish, count by the
    sign of their input, too.

    Args:
        net: the network.
        images: `(n, c, h, w)`.
    """
    with _as_in_training(net) as (_, values), torch.no_grad(), _Agreement(len(images)) as agreement:
        functional_call(net, values, (images,))
    return float(torch.linalg.slogdet(agreement.units.cpu() + torch.eye(len(images))).logabsdet)


def jacov(net: nn.Module, images: Tensor) -> float:
    """Return the score of the correlations of input Jacobians (Mellor et al., arXiv 2006.04647, version 1).

    S = -sum over i of log(v_i + k) + 1 / (v_i + k), v the eigenvalues of the `(n, n)` correlations between the
    gradients of the images' summed logits, k = 1e-5. An image whose gradient is constant says nothing of the others:
    it is taken to correlate with all of them, which is the worst.

    Args:
        net: the network.
        images: `(n, c, h, w)`.
    """
    with _as_in_training(net) as (_, values):
        varied = images.detach().clone().requires_grad_()
        slopes = _slopes(functional_call(net, values, (varied,)).sum(), {"images": varied})["images"]
    rows = slopes.flatten(1).double().cpu()
    rows -= rows.mean(1, keepdim=True)
    lengths = rows.norm(dim=1, keepdim=True)
    rows = torch.where(lengths > 0, rows / lengths, 0)
    correlations = rows @ rows.T
    constant = lengths[:, 0] == 0
    correlations[constant] = correlations[:, constant] = 1
    eigenvalues = torch.linalg.eigvalsh(correlations).clamp(min=0) + _FLAT
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())


def grad_norm(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the sum over layers of the Euclidean norms of the loss's gradients (Abdelfattah et al., ICLR 2021).

    Layers are convolutions and linear layers, the loss is the cross-entropy.

    Args:
        net: the network.
        images: `(n, c, h, w)`.
        labels: `(n,)`.
    """
    return float(sum(slope.norm() for _, slope in _loss_slopes(net, images, labels)))


def snip(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the sum over weights w of |w dL/dw|, L the cross-entropy (Lee et al., ICLR 2019).

    That it is summed over a network, over the weights of its convolutions and linear layers, is of Abdelfattah et al.
    (ICLR 2021).

    Args:
        net: the network.
        images: `(n, c, h, w)`.
        labels: `(n,)`.
    """
    return float(sum((weight * slope).abs().sum() for weight, slope in _loss_slopes(net, images, labels)))


def _loss_slopes(net: nn.Module, images: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return the weights of the layers with the gradients of the cross-entropy."""
    with _as_in_training(net) as (weights, values):
        slopes = _slopes(F.cross_entropy(functional_call(net, values, (images,)), labels), weights)
    return [(weights[name].detach(), slope) for name, slope in slopes.items()]


def _slopes(result: Tensor, values: Values) -> Values:
    """Return the gradients of a result; zero for what it does not depend on."""
    if not result.requires_grad:
        return {name: torch.zeros_like(value) for name, value in values.items()}
    found = torch.autograd.grad(result, list(values.values()), allow_unused=True, materialize_grads=True)
    return dict(zip(values, found, strict=True))


@contextmanager
def _as_in_training(net: nn.Module) -> Iterator[tuple[Values, Values]]:
    """Let a network run as in training; give copies of the weights of its layers, and of all that it holds.

    The weights of layers are the parameters of two dimensions and more: no biases, nothing of normalisations.
    """
    modes = {module: module.training for module in net.modules()}
    values = {name: buffer.clone() for name, buffer in net.named_buffers()}
    values |= {name: parameter.detach().clone().requires_grad_() for name, parameter in net.named_parameters()}
    weights = {name: values[name] for name, parameter in net.named_parameters() if parameter.ndim > 1}
    try:
        for module in modes:
            module.training = not isinstance(module, nn.modules.dropout._DropoutNd)
        with torch.enable_grad():
            yield weights, values
    finally:
        for module, mode in modes.items():
            module.training = mode


class _WithoutNormalisation(TorchFunctionMode):
    """Lets batch normalisation return its input."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return args[0] if func in _NORMALISATIONS else func(*args, **(kwargs or {}))


class _Agreement(TorchFunctionMode):
    """Counts the units of rectifiers in which images agree.

    Args:
        images: how many there are.

    Attributes:
        units: `(n, n)`, of each two images.
    """

    def __init__(self, images: int) -> None:
        super().__init__()
        self.units = torch.zeros(images, images, dtype=torch.double)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _RECTIFIERS:
            signs = (args[0] > 0).flatten(1).float() * 2 - 1
            self.units += (signs @ signs.T + signs.shape[1]).double().cpu() / 2  # agreements less the others, and all
        return func(*args, **(kwargs or {}))


PROXIES: dict[str, Callable[[nn.Module, Tensor, Tensor], float]] = {
    "synflow": lambda net, images, labels: synflow(net, images),
    "naswot": lambda net, images, labels: naswot(net, images),
    "jacov": lambda net, images, labels: jacov(net, images),
    "grad-norm": grad_norm,
    "snip": snip,
}
"""The proxies by name, each of a network, images and labels."""
