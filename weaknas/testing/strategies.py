"""What every strategy must do, as tests that a plug-in's author inherits."""

import pickle
from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray

from ..contracts import Ask, Past, Scores, Strategy
from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Batch, NasBench201, Rows, Space
from .running import raises, require

__all__ = ["StrategyContract"]

Make = Callable[..., Strategy]


class StrategyContract:
    """The contract of strategies. Subclass it, give the fixture `make`, and every test is inherited.

    The fixture returns what makes a strategy, a class or a function that is called `make(space, seed=0)`; settings
    that are fast and pass their first random phase within 20 evaluations test most.

    Attributes:
        space: where it is tried, a space of cells.
        small: a part of it that is exhausted.
        constraint: one that about half of `space` satisfies.
        rounds: how often it is asked.
    """

    space: Space = NasBench201()
    small: Space = Rows(NasBench201(), NasBench201().enumerate()[:125])
    constraint: str = "macs <= 80e6"
    rounds: int = 6

    # -- what it asks for -----------------------------------------------------------------------------

    def test_it_asks_for_new_architectures_of_the_space(self, make: Make) -> None:
        """It asks for valid architectures, none of them twice, and not for more than it is told to."""
        strategy = make(self.space, seed=0)
        seen: set[Any] = set()
        for n in (7, 13, 1, 10, 10, 3)[: self.rounds]:
            batch, fidelity = self._round(strategy, n)
            require(0 < len(batch) <= n, f"asked for up to {n} architectures it returned {len(batch)}.")
            require(bool(self.space.is_valid(batch).all()), "it asked for an architecture that is not in the space.")
            keys = {(code, fidelity) for code in self.space.code(batch).tolist()}
            require(len(keys) == len(batch) and not keys & seen, "it asked for the same architecture twice.")
            seen |= keys

    def test_it_wants_at_least_one(self, make: Make) -> None:
        """`wants` is a whole number from 1, and `ask()` returns no more than that."""
        strategy = make(self.space, seed=0)
        for _ in range(self.rounds):
            wants = strategy.wants
            require(isinstance(wants, int) and wants >= 1, f"wants is {wants!r}, not a whole number from 1.")
            require(0 < len(self._round(strategy)[0]) <= wants, "ask() must return up to `wants` architectures.")

    def test_it_recommends_one_architecture_or_none(self, make: Make) -> None:
        """`recommend` returns an architecture of the space or None, and changes nothing that is asked for."""
        strategy, other = make(self.space, seed=0), make(self.space, seed=0)
        for _ in range(self.rounds):
            first = strategy.recommend()
            if first is not None:
                require(len(first) == 1 and bool(self.space.is_valid(first)[0]), "it recommends no architecture.")
            same = np.array_equal(self._round(strategy)[0], self._round(other)[0])
            require(same, "it asks for other architectures after recommend().")

    def test_asking_for_none_gives_none(self, make: Make) -> None:
        """`ask(0)` returns an empty batch, at the start and later."""
        strategy = make(self.space, seed=0)
        for _ in range(2):
            empty = strategy.ask(0).batch
            require(empty.shape == (0, len(self.space.options)), f"ask(0) returned shape {empty.shape}.")
            self._round(strategy, 20)

    def test_it_exhausts_a_small_space(self, make: Make) -> None:
        """Asked again and again it returns each architecture of a small space once, then none."""
        strategy = make(self.small, seed=0)
        asked: set[Any] = set()
        for _ in range(50 * self.small.size):
            batch, fidelity = self._round(strategy, 9)
            if not len(batch):
                break
            keys = {(code, fidelity) for code in self.small.code(batch).tolist()}
            require(not keys & asked, "it repeats itself on a small space.")
            asked |= keys
        full = {code for code, fidelity in asked if fidelity is None}
        require(
            len(full) == self.small.size,
            f"it stopped after {len(full)} of {self.small.size} architectures of a space.",
        )

    def test_it_keeps_a_constraint(self, make: Make) -> None:
        """Over a constrained space it asks only for architectures that satisfy the constraint."""
        part = self.space.where(self.constraint)
        strategy = make(part, seed=0)
        for _ in range(self.rounds):
            batch, _ = self._round(strategy, 8)
            require(bool(part.is_valid(batch).all()), f"it asked for an architecture without {self.constraint}.")

    def test_it_is_informed_of_the_past_or_says_that_it_cannot_be(self, make: Make) -> None:
        """Told of past evaluations it still asks for new architectures, and its options name them; or it refuses."""
        strategy, rows = make(self.small, seed=0), self.small.enumerate()
        past = Past("before", rows, self._scores(strategy, rows).reshape(len(rows), -1)[:, 0])
        if raises(InvalidOption, lambda: strategy.inform([past])):
            raise SkipTest("it makes no use of past evaluations, and says so")
        require(strategy.options.get("prior") == ["before"], "inform must call that of its parent.")
        batch, _ = self._round(strategy, 20)
        again, _ = self._round(strategy, 5)
        codes = self.small.code(np.concatenate([batch, again])).tolist()
        require(len(again) > 0 and len(codes) == len(set(codes)), "informed it asks for the same architecture twice.")

    # -- what it is told ------------------------------------------------------------------------------

    def test_it_may_be_asked_again_before_it_is_told(self, make: Make) -> None:
        """Asked several times in a row it returns different architectures."""
        strategy = make(self.space, seed=0)
        self._round(strategy, 20)
        asks = [strategy.ask(3) for _ in range(4)]
        keys = [(code, ask.fidelity) for ask in asks for code in self.space.code(ask.batch).tolist()]
        require(len(keys) > 0 and len(keys) == len(set(keys)), "asked again before it was told it repeats itself.")

    def test_it_works_while_others_are_pending(self, make: Make) -> None:
        """Asked for one at a time while seven are pending, told in any order, it goes on, and never asks twice.

        Not where its attribute `asynchronous` says that it cannot.
        """
        strategy = make(self.space, seed=0)
        if not strategy.asynchronous:
            raise SkipTest("it waits for the scores of a whole round, as its attribute asynchronous says")
        pending: list[Ask] = []
        seen: set[tuple[int, int | None]] = set()
        rng = np.random.default_rng(0)
        for _ in range(5 * self.rounds):
            while len(pending) < 8:
                ask = strategy.ask(1)
                require(len(ask.batch) == 1, f"with {len(pending)} pending it asks for {len(ask.batch)}, not for one.")
                key = (int(self.space.code(ask.batch)[0]), ask.fidelity)
                require(key not in seen, "with others pending it asks for the same architecture twice.")
                seen.add(key)
                pending.append(ask)
            done = pending.pop(int(rng.integers(8)))
            strategy.tell(done.batch, self._scores(strategy, done.batch), done.fidelity)

    def test_scores_may_come_late_in_part_and_out_of_order(self, make: Make) -> None:
        """It goes on when scores come in another order, only some of them, and some that it never asked for."""
        strategy = make(self.space, seed=0)
        first, second = strategy.ask(12), strategy.ask(12)
        strangers = self.space.sample(5, np.random.default_rng(9))
        strategy.tell(strangers, self._scores(strategy, strangers))
        strategy.tell(second.batch[::-1], self._scores(strategy, second.batch[::-1]), second.fidelity)
        strategy.tell(first.batch[:5], self._scores(strategy, first.batch[:5]), first.fidelity)
        known: set[tuple[int, int | None]] = {(code, None) for code in self.space.code(strangers).tolist()}
        for ask in (first, second):
            known |= {(code, ask.fidelity) for code in self.space.code(ask.batch).tolist()}
        for _ in range(3):
            batch, fidelity = self._round(strategy, 6)
            again = {(code, fidelity) for code in self.space.code(batch).tolist()} & known
            require(not again, "it asked for what it had asked for or been told before.")

    def test_what_is_evaluated_elsewhere_is_not_asked_for(self, make: Make) -> None:
        """Reserved architectures are not asked for, before and after their scores are told."""
        strategy = make(self.small, seed=0)
        reserved = self.small.enumerate()[1::2]
        strategy.reserve(reserved)
        known = set(self.small.code(reserved).tolist())
        for part in (reserved[:0], reserved):
            strategy.tell(part, self._scores(strategy, part))
            for _ in range(self.rounds // 2):
                ask = strategy.ask(5)
                strategy.tell(ask.batch, self._scores(strategy, ask.batch), ask.fidelity)
                again = ask.fidelity is None and known & set(self.small.code(ask.batch).tolist())
                require(not again, "it asked for an architecture that was reserved.")

    def test_failed_evaluations_are_passed_over(self, make: Make) -> None:
        """It goes on when some evaluations, or all of them, failed (NaN)."""
        for failing in (0.5, 1.0):
            strategy = make(self.space, seed=0)
            rng = np.random.default_rng(0)
            for _ in range(self.rounds):
                ask = strategy.ask(8)
                scores = self._scores(strategy, ask.batch)
                scores[rng.random(len(scores)) < failing] = np.nan
                strategy.tell(ask.batch, scores, ask.fidelity)
                require(len(ask.batch) > 0, "it stopped asking after failed evaluations.")

    def test_wrong_scores_are_refused(self, make: Make) -> None:
        """Too few scores, and architectures outside the space, are refused by an error of weaknas."""
        strategy = make(self.small, seed=0)
        ask = strategy.ask(4)
        require(
            raises(
                InvalidOption, lambda: strategy.tell(ask.batch, self._scores(strategy, ask.batch)[:-1], ask.fidelity)
            ),
            "tell with too few scores must raise InvalidOption.",
        )
        outside = ask.batch.copy()
        outside[:, 0] = 100
        require(
            raises(
                InvalidArchitecture, lambda: strategy.tell(outside, self._scores(strategy, ask.batch), ask.fidelity)
            ),
            "tell of an architecture outside the space must raise InvalidArchitecture.",
        )

    # -- repeating and resuming -----------------------------------------------------------------------

    def test_the_same_seed_gives_the_same_search(self, make: Make) -> None:
        """The same seed and calls give the same architectures, another seed others."""
        first, second, other = (self._search(make(self.space, seed=seed)) for seed in (3, 3, 4))
        require(np.array_equal(first, second), "two runs of the same seed differ; draw everything from self.rng.")
        require(not np.array_equal(first, other), "another seed gives the same run.")

    def test_a_saved_state_goes_on_as_if_nothing_had_happened(self, make: Make) -> None:
        """`state_dict`, pickled and loaded into a new strategy in mid-search, gives the same continuation."""
        strategy = make(self.space, seed=0)
        for _ in range(3):
            self._round(strategy)
        pending = strategy.ask(2)
        state = pickle.loads(pickle.dumps(strategy.state_dict()))
        other = make(self.space, seed=1)
        other.load_state_dict(state)
        for one in (strategy, other):
            one.tell(pending.batch, self._scores(strategy, pending.batch), pending.fidelity)
        require(
            np.array_equal(self._search(strategy), self._search(other)),
            "a restored strategy goes on differently; keep all that changes in attributes that deepcopy can copy.",
        )

    def test_its_options_can_be_told(self, make: Make) -> None:
        """Every option of `__init__` is an attribute of its own name, and `name` is set."""
        strategy = make(self.space, seed=0)
        require(isinstance(strategy.name, str) and isinstance(strategy.options, dict), "it has no name or no options.")

    # -- helpers --------------------------------------------------------------------------------------

    def _round(self, strategy: Strategy, n: int | None = None) -> tuple[Batch, int | None]:
        ask = strategy.ask(n)
        strategy.tell(ask.batch, self._scores(strategy, ask.batch), ask.fidelity)
        return ask.batch, ask.fidelity

    def _search(self, strategy: Strategy) -> NDArray[np.int8]:
        return np.concatenate([self._round(strategy)[0] for _ in range(self.rounds)])

    def _scores(self, strategy: Strategy, batch: Batch) -> Scores:
        """Scores for each architecture: the more it differs from the first row of the space, the better."""
        shape = (strategy.objectives, len(self.space.options), int(self.space.options.max()))
        weights = np.random.default_rng(5).random(shape)
        options = np.minimum(batch, shape[2] - 1)
        scores: Scores = 50 + 10 * weights[:, np.arange(batch.shape[1]), options].sum(axis=2).T
        return scores if strategy.objectives > 1 else scores[:, 0]
