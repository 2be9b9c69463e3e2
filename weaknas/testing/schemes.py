"""What every scheme of training must do, as tests that a plug-in's author inherits."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import InvalidOption
from ..spaces import NetworkSpace, UserMobile
from ..supernet.data import Images, open_images
from ..supernet.run import TrainingRun
from ..supernet.schemes import Scheme, make_scheme
from ..supernet.training import Trainer
from ..supernet.training.processes import Processes
from ..supernet.training.state import read_state, write_state
from .running import require

__all__ = ["SchemeContract"]

_SIDE, _CLASSES, _BATCH = 12, 4, 8
_COMMON = {"classes": _CLASSES, "resolution": [8, 12], "head": {"width": 16}}
_KERNELS = {"width": [8, 16], "depth": [1, 2], "kernel": [3, 5], "expansion": [1, 2], "stride": 2}
_CANDIDATES = {"width": 8, "depth": 2, "candidates": ["k3e2", "k5e1", "skip"], "shortcut": "none", "stride": 2}


class SchemeContract:
    """The contract of schemes. Subclass it, give the fixture `scheme`, and every test is inherited.

    The fixture returns the scheme's name, or `file.py:Class`. `options` may be overridden.

    Attributes:
        spaces: where it is tried, of different choices.
        steps: how many steps a run takes.
    """

    spaces: tuple[NetworkSpace, ...] = (
        UserMobile({"name": "kernels", "stem": {"width": 8}, "stage": [_KERNELS], **_COMMON}),
        UserMobile({"name": "candidates", "stem": {"width": [8, 16]}, "stage": [_CANDIDATES], **_COMMON}),
    )
    steps: int = 10

    def options(self, space: NetworkSpace) -> Mapping[str, Any]:
        """Return the options to try it with in a space; fast settings are welcome."""
        return {}

    # -- its options ----------------------------------------------------------------------------------

    def test_its_options_are_checked(self, scheme: str) -> None:
        """An option that it does not have, and a text in place of a number, are refused by `InvalidOption`."""
        space = self.spaces[0]
        with _refusal("an option that it does not have"):
            make_scheme(scheme, {"no_such_option": 1})
        for field in fields(self._make(scheme, space)):  # type: ignore[arg-type]
            if type(field.default) in (int, float):
                with _refusal(f"{field.name}='many'"):
                    wrong = make_scheme(scheme, {**self.options(space), field.name: "many"})
                    wrong.prepare(space, self.steps)

    # -- its steps ------------------------------------------------------------------------------------

    def test_it_trains_on_every_space(self, scheme: str) -> None:
        """In every space its steps have losses, finite ones and finite gradients, and change what is trained."""
        for space in self.spaces:
            trainer = self._trainer(scheme, space)
            began = [(learner, _copies(learner.parameters)) for learner in (trainer.weights, trainer.arch) if learner]
            for seen in self._steps(trainer, self.steps):
                numbers = torch.tensor([float(value) for value in seen.values()])
                require(len(seen) > 0, "a step had no loss; hand one to step.backward.")
                require(bool(numbers.isfinite().all()), f"losses and logs must be finite numbers, not {seen}.")
                for learner, _ in began:
                    found = [value.grad for value in learner.parameters if value.grad is not None]
                    require(all(bool(grad.isfinite().all()) for grad in found), "a gradient was no finite number.")
            for learner, before in began:
                changed = any(not torch.equal(*pair) for pair in zip(before, learner.parameters, strict=True))
                require(changed, f"{self.steps} steps left what {type(learner.optimizer).__name__} trains as it was.")

    def test_the_same_seed_gives_the_same_run(self, scheme: str) -> None:
        """Two runs of a seed come to the same weights, bit for bit."""
        first, second = (self._trainer(scheme, self.spaces[0]) for _ in range(2))
        for one, other in zip(self._steps(first, 5), self._steps(second, 5), strict=True):
            require(_same(one, other), "two runs of a seed differ; draw from step.rng, which the seed decides.")
        require(_same(first.state(), second.state()), "two runs of a seed come to different weights.")

    def test_a_run_that_was_stopped_goes_on_alike(self, scheme: str) -> None:
        """Stopped anywhere, and restored from a file into a new object, it ends as if it had not been."""
        whole = self._trainer(scheme, self.spaces[0])
        parts = self._trainer(scheme, self.spaces[0])
        for number, _ in enumerate(self._steps(whole, self.steps)):
            for _ in self._steps(parts, 1):
                pass
            if number in (0, self.steps // 2, self.steps - 2):
                parts = self._restored(scheme, parts.state())
        require(
            _same(whole.state(), parts.state()) and _same(_found(whole.scheme), _found(parts.scheme)),
            "a run that was stopped goes on differently; keep all that steps change in modules(), or in state().",
        )

    # -- what it has, and what it found ---------------------------------------------------------------

    def test_its_modules_hold_the_parameters_of_its_optimiser(self, scheme: str) -> None:
        """What `arch_optimizer` trains is in `modules`, so that it is moved and kept with the run."""
        made = self._trainer(scheme, self.spaces[0]).scheme
        optimizer = made.arch_optimizer()
        trained = [value for group in optimizer.param_groups for value in group["params"]] if optimizer else []
        held = {value for module in made.modules().values() for value in module.parameters()}
        require(held.issuperset(trained), "arch_optimizer() trains parameters that are in none of modules().")

    def test_what_it_found_is_in_the_space(self, scheme: str) -> None:
        """`derive` returns architectures of the space, or None, also before any step."""
        for space in self.spaces:
            trainer = self._trainer(scheme, space)
            for _ in (None, *self._steps(trainer, self.steps)):
                found = trainer.scheme.derive()
                if found is not None:
                    require(len(found) > 0 and len(space.validate(found)) == len(found), "derive() found none.")

    # -- helpers --------------------------------------------------------------------------------------

    def _make(self, scheme: str, space: NetworkSpace) -> Scheme:
        return make_scheme(scheme, self.options(space))

    def _trainer(self, scheme: str, space: NetworkSpace) -> Trainer:
        """Return a trainer before its first step."""
        options = asdict(self._make(scheme, space))  # type: ignore[call-overload]
        run = TrainingRun(
            space=space.recipe or {},
            scheme=scheme,
            options=options,
            optimisation={},
            data="",
            held_out=0.1,
            split_seed=0,
            image_size=_SIDE,
            batch=_BATCH,
            steps=self.steps,
            seed=3,
        )
        return Trainer(run, _images(), Processes("cpu"))

    def _steps(self, trainer: Trainer, n: int) -> Iterator[dict[str, Any]]:
        """Take steps, each on images that its number decides, and yield their losses and logs."""
        data = _images().train
        for number in range(trainer.done, trainer.done + n):
            rows = np.random.default_rng(number).permutation(len(data))
            batch, other = ((data.read(rows[i : i + _BATCH]), data.labels[rows[i : i + _BATCH]]) for i in (0, _BATCH))
            yield trainer.step(batch, other if trainer.searches(number) else None)

    def _restored(self, scheme: str, state: Mapping[str, Any]) -> Trainer:
        trainer = self._trainer(scheme, self.spaces[0])
        with tempfile.TemporaryDirectory() as folder:
            write_state(Path(folder) / "state.pt", state)
            trainer.restore(read_state(Path(folder) / "state.pt"))
        return trainer


@contextmanager
def _refusal(what: str) -> Iterator[None]:
    try:
        yield
    except InvalidOption as error:
        require("\n" not in str(error), f"{what} must be refused in one sentence.")
    else:
        raise AssertionError(f"{what} must be refused by InvalidOption, in prepare at the latest.")


@cache
def _images() -> Images:
    """Return images of noise."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, _SIDE, _SIDE, 3)).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "noise.npz", x=pixels, y=np.arange(len(pixels)) % _CLASSES)
        return open_images(Path(folder) / "noise.npz")


def _copies(parameters: list[Any]) -> list[torch.Tensor]:
    return [value.detach().clone() for value in parameters]


def _found(scheme: Scheme) -> Any:
    found = scheme.derive()
    return None if found is None else found.tolist()


def _same(one: Any, other: Any) -> bool:
    """Compare nested states, tensors bit for bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
