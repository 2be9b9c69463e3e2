"""Once-for-All: progressive shrinking."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...errors import InvalidOption
from ...spaces import Batch, NetworkSpace
from ..selection import Path
from ..supernet import Supernet
from .base import Scheme, Span
from .extremes import option_at
from .step import Step, distillation

__all__ = ["Ofa", "Phase"]

# Epochs of the released code: the full network, then a first and a last phase of each kind of choice.
_FULL, _FIRST, _LAST = 180, 25, 125
# Learning rates of the same, relative to the full network's, which is taken to be that of the kernel phase.
_FIRST_RATE, _LAST_RATE = 1 / 12, 1 / 4


class Phase(NamedTuple):
    """A part of the run.

    Attributes:
        name: what becomes elastic.
        allowed: the options that architectures are drawn from, as `Space.narrow` takes them.
        paths: architectures a step.
        share: its length, relative to the others.
        rate: its learning rate, relative to the peak's.
    """

    name: str
    allowed: Mapping[str, Any]
    paths: int
    share: float
    rate: float


@dataclass
class Ofa(Scheme):
    """Progressive shrinking (Cai et al., ICLR 2020).

    The largest network comes first. Then kernels, depths and expansions become elastic, one after the other and the
    larger options first, while the largest network as it was teaches. Before each phase of expansions, the channels
    within blocks are sorted. Choices of other kinds, such as the resolution, are free from the beginning.

    Args:
        groups: the kinds of choices that shrink, in order; those that the space does not have are passed over.
        paths: architectures a step, while each of them shrinks.
        distil: weight of the teacher's predictions beside the labels.
    """

    groups: tuple[str, ...] = ("k", "d", "e", "w")
    paths: tuple[int, ...] = (1, 2, 4, 4)
    distil: float = 1.0

    name: ClassVar[str] = "ofa"
    optimisation: ClassVar[Mapping[str, Any]] = {"weight_decay": 3e-5}

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Lay out the phases."""
        if len(self.paths) != len(self.groups) or not all(type(n) is int and n > 0 for n in self.paths):
            raise InvalidOption(f"paths of ofa is one positive whole number for each of {self.groups}.")
        if not isinstance(self.distil, int | float) or self.distil < 0:
            raise InvalidOption(f"distil of ofa is a weight of at least 0, not {self.distil!r}.")
        self.phases = self._phases(space)
        ends = np.cumsum([phase.share for phase in self.phases])
        marks = [0, *np.rint(steps * ends / ends[-1]).astype(int).tolist()]
        self._spans = [
            Span(first, last, phase.rate) for (first, last), phase in zip(pairwise(marks), self.phases, strict=True)
        ]
        if min(span.last - span.first for span in self._spans) < 1:
            raise InvalidOption(f"{steps} steps are too few for the {len(self.phases)} phases of ofa; take more.")
        self._parts = [space.narrow(phase.allowed) for phase in self.phases]
        self._largest = np.array([option_at(choice.options, 1) for choice in space.choices], dtype=np.int8)
        self._shrunk = np.array([choice.kind in self.groups for choice in space.choices])
        self._teacher: Supernet | None = None

    def _phases(self, space: NetworkSpace) -> list[Phase]:
        options = {
            choice.name: [choice.names[i] for i in np.argsort(choice.options)]
            for choice in space.choices
            if choice.kind in self.groups
        }
        allowed = {name: values[-1:] for name, values in options.items()}
        phases = [Phase("full", allowed, 1, _FULL, 1.0)]
        for group, paths in zip(self.groups, self.paths, strict=True):
            mine = {choice.name for choice in space.choices if choice.kind == group}
            most = max((len(options[name]) for name in mine), default=1)
            # Kernels of all sizes at once; of anything else the two largest first.
            levels = [most] if group == "k" or most <= 2 else [2, most]
            for level in levels if most > 1 else ():
                allowed = {**allowed, **{name: options[name][-level:] for name in mine}}
                last = level == most
                rate = 1.0 if group == "k" else _LAST_RATE if last else _FIRST_RATE
                phases.append(Phase(f"{group}{level}", allowed, paths, _LAST if last else _FIRST, rate))
        return phases

    def _at(self, number: int) -> int:
        return next(i for i, span in enumerate(self._spans) if number < span.last)

    def span(self, number: int, steps: int) -> Span:
        """Return the phase: each has a schedule of its own."""
        return self._spans[self._at(number)]

    def begin(self, number: int, supernet: Supernet) -> bool:
        """At the end of the first phase keep the teacher; before each phase of expansions, sort channels."""
        at = self._at(number)
        if number != self._spans[at].first or at == 0:
            return False
        if at == 1:
            self._teacher = deepcopy(supernet).requires_grad_(False)
        if self.phases[at].name[0] == "e":
            supernet.sort(self.phases[at - 1].allowed)
        return True

    def step(self, step: Step) -> None:
        """Train some architectures of the phase on the labels, and on what the teacher predicts."""
        at = self._at(step.number)
        for row in self._parts[at].sample(self.phases[at].paths, step.rng):
            logits = step.logits(Path(row))
            loss = step.hard(logits)
            if self._teacher is not None:
                taught = step.teach(self._teacher, Path(self._full(row)))
                loss = loss + self.distil * distillation(logits, taught)
            step.backward(self.phases[at].name, loss)

    def _full(self, row: Batch) -> Batch:
        """Return the largest network that agrees with a row in the choices that do not shrink."""
        return np.where(self._shrunk, self._largest, row)

    def state(self) -> dict[str, Any]:
        """Return the teacher."""
        return {} if self._teacher is None else {"teacher": self._teacher.state_dict()}

    def restore(self, state: Mapping[str, Any], supernet: Supernet) -> None:
        """Take the teacher back."""
        if "teacher" in state:
            self._teacher = deepcopy(supernet).requires_grad_(False)
            self._teacher.load_state_dict(state["teacher"])
