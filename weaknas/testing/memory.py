"""Counting what a training step keeps in memory, without a clock and alike on every machine."""

from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor

__all__ = ["SavedBytes"]


class SavedBytes:
    """Counts, within a `with` block, the bytes of the tensors that are kept for backward passes.

    A tensor that is saved several times at once counts once. Parameters count, since they are saved as others are.

    Attributes:
        peak: the most bytes kept at any time.
    """

    def __init__(self) -> None:
        self.peak = self._now = 0
        self._kept: dict[int, int] = {}  # storages, and how often each is kept
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._pack, _unpack)

    def __enter__(self) -> Self:
        self._hooks.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> Any:
        return self._hooks.__exit__(kind, error, at)

    def _pack(self, tensor: Tensor) -> "_Kept":
        return _Kept(self, tensor)


class _Kept:
    """A saved tensor; its graph lets go of it when that is no longer needed."""

    def __init__(self, counter: SavedBytes, tensor: Tensor) -> None:
        self._counter, self.tensor = counter, tensor
        storage = tensor.untyped_storage()
        self._place, self._bytes = storage.data_ptr(), storage.nbytes()
        kept = counter._kept
        kept[self._place] = kept.get(self._place, 0) + 1
        if kept[self._place] == 1:
            counter._now += self._bytes
            counter.peak = max(counter.peak, counter._now)

    def __del__(self) -> None:
        kept = self._counter._kept
        kept[self._place] -= 1
        if not kept[self._place]:
            del kept[self._place]
            self._counter._now -= self._bytes


def _unpack(kept: _Kept) -> Tensor:
    return kept.tensor
