"""Parts of networks."""

import torch
from torch import Tensor, nn

__all__ = ["ReadOut", "Standardize", "perceptron"]


class Standardize(nn.Module):
    """Standardise columns by the mean and deviation of `(n, f)` training data; constant columns become 0."""

    mean: Tensor
    factor: Tensor

    def __init__(self, columns: Tensor) -> None:
        super().__init__()
        mean = columns.mean(0)
        std = (columns - mean).square().mean(0).sqrt()
        self.register_buffer("mean", mean)
        self.register_buffer("factor", torch.where(std > 1e-6, 1 / std.clamp(min=1e-6), 0))

    def forward(self, columns: Tensor) -> Tensor:
        """Return the `(m, f)` columns standardised."""
        return (columns - self.mean) * self.factor


class ReadOut(nn.Module):
    """From a graph's state `(n, width)`, and the `(n, r)` columns that come with the graph, to `(n,)` outputs."""

    def __init__(self, width: int, columns: Tensor) -> None:
        super().__init__()
        self.columns = Standardize(columns)
        self.layers = perceptron(width + columns.shape[1], (width,))

    def forward(self, state: Tensor, columns: Tensor) -> Tensor:
        """Return `(n,)` outputs."""
        outputs: Tensor = self.layers(torch.cat([state, self.columns(columns)], 1))
        return outputs


def perceptron(inputs: int, hidden: tuple[int, ...]) -> nn.Sequential:
    """Return hidden layers and a linear one, from `(n, inputs)` to `(n,)`."""
    sizes = (inputs, *hidden)
    layers: list[nn.Module] = []
    for before, width in zip(sizes, hidden, strict=False):
        layers += [nn.Linear(before, width), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 1), nn.Flatten(0))
