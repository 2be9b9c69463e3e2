"""The encoding `arch2vec`: latent features of a graph auto-encoder."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from weaknas.errors import InvalidOption, NotFound
from weaknas.spaces import Batch, Floats, Graphs, Space

from ..networks.training import Minibatches, train
from .autoencoder import AutoEncoder

__all__ = ["Arch2Vec", "graphs_of"]

_LATENT: Final = 16
_SAMPLE: Final = 51_200
_EPOCHS: Final = 6
_BATCH: Final = 128
_LEARNING_RATE: Final = 2e-3  # the highest
_BLOCK: Final = 2_048  # graphs that are encoded at once, of a size for the cache


class Arch2Vec:
    """A variational auto-encoder of the space's graphs, trained without labels (Yan et al., arch2vec, NeurIPS 2020).

    The features of an architecture are the latent means of its vertices: their sum, then the input's, then the
    output's. So isomorphic cells have the same features, but for rounding. `arch2vec:32` asks for 32 numbers a vertex
    and so 96 columns; 16 are usual. A network is trained when its size is first used; `Rows` spaces then keep the
    features on disk.

    What is as published: GIN with 5 layers, 16 numbers a vertex, Gaussian latents with weight 0.005 on their
    divergence, Adam. What differs, so that it trains in about a minute of one core:

    - 64 wide instead of 128, and the latents are read off all layers, not the last alone;
    - edges keep their directions in encoder and decoder (the paper makes the matrix symmetric);
    - 2,400 steps of 128 on 51,200 architectures drawn at random, the step rising to 2e-3 and falling to nothing,
      instead of 8 to 10 epochs of batches of 32 over the whole space with 1e-3;
    - sum, input and output side by side, which tells predictors more than the sum alone (docs/encodings.md).

    Args:
        space: where the architectures come from; it needs the encoding `graph`.

    Raises:
        InvalidOption: the space has no graphs.
    """

    needs: ClassVar[tuple[str, ...]] = ("graph",)
    version: ClassVar = f"1, torch {torch.__version__}"  # goes up when the features change: they are kept on disk

    def __init__(self, space: Space) -> None:
        if not space.has_encoding("graph"):
            raise InvalidOption(
                f"arch2vec learns from graphs, which {space.name} does not have; use another encoding, such as "
                f"{space.default_encoding}."
            )
        self.space = space
        self._networks: dict[int, AutoEncoder] = {}

    def __call__(self, batch: Batch, argument: str = "", /) -> Floats:
        """Return `(n, 3 * latent)` features of `(n, d)` rows.

        Args:
            batch: the architectures.
            argument: numbers a vertex, 16 where it is empty.

        Raises:
            NotFound: the argument is not a positive whole number.
        """
        network = self._network(argument)
        with _repeatable(), torch.inference_mode():
            latents = [_pooled(network.encode(*graphs)[0]) for graphs in self._blocks(batch)]
        features: Floats = np.concatenate([np.zeros((0, 3 * len(network.form)), dtype=np.float32), *latents])
        return features

    def _network(self, argument: str) -> AutoEncoder:
        """Return the network of an argument, trained."""
        if argument and (not argument.isdecimal() or int(argument) < 1):
            raise NotFound(f"arch2vec:{argument} is no encoding; write arch2vec:LATENT with a positive whole number.")
        latent = int(argument or _LATENT)
        if latent not in self._networks:
            sample = self.space.sample(_SAMPLE, np.random.default_rng(0))
            with _repeatable():
                self._networks[latent] = _trained(*graphs_of(self.space, sample), latent)
        return self._networks[latent]

    def _blocks(self, batch: Batch) -> Iterator[tuple[Tensor, Tensor]]:
        """Cut the graphs of rows into blocks."""
        return (graphs_of(self.space, batch[start : start + _BLOCK]) for start in range(0, len(batch), _BLOCK))


def _trained(adjacency: Tensor, kinds: Tensor, latent: int) -> AutoEncoder:
    """Return an auto-encoder trained on graphs."""
    network = AutoEncoder(kinds.shape[-1], latent)
    generator = torch.Generator().manual_seed(0)
    batches = list(Minibatches(len(kinds), _EPOCHS, _BATCH, generator))  # all orders are drawn before the noise
    optimizer = torch.optim.Adam(network.parameters())
    train(
        network,
        lambda rows: network.loss(adjacency[rows], kinds[rows], generator),
        _with_bar(batches),
        optimizer,
        torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=len(batches)),
    )
    return network


def _with_bar(batches: list[Tensor]) -> Iterable[Tensor]:
    """Show the progress on standard error if that is a terminal."""
    console = Console(file=sys.stderr)
    return track(batches, "learning arch2vec", console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def _repeatable() -> Iterator[None]:
    """Compute with one thread and a fixed random state, so that features are repeatable; restore both."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            yield
    finally:
        torch.set_num_threads(threads)


def graphs_of(space: Space, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return `(n, v, v)` edges, clipped to 0 and 1, and `(n, v, k)` kinds."""
    adjacency, kinds = Graphs.unflatten(space.encode(batch, "graph"))
    return torch.tensor(np.minimum(adjacency, 1)), torch.tensor(kinds)


def _pooled(latents: Tensor) -> Floats:
    """Return `(n, 3 * latent)`: the sum of `(n, v, latent)` means, the input's and the output's."""
    pooled: Floats = torch.cat([latents.sum(1), latents[:, 0], latents[:, -1]], 1).numpy()
    return pooled
