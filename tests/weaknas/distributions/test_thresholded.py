"""Laws of weights that are zero below a threshold of their node."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit, softmax

from weaknas.distributions import Thresholded
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.spaces import Choices, NasBench201


class Loose(Choices):
    """Two choices into one node, neither with an option `none`, and one that has no other."""

    nodes = property(lambda self: {"node": self.choices[:2], "nothing": self.choices[2:]})


CELL = NasBench201()
LOOSE = Loose({"a": ["x", "y"], "b": ["x", "y", "z"], "c": ["none"]})
both = pytest.mark.parametrize("space", [CELL, LOOSE])


def make(space, logits, thresholds=0.1, temperature=1.0):
    made = Thresholded(space, temperature=temperature).double()
    made.logits.data = torch.as_tensor(logits, dtype=torch.float64)
    made.beta.data = torch.as_tensor(logit(np.broadcast_to(thresholds, len(space.nodes))))
    return made


def by_hand(space, logits, thresholds, temperature):
    """Return the weights by the equations, choice by choice."""
    parts = dict(zip(space.choices, np.split(logits, np.cumsum(space.options)[:-1]), strict=True))
    weights = {}
    for threshold, node in zip(thresholds, space.nodes.values(), strict=True):
        probs = {choice: np.zeros(len(choice.options)) for choice in node}
        for choice, part in probs.items():
            if (real := np.arange(len(part)) != choice.none).any():
                part[real] = softmax(parts[choice][real] / temperature)
        largest = max(part.max() for part in probs.values()) or 1
        for choice, part in probs.items():
            above = np.maximum(part / largest - threshold, 0)
            if not above.any():
                above[part.argmax() if choice.none is None else choice.none] = 1
            weights[choice.name] = above / above.sum()
    return weights


@both
@pytest.mark.parametrize("temperature", [0.25, 1.0, 2.0])
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_weights_are_those_of_the_equations(space, temperature, seed):
    rng = np.random.default_rng(seed)
    logits, thresholds = rng.normal(size=space.options.sum()), expit(2 * rng.normal(size=len(space.nodes)))
    found = make(space, logits, thresholds, temperature).weights()
    for name, wanted in by_hand(space, logits, thresholds, temperature).items():
        np.testing.assert_allclose(found[name].detach(), wanted, atol=1e-9)


@both
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 100), st.floats(-100, 100))
def test_in_each_node_something_survives_and_weights_sum_to_one(space, seed, scale, beta):
    made = Thresholded(space)
    made.logits.data = scale * torch.from_numpy(np.random.default_rng(seed).normal(size=len(made.logits))).float()
    made.beta.data.fill_(beta)
    weights = made.weights()
    for choice in space.choices:
        assert weights[choice.name].min() >= 0
        assert float(weights[choice.name].detach().sum()) == pytest.approx(1, abs=1e-5)
    real = {choice.name: np.arange(len(choice.options)) != choice.none for choice in space.choices}
    kept = {name: (weight.detach().numpy() != 0) & real[name] for name, weight in weights.items()}
    for node in space.nodes.values():
        names = [choice.name for choice in node]
        assert any(kept[name].any() for name in names) == any(real[name].any() for name in names)
    assert int(made.survivors()) == sum(part.sum() for part in kept.values())
    sum((weight**2).sum() for weight in weights.values()).backward()
    assert torch.isfinite(made.logits.grad).all()
    assert torch.isfinite(made.beta.grad).all()


def test_what_is_below_the_threshold_is_zero_and_learns_nothing():
    first = [2.0, 1.0, 0.5, -4.0, 0.0]  # of edge 0-1, alone in its node; `none` first
    made = make(CELL, first + [0.0] * 25, thresholds=0.2)
    weight = made.weights()["op0-1"]
    assert (weight != 0).tolist() == [False, True, True, False, True]
    weight[1].backward()
    assert (made.logits.grad[:5].abs() > 1e-12).tolist() == [False, True, True, False, True]
    assert made.beta.grad[0] > 0  # the higher the threshold, the more the largest has
    assert made.beta.grad[1:].eq(0).all()


def test_an_edge_of_which_nothing_survives_is_left_out():
    logits = np.zeros((6, 5))
    logits[1, 3] = 20.0  # edge 0-2 has all of its probability on one operation, edge 1-2 none that comes near
    made = make(CELL, logits.ravel(), thresholds=0.5)
    assert made.weights()["op1-2"].tolist() == [1, 0, 0, 0, 0]
    assert made.weights()["op0-2"].tolist() == [0, 0, 0, 1, 0]
    assert CELL.to_str(made.mode())[0].split("+")[1].split("|")[1:3] == ["nor_conv_3x3~0", "none~1"]


def test_a_choice_that_cannot_be_left_out_keeps_its_largest():
    made = make(LOOSE, [9.0, 0.0, 0.0, 0.1, 0.0, 0.0], thresholds=0.5)
    weights = made.weights()
    assert weights["b"].tolist() == [0, 1, 0]
    assert weights["c"].tolist() == [1]
    assert LOOSE.to_str(made.mode()) == ["x;y;none"]


def test_a_lower_temperature_leaves_fewer():
    made = make(CELL, np.random.default_rng(0).normal(size=30))
    left = []
    for temperature in (2.0, 1.0, 0.5, 0.1):
        made.temperature.fill_(temperature)
        left.append(int(made.survivors()))
    assert left == sorted(left, reverse=True)
    assert left[0] > 2 * left[-1]


def test_entropy_and_cost_are_of_the_weights(spaces):
    space = spaces["mobile"]
    made = make(space, np.random.default_rng(0).normal(size=space.options.sum()), thresholds=0.3)
    weights = made.weights()
    kept = torch.cat(list(weights.values())).detach()
    kept = kept[kept > 0]
    assert len(kept) < space.options.sum()
    assert made.entropy().item() == pytest.approx(float(-(kept * kept.log()).sum()))
    assert made.expected_cost().macs.item() == pytest.approx(space.expected_cost(weights).macs.item())


def test_survivors_that_are_no_architecture_together_are_refused():
    part = CELL.narrow({"op0-1": ["skip_connect"]})
    logits = np.zeros((6, 5))
    logits[:, 3] = 3.0
    with pytest.raises(InvalidArchitecture, match="no architecture of nasbench201"):
        make(part, logits.ravel()).mode()


@pytest.mark.parametrize("options", [{"threshold": 0.0}, {"threshold": 1.0}, {"temperature": 0.0}])
def test_what_cannot_be_used_is_refused(options):
    with pytest.raises(InvalidOption, match=next(iter(options))):
        Thresholded(CELL, **options)
