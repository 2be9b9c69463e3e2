"""Layers whose smaller versions are the first channels, and the centres of the filters, of the largest."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...spaces import Elastic
from ...spaces.elastic import fixed
from ...spaces.mobile.layers import Conv
from ..normalisation import Norm
from ..views import PathView, View
from .plain_layers import conv_norm_act

__all__ = ["ElasticBatchNorm2d", "ElasticConv", "ElasticConv2d", "ElasticLinear", "drop_connect", "make_activation"]

_ACTIVATIONS: dict[str, Callable[..., nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hswish": nn.Hardswish,
    "swish": nn.SiLU,
}


def make_activation(name: str) -> nn.Module:
    """Return the activation of a name."""
    return _ACTIVATIONS[name](inplace=True)


class ElasticConv2d(nn.Conv2d):
    """A convolution of up to `c_in` to `c_out` channels, padded so that only its stride changes the image's size.

    Smaller kernels are the centres of the largest one; with `transform` each size is a learned linear map of the
    centre of the next larger one, shared by all filters (Cai et al., ICLR 2020), in the beginning the identity.

    Args:
        c_in: most input channels.
        c_out: most output channels.
        kernel: its kernel, a number or an elastic one.
        stride: step of the filters.
        depthwise: whether each channel has its own filter; `c_in` is then `c_out`.
        bias: whether there is a bias.
        transform: whether smaller kernels are learned.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: Elastic,
        stride: int = 1,
        *,
        depthwise: bool = False,
        bias: bool = False,
        transform: bool = False,
    ) -> None:
        super().__init__(c_in, c_out, kernel.largest, stride, groups=c_out if depthwise else 1, bias=bias)
        self.kernel = kernel
        self.depthwise = depthwise
        sizes: Sequence[int] = sorted(kernel.distinct.tolist(), reverse=True)
        self._steps = list(pairwise(sizes))
        for larger, smaller in self._steps if transform else ():
            matrix = nn.Parameter(torch.empty(smaller**2, smaller**2))
            if not matrix.is_meta:
                nn.init.eye_(matrix)
            self.register_parameter(f"{larger}to{smaller}_matrix", matrix)
        self.transform = transform

    def filters(self, c_in: int, c_out: int, kernel: int) -> Tensor:
        """Return the `(c_out, c_in, kernel, kernel)` filters of a smaller version."""
        weight = self.weight[:c_out, : 1 if self.depthwise else c_in]
        for larger, smaller in self._steps:
            if larger == kernel:
                break
            cut = (larger - smaller) // 2
            weight = weight[:, :, cut : cut + smaller, cut : cut + smaller]
            if self.transform:
                matrix = getattr(self, f"{larger}to{smaller}_matrix")
                weight = F.linear(weight.flatten(2), matrix).view_as(weight)
        return weight

    def forward(self, x: Tensor, c_out: int, view: View) -> Tensor:  # type: ignore[override]
        """Return `(n, c_out, h, w)` of the first channels."""
        weight = self._blended(x.shape[1], c_out, view)
        bias = None if self.bias is None else self.bias[:c_out]
        padding = weight.shape[-1] // 2
        return F.conv2d(x, weight, bias, self.stride, padding, groups=c_out if self.depthwise else 1)

    def _blended(self, c_in: int, c_out: int, view: View) -> Tensor:
        """Return the filters, a weighted sum of those of several kernels around a common centre in a mixture."""
        options = view.options(self.kernel)
        if [weight for _, weight in options] == [None]:
            return self.filters(c_in, c_out, options[0][0])

        def padded(kernel: int) -> Tensor:
            margin = (self.kernel.largest - kernel) // 2
            return F.pad(self.filters(c_in, c_out, kernel), [margin] * 4)

        weight = view.blend(self.kernel, padded)
        return torch.zeros_like(padded(self.kernel.largest)) if weight is None else weight

    def extract(self, c_in: int, c_out: int, view: PathView) -> nn.Conv2d:
        """Return a plain convolution with the weights of one version."""
        kernel = view.size(self.kernel)
        plain = nn.Conv2d(
            c_in,
            c_out,
            kernel,
            self.stride[0],
            kernel // 2,
            groups=c_out if self.depthwise else 1,
            bias=self.bias is not None,
            **_like(self.weight),
        )
        if self.weight.is_meta:  # there are no weights to copy, as when a file is read
            return plain
        with torch.no_grad():
            plain.weight.copy_(self.filters(c_in, c_out, kernel))
            if plain.bias is not None and self.bias is not None:
                plain.bias.copy_(self.bias[:c_out])
        return plain


class ElasticBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation of the first channels.

    Its running statistics mix those of all architectures that were trained, and mean little: they are estimated again
    for each architecture that is evaluated (`recalibrate`). A momentum of 0 does not keep them at all (AttentiveNAS).
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised `(n, c, h, w)`."""
        c = x.shape[1]
        assert self.num_batches_tracked is not None
        if self.training:
            self.num_batches_tracked.add_(1)
        momentum = self.momentum or 0.0
        wholes: list[Any] = [self.weight, self.bias, self.running_mean, self.running_var]
        if self.training and not momentum:
            wholes[2:] = []  # statistics that are neither read nor kept
        weight, bias, *kept = wholes if c == self.num_features else [whole[:c] for whole in wholes]
        mean, var = kept or (None, None)
        return F.batch_norm(x, mean, var, weight, bias, self.training, momentum, self.eps)

    def extract(self, c: int) -> nn.BatchNorm2d:
        """Return a plain normalisation of the first channels."""
        plain = nn.BatchNorm2d(c, self.eps, self.momentum, **_like(self.weight))
        with torch.no_grad():
            for name, value in plain.state_dict().items():
                source = getattr(self, name)
                value.copy_(source[:c] if source.ndim else source)
        return plain


class ElasticLinear(nn.Linear):
    """A linear layer of the first inputs."""

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, outputs)`."""
        return F.linear(x, self.weight[:, : x.shape[1]], self.bias)

    def extract(self, features: int) -> nn.Linear:
        """Return a plain layer of the first inputs."""
        plain = nn.Linear(features, self.out_features, **_like(self.weight))
        with torch.no_grad():
            plain.weight.copy_(self.weight[:, :features])
            plain.bias.copy_(self.bias)
        return plain


class ElasticConv(nn.Module):
    """Convolution, normalisation and activation, with an elastic number of output channels."""

    def __init__(
        self,
        c_in: Elastic,
        c_out: Elastic,
        kernel: Elastic,
        stride: int = 1,
        *,
        act: str | None = None,
        norm: bool = True,
        bias: bool = False,
        depthwise: bool = False,
        transform: bool = False,
    ) -> None:
        super().__init__()
        self.c_in, self.c_out = c_in, c_out
        self.conv = ElasticConv2d(
            c_in.largest, c_out.largest, kernel, stride, depthwise=depthwise, bias=bias, transform=transform
        )
        self.bn = ElasticBatchNorm2d(c_out.largest) if norm else None
        self.act = make_activation(act) if act else None

    @classmethod
    def of(cls, layer: Conv) -> "ElasticConv":
        """Return the module of a convolution of the network's description."""
        kernel = fixed(layer.kernel)
        return cls(layer.c_in, layer.c_out, kernel, layer.stride, act=layer.act, norm=layer.norm, bias=layer.bias)

    def forward(self, x: Tensor, view: View) -> Tensor:
        """Return `(n, c_out, h, w)`."""
        x = self.conv(x, view.size(self.c_out), view)
        x = x if self.bn is None else self.bn(x)
        x = x if self.act is None else self.act(x)
        return view.mask(x, self.c_out)

    def norms(self) -> tuple[Norm, ...]:
        """Return the normalisation, if there is one."""
        return () if self.bn is None else (Norm(self.bn, self.c_out),)

    def extract(self, view: PathView) -> nn.Sequential:
        """Return the plain layers of one architecture."""
        c_in, c_out = view.size(self.c_in), view.size(self.c_out)
        return conv_norm_act(
            self.conv.extract(c_in, c_out, view),
            None if self.bn is None else self.bn.extract(c_out),
            deepcopy(self.act),
        )


def drop_connect(x: Tensor, rate: float) -> Tensor:
    """Set `(n, c, h, w)` of some samples to zero and scale the others up."""
    keep = torch.rand(len(x), 1, 1, 1, device=x.device, dtype=x.dtype) >= rate
    return x * keep / (1 - rate)


def _like(tensor: Tensor) -> dict[str, Any]:
    return {"device": tensor.device, "dtype": tensor.dtype}
