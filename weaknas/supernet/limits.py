"""What memory and batch normalisation do not allow, in words."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..errors import WeaknasError

__all__ = ["enough_memory", "several_values"]

# What torch and its libraries say of a CPU without memory; for a GPU there is a class of error.
_SAID = ("can't allocate memory", "not enough memory", "bad_alloc", "can't start new thread", "unable to mmap")


@contextmanager
def enough_memory(sentence: str) -> Iterator[None]:
    """Raise a sentence where the memory of the CPU or the GPU is exhausted within the block.

    Raises:
        WeaknasError: it is.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not known and not any(said in str(error) for said in _SAID):
            raise
        raise WeaknasError(sentence) from None


@contextmanager
def several_values(sentence: str) -> Iterator[None]:
    """Raise a sentence where batch normalisation is to take statistics of one value within the block.

    Raises:
        WeaknasError: it is: one image, of which a layer makes a single pixel.
    """
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise WeaknasError(sentence) from None
