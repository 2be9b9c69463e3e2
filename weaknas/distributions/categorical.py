"""Categorical distributions over the options of each choice, or of all choices of a layer together."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Batch, Choice, Cost, NetworkSpace, Rows, Space
from ..spaces.arrays import blocks
from .base import ArchDistribution
from .listed import representatives

__all__ = ["Categorical", "Independent", "LayerJoint", "Uniform"]

_TRIES = 1000
_LARGEST = 10_000
_LEAST = 1e-4
_SPARSE = 1e-4


class Categorical(ArchDistribution):
    """Groups of choices, drawn independently of each other; within a group all choices are drawn together.

    Work is done for all groups at once, on matrices with one row a group and one column a combination of its options,
    filled up to the largest group.

    Args:
        space: the architectures.
        groups: the space's choices, each in one group.

    Attributes:
        logits: `(combinations,)` unnormalised log-probabilities of each group's combinations of options, group by
            group; within a group those of the last choice differ first.
    """

    logits: Tensor
    _columns: Tensor  # (g, m) column of a group's choice in a row; d where the group has fewer choices
    _options: Tensor  # (g, c, m) its option in each combination
    _slots: Tensor  # (combinations, m) the place of that option among all options of the space; their number for none
    _filled: Tensor  # (combinations,) the place of each combination in the flattened (g, c) matrix

    def __init__(self, space: Space, groups: Sequence[Sequence[Choice]]) -> None:
        super().__init__(space)
        self.groups = tuple(tuple(group) for group in groups)
        place = {choice.name: column for column, choice in enumerate(space.choices)}
        first = np.append(0, np.cumsum(space.options))
        shapes = [tuple(len(choice.options) for choice in group) for group in self.groups]
        widest, largest = max(map(len, shapes)), max(map(prod, shapes))
        columns = np.full((len(shapes), widest), len(place))
        options = np.zeros((len(shapes), largest, widest), dtype=np.int8)
        slots = np.full((len(shapes), largest, widest), first[-1])
        for number, (group, shape) in enumerate(zip(self.groups, shapes, strict=True)):
            size, width = prod(shape), len(shape)
            columns[number, :width] = [place[choice.name] for choice in group]
            options[number, :size, :width] = np.indices(shape).reshape(width, -1).T
            slots[number, :size, :width] = first[columns[number, :width]] + options[number, :size, :width]
        filled = np.flatnonzero(np.arange(largest) < np.array([prod(shape) for shape in shapes])[:, None])
        self._host = columns, options, filled  # what is drawn is drawn there
        constants = {"columns": columns, "options": options, "filled": filled}
        constants["slots"] = slots.reshape(-1, widest)[filled]
        for name, values in constants.items():  # they follow from the space: not part of what is saved
            self.register_buffer(f"_{name}", torch.from_numpy(values), persistent=False)

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `(n, d)` valid rows; those that are no architectures are drawn again.

        Of a list (`Rows`) with fewer than one in 10,000 of its space's rows, and where drawing again finds none,
        listed rows are drawn in proportion to their probabilities instead: what drawing again for ever would give.
        """
        if isinstance(self.space, Rows) and self.space.size < _SPARSE * self.space.base.size:
            return self._listed(n, rng)
        table = self._table()
        chances = np.exp(table - table.max(1, keepdims=True)).cumsum(1)
        chances /= chances[:, -1:]  # the last is 1 exactly, and so nothing behind it is drawn
        rows = np.zeros((n, len(self.space.choices)), dtype=np.int8)
        missing = np.arange(n)
        for _ in range(_TRIES):
            if not len(missing):
                return rows
            drawn = self._rows((rng.random((len(missing), len(table), 1)) >= chances).sum(2))
            valid = self.space.is_valid(drawn)
            rows[missing[valid]] = drawn[valid]
            missing = missing[~valid]
        if isinstance(self.space, Rows):
            rows[missing] = self._listed(len(missing), rng)
            return rows
        raise InvalidArchitecture(
            f"hardly any draw is an architecture of {self.space.name}; make the distribution of a space that has more "
            "of the rows that its options make."
        )

    def log_prob(self, batch: ArrayLike) -> Tensor:
        """Return the `(n,)` log-probabilities: in each group, of all combinations that agree where it matters."""
        return self._of_groups(self._fits(self.space.validate(batch))).sum(1)

    def entropy(self) -> Tensor:
        """Return the sum of the groups' entropies."""
        logs = self._log_probs()
        return -(logs.exp() * logs).sum()

    def mode(self) -> Batch:
        """Return the architecture of each group's likeliest combination, the first of equals.

        Of a list (`Rows`) without it, the likeliest listed row.
        """
        rows = self._rows(self._table().argmax(1)[None])
        if not self.space.is_valid(rows).all():
            if isinstance(self.space, Rows):
                return self.space.rows[[self._listed_log_probs().argmax()]]
            raise InvalidArchitecture(
                f"the likeliest options of all choices together are no architecture of {self.space.name}; draw some "
                "and take the one of the largest log_prob."
            )
        return rows

    def weights(self) -> Mapping[str, Tensor]:
        """Return the `(options,)` probabilities of each choice's options by its name."""
        return self._by_choice(self._log_probs().exp())

    def expected_cost(self) -> Cost:
        """Return the expected cost; what is drawn together is reckoned together."""
        if not isinstance(self.space, NetworkSpace):
            raise InvalidOption(f"{self.space.name} does not know its expected cost; only spaces of networks do.")
        return self.space.expected_cost(self._by_group())

    @torch.no_grad()
    def begin_with(self, weights: Mapping[str, ArrayLike]) -> None:
        """Take over the probabilities of another distribution, such as the `weights()` of a cheaper search.

        The logit of a combination is the sum of the log-probabilities of its options. Probabilities are at least
        0.0001 of a uniform one, so that no option is lost for good.

        Args:
            weights: `(options,)` non-negative numbers by the names of choices, in proportion to the probabilities of
                the choice's options; the choices that are missing become uniform.

        Raises:
            InvalidOption: a name that is no choice of the space, or not a finite number from 0 for each of its
                options, or zeros only.
        """
        names = [choice.name for choice in self.space.choices]
        if unknown := sorted(set(weights) - set(names)):
            raise InvalidOption(f"{self.space.name} has no choice {unknown[0]!r} to begin with; it has {names}.")
        parts = []
        for choice in self.space.choices:
            options = len(choice.options)
            part = np.asarray(weights.get(choice.name, np.ones(options)), dtype=np.float64)
            if part.shape != (options,) or not (np.isfinite(part) & (part >= 0)).all() or not part.any():
                raise InvalidOption(
                    f"the choice {choice.name!r} begins with {options} probabilities, one for each option, "
                    f"not {part.tolist()}."
                )
            parts.append(np.log(np.maximum(part / part.sum(), _LEAST / options)))
        self.logits.copy_(self.summed(torch.from_numpy(np.concatenate(parts))))

    def summed(self, values: Tensor) -> Tensor:
        """Return for each combination the sum of `(options of all choices,)` values over its options."""
        return F.pad(values, (0, 1)).to(self._slots.device)[self._slots].sum(1)

    def _table(self) -> NDArray[np.float64]:
        """Return the `(g, c)` logits on the host, minus infinity where there is no combination.

        Probabilities to draw by are made there, so that no device draws otherwise than another.
        """
        _, options, filled = self._host
        table = np.full(options.shape[:2], -np.inf)
        table.flat[filled] = self.logits.detach().double().cpu().numpy()
        return table

    def _fits(self, rows: Batch) -> Tensor:
        """Return `(n, g, c)` which combinations of each group agree with each row where it matters."""
        columns = F.pad(torch.from_numpy(self._meant(rows)), (0, 1), value=-1).to(self._columns.device)
        options = columns[:, self._columns][:, :, None]
        return ((options == self._options) | (options < 0)).all(3)

    def _meant(self, rows: Batch) -> Batch:
        """Return rows with -1 for choices without meaning."""
        return np.where(self.space.matters(rows), rows, np.int8(-1))

    def _of_groups(self, fits: Tensor) -> Tensor:
        """Return `(n, g)` log-probabilities of each group's combinations that fit, together."""
        logs = self._log_probs()
        return torch.where(fits, logs, torch.finfo(logs.dtype).min).logsumexp(2)

    def _listed(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `n` rows of a list, drawn in proportion to their probabilities."""
        logs = self._listed_log_probs()
        chances = np.exp(logs - logs.max()).cumsum()
        return self._list[np.searchsorted(chances / chances[-1], rng.random(n), side="right")]

    @torch.no_grad()
    def _listed_log_probs(self) -> NDArray[np.float64]:
        """Return the `(size,)` log-probabilities of the rows of a list."""
        fits, like = self._patterns
        each: NDArray[np.float64] = self._of_groups(fits.to(self._columns.device)).double().cpu().numpy()
        return each[like, np.arange(len(self.groups))].sum(1)

    @property
    def _list(self) -> Batch:
        assert isinstance(self.space, Rows)
        return self.space.rows

    @cached_property
    def _patterns(self) -> tuple[Tensor, NDArray[np.int32]]:
        """Return what fits a few rows of a list, `(r, g, c)`, and which of these each row is like, `(size, g)`."""
        place = {choice.name: column for column, choice in enumerate(self.space.choices)}
        columns = [np.array([place[choice.name] for choice in group]) for group in self.groups]
        meant = np.concatenate([self._meant(block) for block in blocks(self._list)])
        some, like = representatives(meant, columns)
        return self._fits(self._list[some]).cpu(), like

    def _rows(self, combinations: NDArray[np.int64]) -> Batch:
        """Return `(n, d)` rows from `(n, g)` numbers of combinations, choices without meaning set to 0."""
        columns, options, _ = self._host
        rows = np.zeros((len(combinations), len(self.space.choices) + 1), dtype=np.int8)
        rows[:, columns] = options[np.arange(len(options)), combinations]
        drawn: Batch = rows[:, :-1] * self.space.matters(rows[:, :-1])
        return drawn

    def _matrix(self, values: Tensor) -> Tensor:
        """Return `(combinations,)` values as a matrix `(g, c)`, the least number where there is no combination.

        That number, unlike infinity, has a logarithm, a product with 0 and a gradient that are numbers.
        """
        shape = self._options.shape[:2]
        blank = values.new_full((shape.numel(),), torch.finfo(values.dtype).min)
        return blank.index_copy(0, self._filled, values).view(shape)

    def _log_probs(self) -> Tensor:
        return self._matrix(self.logits).log_softmax(1)

    def _by_choice(self, probs: Tensor) -> dict[str, Tensor]:
        """Return the marginals of `(g, c)` probabilities, by the names of the choices."""
        each = probs.flatten()[self._filled, None].expand(self._slots.shape)
        sizes = self.space.options.tolist()
        marginals = each.new_zeros(sum(sizes) + 1).index_add(0, self._slots.flatten(), each.flatten())
        names = [choice.name for choice in self.space.choices]
        return dict(zip(names, marginals[:-1].split(sizes), strict=True))

    def _by_group(self) -> dict[str | tuple[str, ...], Tensor]:
        """Return the probabilities of each group's combinations, an axis a choice, by the names of its choices."""
        flat = self._log_probs().exp().flatten()[self._filled]
        shapes = [tuple(len(choice.options) for choice in group) for group in self.groups]
        parts = zip(self.groups, shapes, flat.split([prod(shape) for shape in shapes]), strict=True)
        return {
            tuple(choice.name for choice in group) if len(group) > 1 else group[0].name: part.view(shape)
            for group, shape, part in parts
        }


class Uniform(Categorical):
    """Every option of every choice alike, with nothing to learn.

    Where choices may be without meaning, architectures are not drawn alike: a network of two blocks is as likely as
    all of three blocks together.
    """

    def __init__(self, space: Space) -> None:
        super().__init__(space, [[choice] for choice in space.choices])
        self.register_buffer("logits", torch.zeros(len(self._filled)), persistent=False)


class Independent(Categorical):
    """A categorical distribution for each choice, uniform to begin with (PARSEC, Casale et al., 2019)."""

    def __init__(self, space: Space) -> None:
        super().__init__(space, [[choice] for choice in space.choices])
        self.logits = nn.Parameter(torch.zeros(len(self._filled)))


class LayerJoint(Categorical):
    """A categorical distribution for each layer, over all combinations of its choices, uniform to begin with.

    The fine distribution of FP-NAS (Yan et al., CVPR 2021); `from_independent` goes over to it from the coarse one.

    Raises:
        InvalidOption: a layer has more than 10,000 combinations.
    """

    def __init__(self, space: Space) -> None:
        for layer, choices in space.layers.items():
            if (size := prod(len(choice.options) for choice in choices)) > _LARGEST:
                raise InvalidOption(
                    f"layer {layer!r} of {space.name} has {size:,} combinations of options, and a joint distribution "
                    f"takes at most {_LARGEST:,} a layer; take Independent, or fewer options."
                )
        super().__init__(space, list(space.layers.values()))
        self.logits = nn.Parameter(torch.zeros(len(self._filled)))

    @classmethod
    @torch.no_grad()
    def from_independent(cls, independent: Independent) -> Self:
        """Return the same distribution with a probability for each combination, on the same device.

        The logit of a combination is the sum of the log-probabilities of its options.
        """
        joint = cls(independent.space).to(independent.logits)
        joint.logits.copy_(joint.summed(independent._log_probs().flatten()[independent._filled]))
        return joint
