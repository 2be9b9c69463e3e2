"""What every space must do, as tests that its author inherits."""

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Any
from unittest import SkipTest

import numpy as np

from .. import doors
from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Batch, Diagram, NetworkSpace, Priced, Space
from ..spaces.space import Part
from .running import raises, require

__all__ = ["SpaceContract"]


class SpaceContract:
    """The contract of spaces. Subclass it, give the fixture `space`, and every test is inherited.

    Attributes:
        drawn: how many architectures are drawn for a test.
    """

    drawn: int = 24

    # -- choices --------------------------------------------------------------------------------------

    def test_its_choices_are_the_columns_of_a_row(self, space: Space) -> None:
        """Choices have different names, the numbers of options that `options` says, one layer and one kind each."""
        names = [choice.name for choice in space.choices]
        require(len(set(names)) == len(names) > 0, "two of its choices have one name, or it has none.")
        sizes = [len(choice.options) for choice in space.choices]
        require(sizes == space.options.tolist(), "`options` is not the number of options of each choice.")
        for what, groups in (("layers", space.layers), ("kinds", space.kinds)):
            columns = [[names.index(choice.name) for choice in group] for group in groups.values()]
            require(sorted(chain(*columns)) == [*range(len(names))], f"its {what} do not have each choice once.")
            ordered = columns == sorted(map(sorted, columns))
            require(ordered, f"its {what} are not in the order of a row.")

    # -- architectures --------------------------------------------------------------------------------

    def test_what_it_draws_is_valid(self, space: Space) -> None:
        """`sample` gives valid rows of int8, the same for the same generator."""
        batch = self._sample(space)
        require(batch.dtype == np.int8 and batch.shape == (self.drawn, len(space.options)), "sample gives no batch.")
        require(bool(space.is_valid(batch).all()), "sample gives rows that is_valid refuses.")
        require(np.array_equal(batch, self._sample(space)), "draw everything from the generator that is given.")

    def test_it_lists_all_of_itself_or_refuses(self, space: Space) -> None:
        """`enumerate` gives different rows, as many as `size` at most, or raises InvalidArchitecture."""
        try:
            rows = space.enumerate()
        except InvalidArchitecture:
            return
        different = len(np.unique(rows, axis=0)) == len(rows) <= space.size
        require(different, "enumerate gives a row twice, or more than `size`.")
        drawn = np.isin(space.key(self._sample(space)), space.key(rows[space.is_valid(rows)]))
        require(bool(drawn.all()), "sample gives an architecture that enumerate does not.")

    def test_moves_lead_to_other_architectures(self, space: Space) -> None:
        """`mutate` and `neighbors` give valid rows with another key; a space of a single architecture says so."""
        batch, rng = self._sample(space), np.random.default_rng(1)
        if space.size == 1:
            alone = raises(InvalidArchitecture, lambda: space.mutate(batch, rng))
            require(alone, "mutate in a space of a single architecture must raise InvalidArchitecture.")
            return
        mutants = space.mutate(batch, rng)
        require(bool(space.is_valid(mutants).all()), "mutate leads outside.")
        require(bool((space.key(mutants) != space.key(batch)).all()), "mutate gives the architecture itself.")
        near = space.neighbors(batch[:1])
        require(len(near) > 0 and bool(space.is_valid(near).all()), "neighbors gives none, or leads outside.")
        require(bool((space.key(near) != space.key(batch[:1])).all()), "neighbors gives the architecture itself.")
        require(len(np.unique(space.code(near))) == len(near), "neighbors gives a row twice.")

    def test_children_are_valid(self, space: Space) -> None:
        """`crossover` gives valid rows; of one parent alone, the parent."""
        first, second = np.split(self._sample(space), 2)
        rng = np.random.default_rng(1)
        require(bool(space.is_valid(space.crossover(first, second, rng)).all()), "crossover leads outside.")
        same = space.key(space.crossover(first, first, rng))
        require(np.array_equal(same, space.key(first)), "a child of one parent alone is another architecture.")

    def test_rows_outside_are_refused(self, space: Space) -> None:
        """Rows of another width and option numbers out of range raise InvalidArchitecture."""
        batch = self._sample(space)
        outside = batch.copy()
        outside[:, 0] = 127
        for rows in (batch[:, :-1], outside):
            refused = raises(InvalidArchitecture, partial(space.validate, rows))
            require(refused, "validate must refuse rows that are none with InvalidArchitecture.")

    # -- which rows are one architecture --------------------------------------------------------------

    def test_codes_tell_rows_apart(self, space: Space) -> None:
        """Different rows have different codes, equal rows equal ones, alone and in a batch."""
        batch = self._sample(space)
        codes = space.code(batch)
        require(len(np.unique(codes)) == len(np.unique(batch, axis=0)), "code takes two rows for one.")
        for what, numbers in ((space.code, codes), (space.key, space.key(batch))):
            alone = [what(batch[i : i + 1])[0] for i in range(4)]
            require(alone == numbers[:4].tolist(), f"{what.__name__} depends on the other rows of a batch.")

    def test_what_has_no_meaning_changes_nothing(self, space: Space) -> None:
        """Rows that differ where `matters` says no are one: for `canonical`, keys, costs and encodings."""
        batch, rng = space.canonical(self._sample(space)), np.random.default_rng(1)
        require(np.array_equal(space.canonical(batch), batch), "canonical of a canonical row is another row.")
        matters = space.matters(batch)
        require(matters.shape == batch.shape and matters.dtype == bool, "matters gives no (n, d) truth values.")
        noise = rng.integers(0, space.options, batch.shape)
        other = np.where(matters, batch, noise).astype(np.int8)
        require(np.array_equal(space.canonical(other), batch), "canonical keeps what has no meaning.")
        other = np.concatenate([other[space.is_valid(other)], self._sample(space)])
        own = space.canonical(other)
        require(np.array_equal(space.key(other), space.key(own)), "key depends on what has no meaning.")
        read = space.key(space.from_str(space.to_str(other)))
        require(np.array_equal(read, space.key(own)), "its text is read as another architecture.")
        for kind in space.encoders:
            same = np.array_equal(space.encode(other, kind), space.encode(own, kind))
            require(same, f"the encoding {kind} depends on what has no meaning.")
        if isinstance(space, Priced):
            require(np.array_equal(space.cost(other).macs, space.cost(own).macs), "cost depends on it.")

    # -- other forms ----------------------------------------------------------------------------------

    def test_texts_are_read_back(self, space: Space) -> None:
        """`from_str` reads what `to_str` writes, and refuses other texts with InvalidArchitecture."""
        batch = self._sample(space)
        texts = space.to_str(batch)
        require(np.array_equal(space.key(space.from_str(texts)), space.key(batch)), "from_str reads another row.")
        require(space.to_str(space.from_str(texts)) == texts, "to_str writes what was read otherwise.")
        require(space.to_str(batch[:1]) == texts[:1], "to_str depends on the other rows of a batch.")
        for text in ("", "no architecture"):
            refused = raises(InvalidArchitecture, partial(space.from_str, [text]))
            require(refused, f"from_str must refuse {text!r} with InvalidArchitecture.")

    def test_cells_are_drawn(self, space: Space) -> None:
        """`diagrams`, where there are cells, gives them of one architecture, each with an input and an output."""
        (row,) = space.canonical(self._sample(space)[:1])
        if raises(InvalidOption, partial(space.diagrams, [row])):
            raise SkipTest("it has no cells.")
        cells = space.diagrams([row])
        require(len(cells) > 0 and all(isinstance(cell, Diagram) for cell in cells), "diagrams gives no cells.")
        for cell in cells:
            kinds = [vertex.kind for vertex in cell.vertices]
            require("input" in kinds and "output" in kinds, f"its {cell.title} has no input, or no output.")
        refused = raises(InvalidArchitecture, partial(space.diagrams, [row, row]))
        require(refused, "diagrams must refuse a batch of two with InvalidArchitecture.")

    def test_encodings_are_finite_numbers(self, space: Space) -> None:
        """Every encoding gives `(n, f)` finite float32, a row the same alone and in a batch."""
        batch = self._sample(space)
        require(space.default_encoding in space.encoders, "default_encoding is none of its encoders.")
        for kind in space.encoders:
            features = space.encode(batch, kind)
            require(features.ndim == 2 and len(features) == len(batch), f"the encoding {kind} is not (n, f).")
            require(features.dtype == np.float32, f"the encoding {kind} is of {features.dtype}, not float32.")
            require(bool(np.isfinite(features).all()), f"the encoding {kind} is not finite.")
            alone = space.encode(batch[:1], kind)
            require(np.array_equal(alone, features[:1]), f"the encoding {kind} depends on the rest of a batch.")

    # -- parts and copies -----------------------------------------------------------------------------

    def test_it_is_narrowed_to_the_options_of_an_architecture(self, space: Space) -> None:
        """`narrow` to the options of one architecture leaves that one; rows mean the same in the part."""
        (row,) = only = space.canonical(self._sample(space)[:1])
        wide = {choice.name: choice.options for choice in space.choices}
        part = space.narrow(wide)
        require(bool(part.is_valid(self._sample(space)).all()), "narrowed to all options it is not itself.")
        part = space.narrow({choice.name: [choice.options[i]] for choice, i in zip(space.choices, row, strict=True)})
        drawn = part.sample(3, np.random.default_rng(1))
        require(bool((space.key(drawn) == space.key(only)).all()), "narrowed to one architecture it has another.")
        require(part.to_str(drawn) == space.to_str(drawn), "rows of a part have other texts.")

    def test_its_recipe_makes_it_again(self, space: Space) -> None:
        """`recipe`, where there is one, names a space and its options, which make it again through the door."""
        if space.recipe is None or isinstance(space, Part):
            raise SkipTest("it has no recipe of its own.")
        options = dict(space.recipe)
        name = options.pop("space", "")
        if name not in doors.SPACES.names():
            raise SkipTest(f"{name!r} is not registered.")
        again = doors.SPACES.create(name, **options)
        batch = self._sample(space)
        require((again.name, again.recipe) == (space.name, space.recipe), "its recipe makes another space.")
        require(np.array_equal(again.sample(self.drawn, np.random.default_rng(0)), batch), "it draws others.")
        require(again.to_str(batch) == space.to_str(batch), "its recipe makes a space of other texts.")

    # -- costs and networks ---------------------------------------------------------------------------

    def test_costs_are_counts(self, space: Space) -> None:
        """Where there is a `cost`, parameters and multiply-accumulates are `(n,)` whole numbers from 0."""
        if not isinstance(space, Priced):
            raise SkipTest("it says no costs.")
        cost = space.cost(self._sample(space))
        for what, values in (("params", cost.params), ("macs", cost.macs)):
            whole = values.shape == (self.drawn,) and np.issubdtype(values.dtype, np.integer)
            require(whole and bool((values >= 0).all()), f"{what} are not (n,) whole numbers from 0.")

    def test_it_says_what_a_supernet_needs_to_know(self, space: Space) -> None:
        """A space of networks has classes, sides, a title, and published networks that it reads."""
        network = _network(space)
        require(isinstance(network.classes, int) and network.classes > 0, "classes is no whole number from 1.")
        sides = network.sides
        require(len(sides) > 0 and list(sides) == sorted(set(sides)) and sides[0] > 0, "sides are not in order.")
        require(bool(network.title), "it has no title.")
        for name, text in network.published.items():
            same = space.key(space.from_str([name])) == space.key(space.from_str([text]))
            require(bool(same.all()), f"the published network {name} is read otherwise than its text.")

    def test_the_expected_cost_of_one_architecture_is_its_cost(self, space: Space) -> None:
        """`expected_cost` of a space of networks, at weights of 0 and 1, is `cost`."""
        network = _network(space)
        batch = self._sample(space)[:4]
        cost = network.cost(batch)
        for row, params, macs in zip(batch, cost.params, cost.macs, strict=True):
            expected = network.expected_cost(_onehot(space, row))
            require((expected.params, expected.macs) == (params, macs), "expected_cost at one row is not its cost.")

    # -- helpers --------------------------------------------------------------------------------------

    def _sample(self, space: Space) -> Batch:
        return space.sample(self.drawn, np.random.default_rng(0))


def _network(space: Space) -> NetworkSpace:
    if not isinstance(space, NetworkSpace):
        raise SkipTest("it is no space of whole networks.")
    return space


def _onehot(space: Space, row: Iterable[int]) -> dict[str, Any]:
    return {c.name: np.eye(len(c.options))[option] for c, option in zip(space.choices, row, strict=True)}
