"""A space in a plain file: `weaknas.space("docs/examples/chain.py:Chain", layers=8)`."""

from collections.abc import Iterable

import numpy as np

from weaknas.errors import InvalidArchitecture
from weaknas.spaces import Choice, Space
from weaknas.spaces.cost import conv_bn

OPS = ("skip", "conv3x3", "conv5x5")


class Chain(Space):
    """Layers one after the other; one that is skipped may as well stand at the end.

    Args:
        layers: how many, at most.
    """

    name = "chain"
    merges_isomorphs = True

    def __init__(self, layers: int = 6) -> None:
        self.choices = tuple(Choice(f"op{layer}", OPS) for layer in range(1, layers + 1))
        self.recipe = {"space": self.name, "layers": layers}

    def is_valid(self, batch):
        return super().is_valid(batch) & (batch != 0).any(axis=1)

    def canonical(self, batch):
        return np.take_along_axis(batch, np.argsort(batch == 0, axis=1, kind="stable"), axis=1)

    def key(self, batch):
        return self.code(self.canonical(self.as_batch(batch)))

    @property
    def encoders(self):
        onehot = super().encoders["onehot"]
        return {"onehot": lambda batch, argument="": onehot(self.canonical(batch))}

    def cost(self, batch):
        counts = [(self.as_batch(batch) == op).sum(axis=1) for op in (1, 2)]
        return conv_bn(16, 16, 3, 32) * counts[0] + conv_bn(16, 16, 5, 32) * counts[1]

    def to_str(self, batch):
        return ["-".join(OPS[op] for op in row if op) for row in self.canonical(self.as_batch(batch)).tolist()]

    def from_str(self, texts: Iterable[str]):
        texts = [texts] if isinstance(texts, str) else texts
        rows = np.zeros((len(texts), len(self.choices)), dtype=np.int8)
        for row, text in zip(rows, texts, strict=True):
            words = text.split("-")
            if not set(words) <= set(OPS[1:]) or len(words) > len(row):
                raise InvalidArchitecture(f"{text!r} is no chain of up to {len(row)} layers, such as conv3x3-conv5x5.")
            row[: len(words)] = [OPS.index(word) for word in words]
        return rows
