import pytest
import torch

from weaknas.supernet.training.learner import Learner
from weaknas.supernet.training.processes import Processes


def learner(weight, clip=0.0):
    return Learner(torch.optim.SGD([weight], 1.0), Processes("cpu"), clip)


@pytest.mark.parametrize(("clip", "wanted"), [(0.5, [0.5, -0.1, -0.5]), (0.0, [3.0, -0.1, -3.0])])
def test_gradients_are_cut(clip, wanted):
    weight = torch.nn.Parameter(torch.zeros(3))
    weight.grad = torch.tensor([-3.0, 0.1, 3.0])
    learner(weight, clip).update()
    assert weight.tolist() == pytest.approx(wanted)


def test_a_rate_is_that_of_the_step():
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.ones(1)
    one = learner(weight)
    one.update(0.25)
    assert (one.rate, weight.item()) == (0.25, -0.25)


def test_what_is_frozen_gets_no_gradient():
    weight, other = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
    with learner(weight).frozen():
        (weight * other).sum().backward()
    assert weight.grad is None
    assert other.grad is not None
    assert weight.requires_grad


def test_numbers_that_are_not_finite_are_noticed():
    weight = torch.nn.Parameter(torch.ones(2))
    assert learner(weight).is_sound()
    with torch.no_grad():
        weight[1] = float("inf")
    assert not learner(weight).is_sound()
