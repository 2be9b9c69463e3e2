"""What a search space is, and what its parts are: those that satisfy a condition, or have some of the options."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..doors import unknown
from ..errors import InvalidArchitecture, InvalidOption
from .arrays import Batch, Index, Keys
from .base import SpaceBase
from .choice import Choice, named
from .constraint import parse
from .cost import Priced
from .diagram import Diagram
from .encodes import Encoder
from .orders import Order

__all__ = ["Filtered", "OptionSubset", "Part", "Space"]


class Space(SpaceBase):
    """Ordered choice points with their options.

    An architecture is a row of `d` small integers, one per choice point; a batch is an `(n, d)` int8 array.
    Every method works on whole batches. Two rows with the same `key` are known to be the same network.
    """

    @property
    def whole(self) -> "Space":
        """The space that this is a part of, itself if it is a part of none; rows mean the same in both."""
        return self

    def free_to_know(self, name: str, batch: Batch) -> NDArray[np.float64]:
        """Return `(n,)` what can be known of architectures without evaluating them: `params`, `macs`.

        Raises:
            InvalidOption: the space does not know it.
        """
        if name not in ("params", "macs") or not isinstance(self, Priced):
            known = "params, macs" if isinstance(self, Priced) else "nothing"
            raise InvalidOption(f"{self.name} does not know {name!r} of its architectures; it knows {known}.")
        values: NDArray[np.int64] = getattr(self.cost(batch), name)
        return values.astype(np.float64)

    def restrict(self, keep: Callable[[Batch], NDArray[np.bool_]], what: str) -> "Space":
        """Return the part of the space for which `keep` holds; see `Filtered`."""
        return Filtered(self, keep, what)

    def where(self, constraint: str) -> "Space":
        """Return the part of the space whose costs satisfy a constraint, such as `macs <= 600e6 and params < 4e6`.

        Raises:
            InvalidOption: the constraint cannot be read, or the space does not know the number it names.
            InvalidArchitecture: no architecture satisfies it.
        """
        conditions = parse(constraint)
        for name, *_ in conditions:
            self.free_to_know(name, self.sample(1, np.random.default_rng(0)))

        def keep(batch: Batch) -> NDArray[np.bool_]:
            kept = np.ones(len(batch), dtype=bool)
            for condition in conditions:
                kept &= condition.holds(self.free_to_know(condition.name, batch))
            return kept

        return self.restrict(keep, constraint)

    def narrow(self, allowed: Mapping[str, Sequence[Any]]) -> "Space":
        """Return the part of the space with only some options, such as `{"k": [5, 7], "d2": [4]}`; see `OptionSubset`.

        The steps of progressive shrinking are such parts. Rows mean the same in the space and in the part.

        Args:
            allowed: options by the name of a choice, or of a kind for all its choices.

        Raises:
            NotFound: there is no such choice or kind.
            InvalidOption: none of a choice's options is allowed.
        """
        return OptionSubset(self, allowed)


class Part(Space):
    """Some of the architectures of a space; a row means the same in the part and in the space.

    What is not of the part alone (keys, encodings, texts, costs) is for the space to say.

    Args:
        space: the space.
        name: of the part; the space's unless given.

    Attributes:
        base: the space.
    """

    def __init__(self, space: Space, name: str | None = None) -> None:
        self.base = space
        self.name = name or space.name
        self.choices = space.choices
        self.default_encoding = space.default_encoding
        self.merges_isomorphs = space.merges_isomorphs

    @property
    def whole(self) -> Space:
        """What the base is a part of."""
        return self.base.whole

    @cached_property
    def recipe(self) -> Mapping[str, Any] | None:
        """What makes the base again."""
        return self.base.recipe

    @property
    def layout(self) -> str:
        """What a row holds, in words."""
        return self.base.layout

    @property
    def orders(self) -> Mapping[str, Order]:
        """How other libraries write rows."""
        return self.base.orders

    @property
    def encoders(self) -> Mapping[str, Encoder]:
        """The base's encodings."""
        return self.base.encoders

    def free_to_know(self, name: str, batch: Batch) -> NDArray[np.float64]:
        """Return what the base knows."""
        return self.base.free_to_know(name, batch)

    def key(self, batch: Batch) -> Keys:
        """Return the base's keys."""
        return self.base.key(batch)

    def code(self, batch: Batch) -> Keys:
        """Return the base's codes."""
        return self.base.code(batch)

    def matters(self, batch: Batch) -> NDArray[np.bool_]:
        """Return what the base says."""
        return self.base.matters(batch)

    def canonical(self, batch: Batch) -> Batch:
        """Return what the base says."""
        return self.base.canonical(batch)

    @cached_property
    def nodes(self) -> Mapping[str, tuple[Choice, ...]]:
        """The base's nodes."""
        return self.base.nodes

    def strongest(self, weights: Mapping[str, ArrayLike]) -> Batch:
        """Return what the base says, if it is in the part."""
        return self.own(self.base.strongest(weights))

    @abstractmethod
    def own(self, batch: Batch) -> Batch:
        """Return rows of the base as rows of the part.

        Raises:
            InvalidArchitecture: one is not in the part.
        """

    def to_str(self, batch: Batch) -> list[str]:
        """Return the text form of each row."""
        return self.base.to_str(batch)

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of the part that texts name."""
        return self.own(self.base.from_str(texts))

    def from_graph(self, matrix: ArrayLike, ops: Iterable[str]) -> Batch:
        """Return the row of the part that a graph describes."""
        return self.own(self.base.from_graph(matrix, ops))

    def to_graph(self, arch: ArrayLike) -> tuple[NDArray[np.int64], list[str]]:
        """Return the graph of `arch`."""
        return self.base.to_graph(arch)

    def diagrams(self, arch: ArrayLike) -> list[Diagram]:
        """Return the cells of `arch`."""
        return self.base.diagrams(arch)


class Filtered(Part):
    """The architectures of `space` for which `keep` holds: a window of MACs, a fixed depth.

    `sample` draws from the space until enough are kept, so the part should not be tiny: a condition that one in a
    thousand architectures satisfies is the limit. `mutate` and `crossover` likewise redraw until the result is kept.

    Args:
        space: the base.
        keep: from a valid `(n, d)` batch to `(n,)` whether each architecture belongs.
        what: the condition in words, for messages, such as `550 to 600 million MACs`.
    """

    def __init__(self, space: Space, keep: Callable[[Batch], NDArray[np.bool_]], what: str) -> None:
        super().__init__(space, f"{space.name} with {what}")
        self.keep = keep
        self.what = f"{space.what} and {what}" if space.what else what

    @property
    def size(self) -> int:
        """The number of rows of the base: how many satisfy the condition is not known."""
        return self.base.size

    def is_valid(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n,)` whether each row is in the base and satisfies the condition."""
        valid = self.base.is_valid(batch)
        valid[valid] = self.keep(batch[valid])
        return valid

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `n` rows drawn independently among those that satisfy the condition.

        Raises:
            InvalidArchitecture: none was found in a hundred thousand draws.
        """
        kept = np.zeros((0, len(self.options)), dtype=np.int8)
        drawn = 0
        while len(kept) < n:
            # What is missing, in the proportion kept so far.
            wanted = (n - len(kept)) * max(drawn, 1) // max(len(kept), 1)
            batch = self.base.sample(min(max(64, wanted), 100_000), rng)
            kept = np.concatenate([kept, batch[self.keep(batch)]])
            drawn += len(batch)
            if not len(kept) and drawn > 100_000:
                raise InvalidArchitecture(f"no architecture of {self.name} was found in {drawn:,} draws.")
        return kept[:n]

    def enumerate(self) -> Batch:
        """Return those of the base's rows that satisfy the condition."""
        rows = self.base.enumerate()
        kept: Batch = rows[self.is_valid(rows)]
        return kept

    def own(self, batch: Batch) -> Batch:
        """Return rows that satisfy the condition."""
        return self.validate(batch)

    def neighbors(self, arch: Batch) -> Batch:
        """Return the neighbours of `arch` (a batch of one) that satisfy the condition."""
        near = self.base.neighbors(arch)
        kept: Batch = near[self.keep(near)]
        return kept

    def _step(self, batch: Batch, rng: np.random.Generator) -> Batch:
        return self.base._step(batch, rng)

    def _settle(self, batch: Batch) -> Batch:
        return self.base._settle(batch)


class OptionSubset(Filtered):
    """The architectures whose options are among those allowed: small kernels only, a fixed depth.

    A choice that has no meaning in an architecture may have any option. Unlike a part by another condition it is
    drawn from directly, however few of the base's architectures it has.

    Args:
        space: the base.
        allowed: options by the name of a choice, or of a kind for all its choices; see `Space.narrow`.
    """

    def __init__(self, space: Space, allowed: Mapping[str, Sequence[Any]]) -> None:
        names = {choice.name for choice in space.choices}
        for name in allowed:
            if name not in names and name not in space.kinds:
                raise unknown("choice", name, {*names, *space.kinds})
        wanted = {name: [named(option) for option in _listed(options)] for name, options in allowed.items()}
        self._masks = [np.ones(len(choice.options), dtype=bool) for choice in space.choices]
        for column, choice in enumerate(space.choices):
            kind = {choice.kind} - names  # a name is of one choice, also where others are of a kind called so
            for name in ({choice.name} | kind) & allowed.keys():
                self._masks[column] &= np.isin(choice.names, wanted[name])
            if not self._masks[column].any():
                raise InvalidOption(
                    f"choice {choice.name!r} of {space.name} has the options {', '.join(choice.names)}, and none of "
                    "them is allowed."
                )
        what = "; ".join(f"{name} in {', '.join(options)}" for name, options in wanted.items())
        super().__init__(space, self._is_allowed, what)

    def _is_allowed(self, batch: Batch) -> NDArray[np.bool_]:
        rows = self.base.canonical(batch)
        fits = np.stack([mask[rows[:, column]] for column, mask in enumerate(self._masks)], axis=1)
        allowed: NDArray[np.bool_] = np.all(fits | ~self.base.matters(rows), axis=1)
        return allowed

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `n` rows drawn independently, each choice from its allowed options, redrawn until they are valid."""

        def draw(missing: Index) -> Batch:
            columns = [rng.choice(np.flatnonzero(mask), len(missing)) for mask in self._masks]
            return self.base.canonical(np.stack(columns, axis=1).astype(np.int8))

        return self._redraw(n, draw)


def _listed(options: Any) -> Sequence[Any]:
    """Return options as a list; a single one, a word too, is one of them."""
    return [options] if isinstance(options, str) or not isinstance(options, Iterable) else list(options)
