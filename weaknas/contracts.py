"""The contracts between the parts: what a benchmark, a predictor and a strategy promise."""

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import check_seed
from .errors import InvalidOption
from .measurements import Measurements, Optimum, Past, Report
from .metrics import ACCURACY, Metric
from .spaces import Batch, Floats, Space, as_rows
from .table_file import TableData

__all__ = [
    "Ask",
    "Benchmark",
    "Measurements",
    "Optimum",
    "Past",
    "Predictor",
    "Report",
    "Strategy",
    "options_of",
]

Scores = NDArray[np.float64]


class Benchmark(ABC):
    """Where architectures are evaluated.

    A search calls `evaluate`, and sees nothing else; `report` is for when it is over. A benchmark keeps no
    account of what was asked: the loop does (a repeated architecture costs nothing).

    Attributes:
        name: the name it is found by, such as `nasbench201/cifar100`.
        dataset: what the architectures were trained on.
        space: the architectures that can be evaluated.
        metric: what the scores are: its name, unit and direction, accuracy in percent if a benchmark says nothing.
        on_test: whether the scores are those on test (say so wherever: it is no fair search).
        also: further objectives, whose values stand beside the first one in the columns of the scores.
        at_once: how many architectures are handed to `evaluate` at once; None for all that a strategy asks for. What
            trains one after another says 1, so that a search that is interrupted keeps all but the one in work.
    """

    name: str
    dataset: str
    space: Space
    metric: Metric = ACCURACY
    on_test: bool = False
    also: Sequence[Metric] = ()
    at_once: int | None = None

    @property
    def objective(self) -> str:
        """The column of a history that holds what a search sees, `valid_acc` or another metric's."""
        return self.metric.test if self.on_test else self.metric.valid

    @property
    def objectives(self) -> tuple[Metric, ...]:
        """The metric, and what else the scores hold."""
        return (self.metric, *self.also)

    @property
    def note(self) -> str:
        """What is to be said beside any number of this benchmark, empty if nothing."""
        return ""

    @property
    def fidelities(self) -> tuple[int, ...]:
        """Epochs of the schedules that `evaluate` offers, shortest first, the full one last; empty if there is one."""
        return ()

    @property
    def resumable(self) -> bool:
        """Whether the fidelities are points of one schedule, so that going on from one costs only the difference.

        Not so where each is a schedule of its own, whose learning rate ends at 0: that starts from the beginning.
        """
        return False

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of the files that the answers come from, by file name; empty where there are none."""
        return {}

    @property
    def recorded(self) -> TableData | None:
        """The table that the answers are looked up in, with the rows of `space` in their order; None without one.

        No search looks at it: it is for studies of the benchmark itself.
        """
        return None

    @abstractmethod
    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return the scores and costs of `(n, d)` architectures.

        Args:
            batch: the architectures.
            fidelity: epochs of training, where the benchmark has several; None for its own.

        Raises:
            InvalidArchitecture: an architecture is not in `space`.
        """

    @abstractmethod
    def report(self, batch: Batch) -> Report:
        """Return the mean values of `(n, d)` architectures on validation and test, and the optimum."""

    def optimum_in(self, space: Space, overall: Optimum) -> Optimum:
        """Return the best mean values among the architectures of a space; NaN where that is not known.

        Args:
            space: `self.space`, or the part of it that a search is over, such as `self.space.where("macs <= 1e8")`.
            overall: the optimum of `self.space`, as `report` gives it.
        """
        if space is self.space or np.isnan([overall.valid, overall.test]).all():
            return overall
        rows = as_rows(space)
        if rows is None:
            return Optimum()
        report = self.report(rows.rows[self.space.is_valid(rows.rows)])
        return Optimum.of(report.valid, report.test, self.metric)


def options_of(benchmark: Benchmark) -> dict[str, Any]:
    """Return the options that a benchmark's attributes tell: plain, public, and not those that every benchmark has."""
    own = {key: value for key, value in vars(benchmark).items() if isinstance(value, str | int | float | None)}
    return {
        key: value for key, value in own.items() if key not in Benchmark.__annotations__ and not key.startswith("_")
    }


class Predictor(Protocol):
    """A scikit-learn regressor over encoded architectures: `get_params`, `clone` and `random_state` work.

    A class may list the encodings that it can use in an attribute `encodings`, a tuple, best first; the first one
    that a space has is then used unless the user names another. Without it the space's default is used.
    """

    def fit(self, X: Floats, y: Scores) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores, forgetting any earlier fit."""
        ...

    def predict(self, X: Floats) -> Any:
        """Return `(m,)` predicted scores; those with an uncertainty also take `return_std=True`."""
        ...


class Ask(NamedTuple):
    """What a strategy wants evaluated: `(n, d)` architectures, and at what fidelity (None for full)."""

    batch: Batch
    fidelity: int | None = None


class Strategy(ABC):
    """A search strategy: `ask` for architectures, evaluate them anywhere, `tell` the scores.

    The caller may ask several times before it tells, tell in any order, tell only some, and tell of
    architectures that were never asked for. What a strategy asks for is in the space and new: neither told nor
    asked for before. The same seed and the same calls give the same architectures. A constraint is a property of the
    space (`space.where("macs <= 600e6")`), so that every strategy keeps it.

    A subclass keeps each option of its `__init__` under the option's own name, so that `options` can tell them, and
    everything else that it changes in attributes that `copy.deepcopy` can copy, so that `state_dict` can.

    Args:
        space: the architectures to choose from.
        seed: seed of all its random choices.

    Attributes:
        name: the name it is found by.
        fidelities: epochs of the schedules that it asks for, the full one last; empty if it asks for full ones only.
        objectives: how many scores `tell` takes for each architecture.
        costs: what it trades the scores for: numbers that are free to know, and are to be small.
        asynchronous: whether it stays what it is when it is asked for one architecture at a time while others are
            pending; one that waits for the scores of a whole round, or fits only once, says False.
        informed_by: the labels of the past evaluations that it was told of by `inform`.
    """

    name: str
    fidelities: Sequence[int] = ()
    objectives: int = 1
    costs: Sequence[str] = ()
    asynchronous: bool = True
    informed_by: Sequence[str] = ()
    _unlisted: ClassVar[Iterable[str]] = ("self", "space", "seed", "predictor", "jobs")
    _constant: ClassVar[Iterable[str]] = ()  # attributes that follow from the options, and are no state

    def __init__(self, space: Space, seed: int = 0) -> None:
        self.space = space
        self.seed = check_seed(seed)
        self.rng = np.random.default_rng(self.seed)

    @property
    def wants(self) -> int:
        """How many architectures the strategy would ask for next, had it the choice."""
        return 1

    @property
    def options(self) -> dict[str, Any]:
        """The options in force, without those that do not change what is found and without a single objective.

        With `prior` where there is one.
        """
        single = ("objectives",) if self.objectives == 1 and not self.costs else ()
        names = inspect.signature(type(self).__init__).parameters
        prior = {"prior": list(self.informed_by)} if self.informed_by else {}
        return {name: getattr(self, name) for name in names if name not in (*self._unlisted, *single)} | prior

    @property
    def predictor_name(self) -> str | None:
        """The predictor's name, None without one."""
        return None

    @property
    def predictor_params(self) -> Sequence[Mapping[str, Any]]:
        """The parameters in force of its predictors, as scikit-learn's `get_params` has them; none without one."""
        return ()

    def inform(self, past: Sequence[Past]) -> None:
        """Learn what was evaluated before, elsewhere, as a guide to begin with that what is told overrules.

        It is called before the first `ask`, if at all. A strategy that can use it overrides this method, and calls
        that of its parent, which keeps the labels for `options`.

        Raises:
            InvalidOption: the strategy makes no use of it.
        """
        if type(self).inform is Strategy.inform:
            raise InvalidOption(
                f"the strategy {self.name} makes no use of what was learned before; leave the prior out, or take one "
                "that does, such as weaknas or regularized-evolution."
            )
        self.informed_by = tuple(one.label for one in past)

    @abstractmethod
    def ask(self, n: int | None = None) -> Ask:
        """Return up to `n` new architectures (`wants` by default); fewer only where the space has no more."""

    @abstractmethod
    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Learn the scores of a batch, higher is better; NaN for a failed evaluation.

        Args:
            batch: `(n, d)` architectures.
            scores: `(n,)`, or `(n, k)` for a strategy of k objectives.
            fidelity: at which they were evaluated, None for full.

        Raises:
            InvalidArchitecture: an architecture is not in the space.
            InvalidOption: scores of another shape, or a fidelity that the strategy does not use.
        """

    def recommend(self) -> Batch | None:
        """Return the `(1, d)` architecture that the predictor in force ranks first, evaluated or not.

        None without a predictor, and before its first fit. It is what some papers report beside the evaluated
        architectures; looking at its accuracy would be a query that nobody paid for.
        """
        return None

    def front(self) -> tuple[Batch, Scores]:
        """Return the `(m, d)` architectures told that no other one beats in scores and `costs`, and those numbers."""
        raise InvalidOption(f"the strategy {self.name} has a single objective, and no front.")

    def reserve(self, batch: Batch, fidelity: int | None = None) -> None:
        """Count architectures as being evaluated elsewhere: they are not asked for, and their scores may come later.

        Args:
            batch: `(n, d)` architectures.
            fidelity: at which they are evaluated, None for full.

        Raises:
            InvalidArchitecture: an architecture is not in the space.
            InvalidOption: a fidelity that the strategy does not use.
        """
        shape = (len(batch), self.objectives) if self.objectives > 1 else len(batch)
        self.tell(batch, np.full(shape, np.nan), fidelity)

    def state_dict(self) -> dict[str, Any]:
        """Return all that the strategy has learned and drawn, for `load_state_dict`; it can be pickled.

        The space and the options are not part of it: a strategy made with the same ones goes on as this one would.
        """
        return {
            key: value.state_dict() if hasattr(value, "state_dict") else copy.deepcopy(value)
            for key, value in self._changing().items()
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state.

        Raises:
            InvalidOption: it is the state of another kind of strategy.
        """
        if state.keys() != self._changing().keys():
            raise InvalidOption(f"this is no state of the strategy {self.name}; make one with the same options.")
        for key, value in state.items():
            mine = getattr(self, key)
            if hasattr(mine, "load_state_dict"):
                mine.load_state_dict(value)
            else:
                setattr(self, key, copy.deepcopy(value))

    def _changing(self) -> dict[str, Any]:
        """Return the attributes that are neither the space nor follow from the options."""
        fixed = {"space", *self._constant, *inspect.signature(type(self).__init__).parameters}
        return {key: value for key, value in vars(self).items() if key not in fixed}
