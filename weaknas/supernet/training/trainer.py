"""A supernet in training: its weights, optimisers and average, and one step of them."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...doors import names_from_data
from ...errors import InvalidCheckpoint, InvalidOption
from ..data import Images
from ..limits import several_values
from ..run import TrainingRun
from ..schemes import Step, make_scheme
from ..supernet import Supernet, make_supernet
from .augment import Augmentation
from .average import averaged
from .beginning import take_weights
from .learner import Learner
from .optimisation import make_optimisation
from .processes import Processes

__all__ = ["COLUMNS", "Trainer"]

COLUMNS = ("step", "rate", "images_per_second")
"""What the metrics of every run have; a scheme's losses and logs have other names."""

Batch = tuple[Tensor, Tensor]
"""`(n, 3, h, w)` bytes, this process's part of a batch, and `(n,)` class numbers."""


class Trainer:
    """Trains a supernet, step by step. What a step does follows from the run, its number and the images alone.

    Args:
        run: what is trained; `run.done` is not looked at.
        data: the images.
        processes: where it runs.
        begins: whether to take the weights that the run begins with; not where it goes on.

    Attributes:
        space: the architectures.
        supernet: the weights in training.
        scheme: how they are trained.
        weights: what the weights' steps train: of the supernet, and of what the scheme has besides.
        arch: what the architecture steps train; None without any.
        average: the moving average of the supernet; None without one.
        done: steps taken.

    Raises:
        NotFound: there is no such scheme.
        InvalidOption: the scheme or the optimisation does not take an option, or the space has not as many classes as
            the images.
        InvalidCheckpoint: the weights to begin with are damaged, or of another space.
    """

    def __init__(self, run: TrainingRun, data: Images, processes: Processes, *, begins: bool = True) -> None:
        self.run, self.processes, self.done = run, processes, 0
        self.space = space = run.make_space()
        if space.classes != len(data.classes):
            raise InvalidOption(
                f"{data.name} has {len(data.classes)} classes, and {space.name} {space.classes}; give the "
                "space as many: classes in its file, or for a registered one --option space.classes=..."
            )
        if run.batch < 1:
            raise InvalidOption(f"a batch of {run.batch} images teaches nothing; take at least one.")
        with names_from_data() if run.read else nullcontext():
            self.scheme = make_scheme(run.scheme, run.options)
            self.optimisation = make_optimisation(self.scheme, run.optimisation)
            self.scheme.prepare(space, run.steps, run.seed)
        self.steps_per_epoch = (1 - self.scheme.arch_share) * len(data.train) / run.batch
        torch.manual_seed(run.seed)
        self._layout = torch.channels_last if self.optimisation.channels_last else torch.contiguous_format
        supernet = make_supernet(space, **self.scheme.supernet_options)
        supernet.class_names = data.classes
        self.supernet = supernet.to(processes.device).to(memory_format=self._layout).train()  # type: ignore[call-overload]
        self.augmentation = Augmentation(
            self.optimisation, run.image_size, data.mean, data.std, cropped=data.side != run.image_size
        ).to(processes.device)
        self.scheme.draw(self.supernet)
        if begins:
            take_weights(self.supernet, run)
        self.scheme.attach(self.supernet)
        self._begin_anew()

    def _begin_search_anew(self) -> None:
        self._modules = dict(self.scheme.modules())
        for module in self._modules.values():
            module.to(self.processes.device)
        optimizer = self.scheme.arch_optimizer()
        self.arch = None if optimizer is None else Learner(optimizer, self.processes)

    def _begin_anew(self) -> None:
        self._begin_search_anew()
        others = set(self.arch.parameters) if self.arch else set()
        trained = {
            value: None
            for net in (self.supernet, *self._modules.values())
            for value in net.parameters()
            if value.requires_grad and value not in others
        }
        self.weights = Learner(self.optimisation.optimizer(trained), self.processes, self.optimisation.clip)
        self.average = averaged(self.supernet, self.optimisation.ema) if self.optimisation.ema else None

    @property
    def evaluated(self) -> Supernet:
        """The weights to evaluate: the average if there is one."""
        if self.average is None:
            return self.supernet
        assert isinstance(self.average.module, Supernet)
        return self.average.module

    def searches(self, number: int) -> bool:
        """Return whether an architecture step follows the weights' step of a number."""
        return self.arch is not None and self.scheme.searches(number)

    def step(self, batch: Batch, arch_batch: Batch | None = None) -> dict[str, Tensor | float]:
        """Take one step of the weights, and one of the architectures where there are images for it.

        Args:
            batch: the images of the weights' step.
            arch_batch: those of the architecture step.

        Returns:
            Losses and logs by name, of this process's part.
        """
        number = self.done
        if self.scheme.begin(number, self.supernet):
            self._begin_anew()
        if self.scheme.arch_begin(number):
            self._begin_search_anew()
        step = self._step(batch)
        rate = self.optimisation.rate(number, self.scheme.span(number, self.run.steps), self.steps_per_epoch)
        self._learn(self.weights, self.arch, self.scheme.step, step, rate)
        seen = _means(step)
        if arch_batch is not None and self.arch is not None:
            arch_step = self._step(arch_batch, 1, taken=seen)
            self._learn(self.arch, self.weights, self.scheme.arch_step, arch_step)
            seen |= _means(arch_step)
        if self.average is not None:
            self.average.update_parameters(self.supernet)
        self.done += 1
        return seen

    def _step(self, batch: Batch, *kind: int, taken: Collection[str] = ()) -> Step:
        """Return a step as the scheme sees it; `kind` sets the random numbers of two steps of a number apart."""
        number, device = self.done, self.processes.device
        torch.manual_seed(_seed(self.run.seed, number, self.processes.rank, *kind))
        images, labels = (values.to(device, non_blocking=True) for values in batch)
        views = (self.augmentation(images) for _ in range(self.scheme.views))
        return Step(
            number=number,
            supernet=self.supernet,
            views=tuple(view.contiguous(memory_format=self._layout) for view in views),
            labels=labels,
            rng=np.random.default_rng((self.run.seed, number, *kind)),
            batch=self.run.batch,
            smoothing=self.optimisation.smoothing,
            precision=self._precision,
            mean=self.processes.mean,
            taken={*COLUMNS, *taken},
            gather=self.processes.gather,
        )

    def _precision(self) -> AbstractContextManager[Any]:
        kind, precision = self.processes.device.type, self.optimisation.precision
        wanted = precision == "bfloat16" or (precision == "auto" and kind == "cuda")
        return torch.autocast(kind, torch.bfloat16, enabled=wanted)

    def _learn(
        self,
        learner: Learner,
        other: Learner | None,
        scheme: Callable[[Step], None],
        step: Step,
        rate: float | None = None,
    ) -> None:
        learner.optimizer.zero_grad()
        n = len(step.labels)
        single = several_values(
            f"a batch of {n} image gives batch normalisation a single value where layers have one pixel; "
            "take more images a step (--batch), at least two a process."
        )
        with single, other.frozen() if other else nullcontext():
            scheme(step)
        learner.update(rate)

    def is_sound(self) -> bool:
        """Return whether all that is trained is finite."""
        return self.weights.is_sound() and (self.arch is None or self.arch.is_sound())

    def state(self) -> dict[str, Any]:
        """Return tensors and numbers from which another trainer of the run goes on alike."""
        return {
            "done": self.done,
            "supernet": self.supernet.state_dict(),
            "modules": {name: module.state_dict() for name, module in self._modules.items()},
            "optimizer": self.weights.optimizer.state_dict(),
            "arch_optimizer": None if self.arch is None else self.arch.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "scheme": self.scheme.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned, or an older version, which knew no modules.

        Raises:
            InvalidCheckpoint: it is the state of something else.
        """
        try:
            if type(state["done"]) is not int or not 0 <= state["done"] <= self.run.steps:
                raise ValueError(f"{state['done']!r:.60} steps of {self.run.steps}")
            self.supernet.load_state_dict(state["supernet"])
            self.scheme.restore(state["scheme"], self.supernet)
            self._begin_anew()
            for name, module in self._modules.items():
                module.load_state_dict(state["modules"][name])
            self.weights.optimizer.load_state_dict(state["optimizer"])
            if self.arch is not None:
                self.arch.optimizer.load_state_dict(state["arch_optimizer"])
            if self.average is not None:
                self.average.load_state_dict(state["average"])
        except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
            said = str(error).strip() or type(error).__name__
            raise InvalidCheckpoint(
                f"what the run would go on from is not its state ({said.splitlines()[0]}); begin it anew."
            ) from None
        self.done = state["done"]


def _means(step: Step) -> dict[str, Tensor | float]:
    losses = {name: torch.stack(values).mean() for name, values in step.losses.items()}
    return losses | {name: sum(values) / len(values) for name, values in step.logs.items()}


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
