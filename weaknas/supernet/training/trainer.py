"""A supernet in training: its weights, optimiser and average, and one step of them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...doors import names_from_data, unknown
from ...errors import InvalidCheckpoint, InvalidOption
from ..checkpoints import refuse_difference
from ..data import Images
from ..limits import several_values
from ..loading import open_supernet
from ..run import Run
from ..schemes import SCHEMES, Scheme, Step
from ..supernet import Supernet, make_supernet
from .augment import Augmentation
from .average import averaged
from .optimisation import Optimisation
from .processes import Processes

__all__ = ["Trainer", "make_optimisation", "make_scheme"]


def make_scheme(name: str, options: Mapping[str, Any]) -> Scheme:
    """Return a scheme by its name.

    Raises:
        NotFound: there is no such scheme.
        InvalidOption: it does not take one of the options.
    """
    if name not in SCHEMES:
        raise unknown("scheme", name, SCHEMES)
    scheme: Scheme = _made(SCHEMES[name], f"the scheme {name!r}", options)
    return scheme


def make_optimisation(scheme: Scheme, options: Mapping[str, Any]) -> Optimisation:
    """Return the recipe of a scheme, with some options changed.

    Raises:
        InvalidOption: there is no such option, or a value cannot be used.
    """
    recipe: Optimisation = _made(Optimisation, "training", {**scheme.recipe, **options})
    return recipe


def _made(maker: Any, what: str, options: Mapping[str, Any]) -> Any:
    takes = signature(maker).parameters
    if wrong := sorted(options.keys() - takes.keys()):
        raise InvalidOption(f"{what} has no option {wrong[0]!r}; it takes {', '.join(takes)}.")
    return maker(**options)


class Trainer:
    """Trains a supernet, step by step. What a step does follows from the run, its number and the batch alone.

    Args:
        run: what is trained; `run.done` is not looked at.
        data: the images.
        processes: where it runs.

    Attributes:
        supernet: the weights in training.
        done: steps taken.

    Raises:
        NotFound: there is no such scheme.
        InvalidOption: the scheme or the recipe does not take an option, or the space has not as many classes as the
            images.
    """

    def __init__(self, run: Run, data: Images, processes: Processes) -> None:
        self.run, self.processes, self.done = run, processes, 0
        space = run.make_space()
        if space.classes != len(data.classes):
            raise InvalidOption(
                f"{data.name} has {len(data.classes)} classes, and {space.name} {space.classes}; give the "
                "space as many: classes in its file, or for a registered one --option space.classes=..."
            )
        if run.batch < 1:
            raise InvalidOption(f"a batch of {run.batch} images teaches nothing; take at least one.")
        self.scheme = make_scheme(run.scheme, run.options)
        self.recipe = make_optimisation(self.scheme, run.recipe)
        with names_from_data() if run.read else nullcontext():
            self.scheme.prepare(space, run.steps, run.seed)
        self.steps_per_epoch = len(data.train) / run.batch
        torch.manual_seed(run.seed)
        self._layout = torch.channels_last if self.recipe.channels_last else torch.contiguous_format
        supernet = make_supernet(space, **self.scheme.supernet_options)
        supernet.class_names = data.classes
        self.supernet = supernet.to(processes.device).to(memory_format=self._layout).train()  # type: ignore[call-overload]
        self.augmentation = Augmentation(
            self.recipe, run.image_size, data.mean, data.std, cropped=data.side != run.image_size
        ).to(processes.device)
        self._begin_anew()

    def begin_with(self, weights: str) -> None:
        """Take the weights of a supernet, before any step.

        Where it has other classes, the classifier is a new one; classes that both have keep their weights.

        Raises:
            NotFound: there is none.
            InvalidCheckpoint: it is damaged, or of another space.
        """
        begun = open_supernet(weights)
        if self.run.weights_classes is not None:
            begun.class_names = self.run.weights_classes
        tensors = begun.state_dict()
        if begun.class_names is None and begun.space.classes == self.supernet.space.classes:
            begun.class_names = self.supernet.class_names  # by number
        if begun.class_names != self.supernet.class_names:
            tensors |= _classifier(self.supernet, begun)
        refuse_difference(self.supernet, tensors, weights)
        self.supernet.load_state_dict(tensors)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.optimizer = self.recipe.optimizer(self.supernet)
        self.average = averaged(self.supernet, self.recipe.ema) if self.recipe.ema else None

    @property
    def evaluated(self) -> Supernet:
        """The weights to evaluate: the average if there is one."""
        if self.average is None:
            return self.supernet
        assert isinstance(self.average.module, Supernet)
        return self.average.module

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.recipe.rate(self.done, self.scheme.span(self.done, self.run.steps), self.steps_per_epoch)

    def _precision(self) -> AbstractContextManager[Any]:
        kind = self.processes.device.type
        wanted = self.recipe.precision == "bfloat16" or (self.recipe.precision == "auto" and kind == "cuda")
        return torch.autocast(kind, torch.bfloat16, enabled=wanted)

    def step(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Take one step.

        Args:
            images: `(n, 3, h, w)` bytes, this process's part of the batch.
            labels: `(n,)` class numbers.

        Returns:
            The losses by name, of this process's part.
        """
        number, device = self.done, self.processes.device
        if self.scheme.begin(number, self.supernet):
            self._begin_anew()
        torch.manual_seed(_seed(self.run.seed, number, self.processes.rank))
        step = Step(
            number=number,
            supernet=self.supernet,
            images=self.augmentation(images.to(device, non_blocking=True)).contiguous(memory_format=self._layout),
            labels=labels.to(device, non_blocking=True),
            rng=np.random.default_rng((self.run.seed, number)),
            smoothing=self.recipe.smoothing,
            precision=self._precision,
            mean=self.processes.mean,
        )
        self.optimizer.zero_grad()
        single = several_values(
            f"a batch of {len(images)} image gives batch normalisation a single value where layers have one pixel; "
            "take more images a step (--batch), at least two a process."
        )
        with single:
            self.scheme.step(step)
        self.processes.average_gradients(self.supernet)
        self.recipe.clip_gradients(self.supernet.parameters())
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.supernet)
        self.done += 1
        return {name: torch.stack(values).mean() for name, values in step.losses.items()}

    def is_sound(self) -> bool:
        """Return whether all weights are finite."""
        norms = torch._foreach_norm([value.detach() for value in self.supernet.parameters()])
        return bool(torch.stack(norms).isfinite().all())

    def state(self) -> dict[str, Any]:
        """Return tensors and numbers from which another trainer of the run goes on alike."""
        return {
            "done": self.done,
            "supernet": self.supernet.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "scheme": self.scheme.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned.

        Raises:
            InvalidCheckpoint: it is the state of something else.
        """
        try:
            if type(state["done"]) is not int or not 0 <= state["done"] <= self.run.steps:
                raise ValueError(f"{state['done']!r:.60} steps of {self.run.steps}")
            self.supernet.load_state_dict(state["supernet"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.average is not None:
                self.average.load_state_dict(state["average"])
            self.scheme.restore(state["scheme"], self.supernet)
        except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
            said = str(error).strip() or type(error).__name__
            raise InvalidCheckpoint(
                f"what the run would go on from is not its state ({said.splitlines()[0]}); begin it anew."
            ) from None
        self.done = state["done"]


def _classifier(supernet: Supernet, other: Supernet) -> dict[str, Tensor]:
    """Return the classifier of a supernet, with the weights that another one has for classes of the same name."""
    kept = {f"classifier.{name}": value.clone() for name, value in supernet.classifier.state_dict().items()}
    mine, theirs = list(supernet.class_names or ()), list(other.class_names or ())
    shared = [(row, theirs.index(name)) for row, name in enumerate(mine) if name in theirs]
    for name, value in other.classifier.state_dict().items():
        to = kept[f"classifier.{name}"]
        if to.shape[1:] == value.shape[1:]:
            for row, place in shared:
                to[row] = value[place]
    return kept


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
