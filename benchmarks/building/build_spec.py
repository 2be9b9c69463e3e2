"""What is to be built: which images, recipe and runs, and which architectures in which order."""

from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from weaknas.spaces import Batch, Keys, NasBench201

from .classes import trained_class
from .images import ImageSplits, digits, from_file
from .recipe import Recipe

__all__ = ["DEFAULT_RUNS", "RUNS_PER_BLOCK", "SHARD", "BuildSpec", "first_rows", "representatives"]

RUNS_PER_BLOCK = 3
"""Runs that are trained side by side on a CPU: 0 to 2, 3 to 5 and so on."""

DEFAULT_RUNS = tuple(range(RUNS_PER_BLOCK))
SHARD = 32
"""Architectures of a shard, which a GPU trains at once."""


@dataclass(frozen=True)
class BuildSpec:
    """A benchmark to be built; small, so that it is cheap to send to worker processes.

    Attributes:
        name: of the benchmark and its table.
        file: the user's images; None for scikit-learn's digits.
        runs: the training runs of every architecture, which are seeds.
        device: `cpu`, or a name that torch knows.
        limit: how many architectures, a random sample; None for all.
        recipe: how they are trained.
        indicators: zero-cost proxies to compute of each before it is trained.
    """

    name: str
    file: Path | None = None
    runs: tuple[int, ...] = DEFAULT_RUNS
    device: str = "cpu"
    limit: int | None = None
    recipe: Recipe = field(default_factory=Recipe)
    indicators: tuple[str, ...] = ()

    @property
    def images(self) -> ImageSplits:
        """The images."""
        return _opened(self.file, self.name)

    @property
    def rows(self) -> Batch:
        """The `(n, 6)` architectures to train, in the order of training."""
        return representatives()[: self.limit]

    @property
    def shards(self) -> int:
        """The number of shards."""
        return -(-len(self.rows) // SHARD)

    def shard(self, number: int) -> Batch:
        """Return the architectures of a shard."""
        return self.rows[number * SHARD : (number + 1) * SHARD]

    @property
    def indicator_columns(self) -> dict[str, str]:
        """The indicators by the names of their columns."""
        return {f"zc_{name.replace('-', '_')}": name for name in self.indicators}

    def as_dict(self) -> dict[str, Any]:
        """Return as JSON what the measurements depend on."""
        indicators = {"indicators": list(self.indicators)} if self.indicators else {}
        return {
            "images": self.images.digest,
            "recipe": self.recipe.as_dict(),
            "runs": list(self.runs),
            "device": self.device,
            "torch": version("torch"),
            **indicators,
        }


def representatives() -> Batch:
    """Return the first row of each of the 6,466 classes that are trained, in one random order for all time.

    In random order the first part of a build is a fair sample, and its pace tells when the rest will be done.
    """
    first = _first_rows()[1]
    return first[np.random.default_rng(201).permutation(len(first))]


def first_rows(batch: Batch) -> Batch:
    """Return for each row the first row of its class, which is the one that is trained."""
    keys, first = _first_rows()
    return first[np.searchsorted(keys, trained_class(batch))]


@cache
def _first_rows() -> tuple[Keys, Batch]:
    """The classes, sorted, and the first row of each."""
    rows = NasBench201().enumerate()
    keys, first = np.unique(trained_class(rows), return_index=True)
    return keys, rows[first]


@lru_cache(maxsize=2)
def _opened(file: Path | None, name: str) -> ImageSplits:
    return digits() if file is None else from_file(file, name)
