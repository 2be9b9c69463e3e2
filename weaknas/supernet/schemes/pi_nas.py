"""Pi-NAS: two paths without a common option learn to agree, without labels, under a teacher that follows slowly."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import InvalidOption
from ...spaces import NetworkSpace
from ..pairs import disjoint_pair
from ..selection import Path
from ..shift import relative_shift
from ..supernet import Supernet
from ..usage import used_parameters
from .base import Scheme, counts, positive, rates
from .contrast import Encoder, KeyQueue, Neck, info_nce, spread
from .step import Step

__all__ = ["PiNas"]

_COMPARED = 10  # steps from one comparison of all weights with the teacher's to the next


@dataclass
class PiNas(Scheme):
    """The supernet-Pi (Peng et al., ICCV 2021): cross-path learning with a nontrivial mean teacher.

    Each image is augmented four times, and two paths A and B that differ in every choice are drawn. The supernet, a
    neck after it, makes queries q_A, q_B of two views; the teacher makes keys k_A, k_B of the others. The loss is
    NCE(q_A, k_B) + NCE(q_B, k_A), with the keys of earlier images as negatives; (k_A + k_B) / 2 joins them afterwards.
    Labels are not used, and the classifier is not trained: the evaluator `frozen-head` trains one.

    The teacher's weights move towards the supernet's by `1 - momentum`, those of a path before its key is made and no
    others: twice a step what both paths have, such as the stem and the neck. Of an elastic layer all weights move,
    also beyond the path's own channels. Which weights a path has is read from the graph of its query; therefore both
    graphs exist at once, and a step needs the memory of two paths.

    Batch normalisation is by the batch in queries and keys, and the teacher's running statistics are its own. Images
    are not shuffled between processes before the keys (shuffle-BN of MoCo): there is nothing to shuffle in one
    process, and in several the images themselves would have to be exchanged.

    Args:
        temperature: what similarities are divided by.
        momentum: of the teacher: the share of its own weights that it keeps.
        queue: how many keys are kept as negatives.
        dim: numbers in a query.
        hidden: numbers in the layer before.
        cross: whether a path learns from the other's keys; if not from its own.
        teacher: whether keys are a teacher's; if not the supernet's own, through which no gradients flow.
        negatives: whether there are any; if not the loss is 2 - 2 cos(q, k), which a constant solves.
    """

    temperature: float = 0.2
    momentum: float = 0.999
    queue: int = 49152
    dim: int = 128
    hidden: int = 2048
    cross: bool = True
    teacher: bool = True
    negatives: bool = True

    name: ClassVar[str] = "pi-nas"
    views: ClassVar[int] = 4
    optimisation: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 0.03,
        "weight_decay": 1e-4,
        "warmup": 0.0,
        "augment": "moco",
    }

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options, and that the space has pairs of paths."""
        counts(self, 1, "queue", "dim", "hidden")
        positive(self, "temperature")
        rates(self, "momentum")
        for name in ("cross", "teacher", "negatives"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidOption(f"{name} of {self.name} is true or false, not {getattr(self, name)!r}.")
        disjoint_pair(space, np.random.default_rng(seed))

    def attach(self, supernet: Supernet) -> None:
        """Freeze the classifier, and make the neck, the teacher of both and the queue."""
        supernet.classifier.requires_grad_(False)
        self._student = Encoder(supernet, Neck(supernet.most_features, self.hidden, self.dim))
        self._queue = KeyQueue(self.queue, self.dim) if self.negatives else None
        self._teacher = deepcopy(self._student).requires_grad_(False) if self.teacher else None
        self._followers: dict[nn.Parameter, nn.Parameter] = {}
        if self._teacher is not None:
            pairs = zip(self._student.parameters(), self._teacher.parameters(), strict=True)
            self._followers = {value: follower for value, follower in pairs if value.requires_grad}

    def modules(self) -> Mapping[str, nn.Module]:
        """Return the neck, and the teacher and the queue where there are any."""
        made = {"neck": self._student.neck, "teacher": self._teacher, "queue": self._queue}
        return {name: module for name, module in made.items() if module is not None}

    def step(self, step: Step) -> None:
        """Train two paths, each on the keys of the other."""
        queries, keys = [], []
        keeper = self._student if self._teacher is None else self._teacher
        for number, row in enumerate(disjoint_pair(step.supernet.space, step.rng)):
            of_query, of_key = step.views[2 * number : 2 * number + 2]
            with step.precision():
                queries.append(self._student(of_query, Path(row)))
            self._follow(queries[-1])
            with step.precision(), torch.no_grad():
                keys.append(keeper(of_key, Path(row)))
        for query, key in zip(queries, reversed(keys) if self.cross else keys, strict=True):
            step.log("feature_std", spread(query))
            step.backward("loss", self._loss(query, key, filled=min(step.number * step.batch, self.queue)))
        if self._queue is not None:
            self._queue.put(step.gather((keys[0] + keys[1]) / 2))
        if self._followers and step.number % _COMPARED == 0:
            step.log("teacher_shift", relative_shift([*self._followers], [*self._followers.values()]))

    @torch.no_grad()
    def _follow(self, query: Tensor) -> None:
        """Move the teacher's weights that a query's path has towards the student's."""
        if self._followers:
            used = used_parameters(query)
            torch._foreach_lerp_([self._followers[value] for value in used], [*used], 1 - self.momentum)

    def _loss(self, queries: Tensor, keys: Tensor, *, filled: int) -> Tensor:
        if self._queue is None:
            return 2 - 2 * (queries * keys).sum(1).mean()
        return info_nce(queries, keys, self._queue.keys[:filled], self.temperature)
