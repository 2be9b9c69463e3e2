"""The contract finds what is wrong: each scheme here breaks one promise."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch

from weaknas.supernet import Path
from weaknas.supernet.schemes import Scheme, counts
from weaknas.testing import SchemeContract, verdicts


@dataclass
class Good(Scheme):
    paths: int = 1

    name: ClassVar[str] = "good"

    def prepare(self, space, steps, seed=0):
        counts(self, 1, "paths")

    def row(self, step):
        return step.supernet.space.sample(1, step.rng)

    def step(self, step):
        step.backward("loss", step.hard(step.logits(Path(self.row(step)))))


class Credulous(Good):
    def prepare(self, space, steps, seed=0):
        pass


class Careless(Good):
    def row(self, step):
        return step.supernet.space.sample(1, np.random.default_rng())


class Forgetful(Good):
    def attach(self, supernet):
        self.done = 0

    def step(self, step):
        self.done += 1
        step.backward("loss", self.done * step.hard(step.logits(Path(self.row(step)))))


class Infinite(Good):
    def step(self, step):
        super().step(step)
        step.log("logarithm", -float("inf"))


class Idle(Good):
    def step(self, step):
        step.backward("loss", 0 * step.hard(step.logits(Path(self.row(step)))))

    optimisation: ClassVar = {"weight_decay": 0.0}


class Homeless(Good):
    def attach(self, supernet):
        self.theta = torch.nn.Parameter(torch.zeros(2))

    def arch_optimizer(self):
        return torch.optim.SGD([self.theta], 0.1)

    def arch_step(self, step):
        step.backward("arch_loss", self.theta.sum())


class Lost(Good):
    def derive(self):
        return np.full((1, 3), 99)


class InFewSteps(SchemeContract):
    steps = 4


BROKEN = {
    "Good": set(),
    "Credulous": {"test_its_options_are_checked"},
    "Careless": {"test_the_same_seed_gives_the_same_run", "test_a_run_that_was_stopped_goes_on_alike"},
    "Forgetful": {"test_a_run_that_was_stopped_goes_on_alike"},
    "Infinite": {"test_it_trains_on_every_space"},
    "Idle": {"test_it_trains_on_every_space"},
    "Homeless": {"test_its_modules_hold_the_parameters_of_its_optimiser"},
    "Lost": {"test_what_it_found_is_in_the_space"},
}


TESTS = [name for name in vars(SchemeContract) if name.startswith("test_")]
WORDS = {name: getattr(SchemeContract, name).__doc__.rstrip(".") for name in TESTS}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found(name):
    found = {one.what for one in verdicts(InFewSteps(), lambda: f"{__file__}:{name}") if one.passed is False}
    assert found == {WORDS[test] for test in BROKEN[name]}
