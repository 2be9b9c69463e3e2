"""Spaces of mobile networks: one description gives the rows, the cost, the text and the encodings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, reduce
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidArchitecture
from ..arrays import Batch, Floats
from ..base import ENUMERABLE
from ..choice import Choice
from ..conditional import Conditional
from ..cost import Cost
from ..elastic import Elastic, Price, lift
from ..encodes import Encoder
from ..networks import NetworkSpace
from ..texts import as_texts, few, one_text
from .conditions import conditions, number_of_networks
from .layers import Block, MobileNetwork

__all__ = ["KINDS", "MobileSpace"]

KINDS: Final = {
    "r": "resolution",
    "w": "widths",
    "d": "depths",
    "b": "kinds of block",
    "k": "kernels",
    "e": "expansions",
    "a": "activations",
    "s": "splits",
}
"""What choices of each kind decide, in the order in which a row has them; other kinds come after these."""

_PER_STAGE: Final = {"d", "k", "e"}  # kinds of which the encoding `counts` has sums and means, not each number


class MobileSpace(Conditional, NetworkSpace):
    """The networks that a description with choices in it stands for.

    A row holds one option number a choice, kind by kind in the order of `KINDS`: `r` resolution, `w` widths, `d`
    depths, `b` kinds of block, `k` kernels, `e` expansions, `a` activations, `s` splits of the attention. The number
    in a choice's name, which is its layer, is the stage (`d2`) or the stage and the block (`k2.1`) that it belongs
    to; the stem is stage 0, and what follows the last stage has the next number. The resolution is a layer by itself.

    A choice may be without meaning, such as the kernel of a block past its stage's depth (`Conditional`).

    Encodings: `onehot` (the options of every choice, all zero where it has no meaning), `ordinal` (the chosen
    numbers, 0 where they have no meaning; words, which have no order, one-hot), `counts` (depth, mean kernel and mean
    expansion of each stage, all other numbers, log parameters and log MACs).

    Args:
        choices: the choices, in any order.
        network: the network, its elastic numbers made of the choices.
        recipe: the options that make the space again, for checkpoints; with its registered name.

    Attributes:
        choices: the choices in the order of a row.
        network: the description.
    """

    supernet = "weaknas.supernet.mobile.supernet:MobileSupernet"
    recipe: dict[str, Any]

    def __init__(self, choices: Sequence[Choice], network: MobileNetwork, recipe: Mapping[str, Any]) -> None:
        kinds = list(dict.fromkeys([*KINDS, *(choice.kind for choice in choices)]))
        self.choices = tuple(sorted(choices, key=lambda choice: kinds.index(choice.kind)))
        self.network = network
        self.recipe = {"space": self.name, **recipe}
        self.title = getattr(self, "title", f"the space {self.name}")

    @property
    def classes(self) -> int:
        """Outputs of the networks' classifier."""
        return self.network.classes

    @property
    def sides(self) -> tuple[int, ...]:
        """The resolutions, the smallest first."""
        return tuple(self.network.resolution.distinct.tolist())

    @property
    def layout(self) -> str:
        """What a row holds, in words."""
        return f"an option number for each of {few([choice.name for choice in self.choices])}"

    # -- which choices have a meaning -----------------------------------------------------------------

    @cached_property
    def _matters(self) -> dict[str, Elastic]:
        return conditions(self.network, self.choices)

    def matters(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n, d)` which choices have a meaning in each row."""
        picked = self.picked(batch)
        columns = [np.broadcast_to(self._matters[choice.name].at(picked), len(batch)) for choice in self.choices]
        return np.stack(columns, axis=1)

    @property
    def size(self) -> int:
        """The number of different architectures."""
        return number_of_networks(self.choices, self._matters)

    def enumerate(self) -> Batch:
        """Return every different architecture, in mixed-radix order.

        Raises:
            InvalidArchitecture: the space has more than `ENUMERABLE` architectures.
        """
        if self.size > ENUMERABLE:
            raise InvalidArchitecture(
                f"{self.name} has more than {ENUMERABLE:,} architectures, too many to enumerate."
            )
        rows = np.zeros((1, len(self.choices)), dtype=np.int8)
        governing_first = sorted(range(len(self.choices)), key=lambda c: bool(self._matters_at(c).choices))
        for column in governing_first:
            matters = self._matters_at(column).at(self.picked(rows))
            repeats = np.broadcast_to(np.where(matters, self.options[column], 1), len(rows))
            rows = np.repeat(rows, repeats, axis=0)
            rows[:, column] = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        return rows[np.lexsort(rows.T[::-1])]

    def _matters_at(self, column: int) -> Elastic:
        return self._matters[self.choices[column].name]

    # -- text -----------------------------------------------------------------------------------------

    def to_str(self, batch: Batch) -> list[str]:
        """Return such as `r160;d4,3;k3,5,...`; a choice without meaning as its first option."""
        named = [choice.names for choice in self.choices]
        texts = []
        for row in self.canonical(self.as_batch(batch)).tolist():
            words = (names[option] for names, option in zip(named, row, strict=True))
            parts = (kind + ",".join(islice(words, len(choices))) for kind, choices in self.kinds.items())
            texts.append(";".join(parts))
        return texts

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of texts and published names; what a text says of choices without meaning is not kept."""
        rows = [self._row(text) for text in as_texts(texts)]
        return self.canonical(np.array(rows, dtype=np.int8).reshape(-1, len(self.options)))

    def _row(self, text: object) -> list[int]:
        full = self.published.get(text, text) if isinstance(text, str) else ""
        parts = full.split(";")
        try:
            words = []
            for kind, part in zip(self.kinds, parts, strict=True):
                words += part.removeprefix(kind).split(",") if part.startswith(kind) else [""]
            return [choice.names.index(word) for choice, word in zip(self.choices, words, strict=True)]
        except ValueError:
            if full and full != text:
                raise InvalidArchitecture(
                    f"{text} is {full}, and {self.title} as made here has not all of these options; give it them."
                ) from None
            form = (f"{kind}({len(found)} of {found[0].names[0]}, ...)" for kind, found in self.kinds.items())
            raise one_text(self.title, text, ";".join(form)) from None

    # -- cost and features ----------------------------------------------------------------------------

    @cached_property
    def prices(self) -> list[Price]:
        """Elastic parameters and MACs of the parts of the network: stem, blocks, head."""
        return self.network.prices()

    def cost(self, batch: Batch) -> Cost:
        """Return parameters (of the sub-network, kernel transforms not counted) and MACs at its resolution."""
        picked = self.picked(self.as_batch(batch))
        total = Cost(np.zeros(len(batch), dtype=np.int64), np.zeros(len(batch), dtype=np.int64))
        for price in self.prices:
            total += price.at(picked)
        return total

    def expected_cost(self, weights: Mapping[Any, Any]) -> Cost:
        """Return expected parameters and MACs of networks drawn at random (FBNetV2's effective shapes)."""
        return reduce(Cost.__add__, (price.mean(weights) for price in self.prices))

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {"onehot": self._meant_onehot, "ordinal": self._ordinal, "counts": self._counts}

    def _ordinal(self, batch: Batch, argument: str = "") -> Floats:
        numbers = self._numbers(batch, [choice for choice in self.choices if choice.ordered])
        return np.concatenate([numbers, self._columns(batch, [c for c in self.choices if not c.ordered])], axis=1)

    def _numbers(self, batch: Batch, choices: Iterable[Choice]) -> Floats:
        """The chosen number of each choice, 0 for one without meaning."""
        picked, matters = self.picked(batch), self.matters(batch)
        numbers = [
            Elastic.of(choice).at(picked) * matters[:, column]
            for column, choice in enumerate(self.choices)
            if choice in choices
        ]
        return _side_by_side(numbers, len(batch)).astype(np.float32)

    def _counts(self, batch: Batch, argument: str = "") -> Floats:
        picked = self.picked(batch)
        stages = [[block for block in self.network.blocks if block.stage == stage] for stage in self._open_stages]

        def total(stage: Sequence[Block], number: Callable[[Block], Elastic]) -> Any:
            return sum(np.broadcast_to(number(block).at(picked), len(batch)) for block in stage)

        def totals(number: Callable[[Block], Elastic]) -> NDArray[Any]:
            return _side_by_side([total(stage, number) for stage in stages], len(batch))

        depths = totals(lambda block: lift(lambda chosen: 1 * (chosen >= 0), block.chosen))
        kernels, expansions = totals(lambda block: block.kernel), totals(lambda block: block.expansion)
        means = [kernels / np.maximum(depths, 1), expansions / np.maximum(depths, 1)]
        cost = self.cost(batch)
        rest = self._numbers(
            batch, [choice for choice in self.choices if choice.ordered and choice.kind not in _PER_STAGE]
        )
        logs = np.log(np.stack([cost.params, cost.macs], axis=1))
        return np.concatenate([depths, *means, rest, logs], axis=1).astype(np.float32)

    @cached_property
    def _open_stages(self) -> list[int]:
        """The stages in which there is something to choose."""
        return sorted(
            {
                block.stage
                for block in self.network.blocks
                if any(number.choices for number in (block.chosen, block.kernel, block.expansion))
            }
        )


def _side_by_side(columns: Sequence[NDArray[Any]], n: int) -> NDArray[Any]:
    """Return `(n,)` columns as one array, of no width where there are none."""
    return np.stack(columns, axis=1) if columns else np.zeros((n, 0))
