"""What a scheme is, from its first step to what it found."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import is_dataclass
from math import isfinite
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from ...doors import SCHEMES
from ...errors import InvalidOption, PluginError
from ...spaces import Batch, NetworkSpace
from ..selection import Selection
from ..supernet import Supernet
from .step import Step

__all__ = ["Scheme", "Span", "counts", "make_scheme", "positive", "rates"]


class Span(NamedTuple):
    """A part of a run with a learning-rate schedule of its own.

    Attributes:
        first: the step it begins with.
        last: the step after its end.
        rate: what its learning rates are multiplied by.
    """

    first: int
    last: int
    rate: float = 1.0


class Scheme(ABC):
    """How a supernet is trained, and perhaps searched meanwhile; a subclass is a dataclass of options.

    Its life: `prepare`, `draw` and `attach` once, also when a run goes on; then `modules` and `arch_optimizer`, after
    which the optimisers are made; then `begin`, `step` and, where it has architecture parameters and `searches` says
    so, `arch_step` again and again, with `arch_begin` before each step; `derive` at the end.
    `weaknas.testing.SchemeContract` tests all of it.

    The optimiser of the weights trains all parameters of the supernet and of `modules` that require gradients, except
    those of `arch_optimizer`. Within `step` the latter are frozen, within `arch_step` the former: a step computes no
    gradients that it does not use.

    Attributes:
        name: the scheme's name.
        supernet_options: what the supernet takes besides its space.
        optimisation: options of `Optimisation` that differ from its defaults.
        views: how often each batch is augmented; see `Step.views`.
        arch_share: the share of the training images that only `arch_step` gets, drawn by the run's seed; only `step`
            gets the others. With 0 an architecture step has the batch of the weights' step before it.
    """

    name: ClassVar[str]
    supernet_options: ClassVar[Mapping[str, Any]] = {}
    optimisation: ClassVar[Mapping[str, Any]] = {}
    views: ClassVar[int] = 1
    arch_share: float = 0.0

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:  # noqa: B027 - most need nothing
        """Check the options, and make what follows from the arguments alone.

        So a run goes on as it began, and all its processes do the same.

        Args:
            space: the architectures.
            steps: how many steps the run has.
            seed: the run's, for whatever is drawn here.

        Raises:
            InvalidOption: an option cannot be used.
        """

    def draw(self, supernet: Supernet) -> None:  # noqa: B027 - most need nothing
        """Draw random weights otherwise than the family does; before those that the run may begin with are taken."""

    def attach(self, supernet: Supernet) -> None:  # noqa: B027 - most need nothing
        """Freeze weights of the supernet (`requires_grad_(False)`), and make what `modules` returns.

        The supernet has the weights that the run begins with; of a run that goes on, those that it has come to are put
        in place later, in the modules too.
        """

    def modules(self) -> Mapping[str, nn.Module]:
        """Return what the scheme has beside the supernet, by name: distributions, heads, teachers.

        They are moved to the supernet's device and kept with the run.
        """
        return {}

    def arch_optimizer(self) -> Optimizer | None:
        """Return the optimiser of the architecture parameters, which are parameters of `modules`; None without any.

        Only `arch_step` changes them. The optimiser's state is kept with the run.
        """
        return None

    def searches(self, number: int) -> bool:
        """Return whether an architecture step follows the weights' step of a number; asked only with an optimiser."""
        return True

    def span(self, number: int, steps: int) -> Span:
        """Return the part of the run that a step is in."""
        return Span(0, steps)

    def begin(self, number: int, supernet: Supernet) -> bool:
        """Return whether optimisers and averages are to begin anew at a step.

        The weights may be changed here, and modules be replaced by others; then `state` must tell which these are.
        """
        return False

    def arch_begin(self, number: int) -> bool:
        """Return whether the architecture parameters are others from a step on.

        `modules` and `arch_optimizer` are then asked again, while the optimiser of the weights and their average go
        on. `state` must tell which parameters these are.
        """
        return False

    @abstractmethod
    def step(self, step: Step) -> None:
        """Add the gradients of the weights in one step."""

    def arch_step(self, step: Step) -> None:
        """Add the gradients of the architecture parameters in one step, on images of its own."""
        raise NotImplementedError(f"{type(self).__name__} has an optimiser of architectures and no arch_step.")

    def derive(self) -> Batch | None:
        """Return `(n, d)` the architectures that the run has found, the best first; None if it searched for none."""
        return None

    def weights(self) -> Mapping[str, Tensor] | None:
        """Return what each choice's options have come to by its name, such as probabilities; None if nothing has.

        They are written beside the run, for figures and for other searches to begin with.
        """
        return None

    def selection(self) -> Selection | None:
        """Return how the supernet stands for what the run came to: a mixture, with its weights; None if it does not.

        A search in which mixtures learn may come to one that is no architecture, as where a node keeps many inputs;
        `derive` returns the nearest that is.
        """
        return None

    def state(self) -> dict[str, Any]:
        """Return what a run needs to go on besides the modules: tensors and numbers."""
        return {}

    def restore(self, state: Mapping[str, Any], supernet: Supernet) -> None:  # noqa: B027 - most keep nothing
        """Take back what `state` returned; `modules` is asked for again after it, and then filled."""


def make_scheme(name: str, options: Mapping[str, Any]) -> Scheme:
    """Return a scheme by its name, or by `file.py:Class`.

    Raises:
        NotFound: there is no such scheme.
        UntrustedName: the name is read from data, and is not that of a registered scheme.
        InvalidOption: it does not take one of the options.
        PluginError: it cannot be imported or made, or is no scheme.
    """
    made = SCHEMES.create(name, **options)
    if not isinstance(made, Scheme) or not is_dataclass(made):
        raise PluginError(f"the scheme {name!r} makes a {type(made).__name__}, which is no dataclass and a Scheme.")
    return made


def counts(scheme: Scheme, least: int, *names: str) -> None:
    """Refuse options that are not whole numbers of at least `least`.

    Raises:
        InvalidOption: one is not.
    """
    for name in names:
        value = getattr(scheme, name)
        if type(value) is not int or value < least:
            raise InvalidOption(f"{name} of {scheme.name} is a whole number of at least {least}, not {value!r}.")


def rates(scheme: Scheme, *names: str) -> None:
    """Refuse options that are not rates.

    Raises:
        InvalidOption: one is not a number from 0 to below 1.
    """
    for name in names:
        value = getattr(scheme, name)
        if not isinstance(value, int | float) or not 0 <= value < 1:
            raise InvalidOption(f"{name} of {scheme.name} is a rate from 0 to below 1, not {value!r}.")


def positive(scheme: Scheme, *names: str, zero: bool = False) -> None:
    """Refuse options that are not positive numbers.

    Raises:
        InvalidOption: one is not.
    """
    for name in names:
        value = getattr(scheme, name)
        number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        if not number or value < 0 or (value == 0 and not zero):
            raise InvalidOption(
                f"{name} of {scheme.name} is a {'number from 0' if zero else 'positive number'}, not {value!r}."
            )
