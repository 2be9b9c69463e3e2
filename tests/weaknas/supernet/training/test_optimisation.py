from math import cos, pi

import pytest

from weaknas.errors import InvalidOption
from weaknas.supernet import make_supernet
from weaknas.supernet.schemes import Span
from weaknas.supernet.training import Optimisation

SPAN = Span(100, 200)


def test_cosine_falls_to_zero_after_a_warm_up():
    optimisation = Optimisation(learning_rate=0.4, warmup=0.1)
    rates = [optimisation.rate(number, SPAN, 10) for number in range(100, 200)]
    assert rates[:10] == pytest.approx([0.4 * (i + 1) / 11 for i in range(10)])
    assert rates[10:] == pytest.approx([0.2 * (1 + cos(pi * i / 90)) for i in range(90)])
    assert max(rates) == rates[10] == 0.4
    assert rates[-1] < 0.001


def test_linear_falls_to_its_end():
    optimisation = Optimisation(schedule="linear", learning_rate=0.4, warmup=0.1, ending=0.25)
    rates = [optimisation.rate(number, SPAN, 10) for number in range(100, 200)]
    assert rates[:10] == pytest.approx([0.4 * (i + 1) / 11 for i in range(10)])
    assert rates[10:] == pytest.approx([0.4 - 0.3 * i / 90 for i in range(90)])


def test_exponential_ends_in_a_constant():
    optimisation = Optimisation(schedule="exponential", learning_rate=0.4, warmup=0.0, decay=0.5, ending=0.1)
    rates = [optimisation.rate(number, SPAN, 10) for number in range(100, 200)]
    assert rates[0] == 0.4
    assert rates[10] == pytest.approx(0.2)  # half after an epoch
    assert rates[-1] == rates[50] == pytest.approx(0.04)
    # 0.97 every 2.4 epochs, as BigNAS.
    assert Optimisation(schedule="exponential", warmup=0.0).rate(24, Span(0, 9999), 10) == pytest.approx(0.1 * 0.97)


def test_a_part_of_the_run_scales_the_rate():
    optimisation = Optimisation(warmup=0.0)
    assert optimisation.rate(0, Span(0, 10, 0.25), 1) == pytest.approx(0.025)


def test_normalisation_and_biases_do_not_decay(small):
    optimisation = Optimisation(weight_decay=0.5, momentum=0.7)
    net = make_supernet(small)
    decaying, others = optimisation.optimizer(net.parameters()).param_groups
    names = {id(value): name for name, value in net.named_parameters()}
    assert (decaying["weight_decay"], others["weight_decay"]) == (0.5, 0.0)
    assert (decaying["momentum"], decaying["nesterov"]) == (0.7, True)
    assert {name.rpartition(".")[2] for name in (names[id(value)] for value in decaying["params"])} == {
        "weight",
        "7to5_matrix",
        "5to3_matrix",
    }
    assert all(".bn." in names[id(v)] or names[id(v)].endswith("bias") for v in others["params"])
    assert len(decaying["params"]) + len(others["params"]) == len(names)
    assert not Optimisation(momentum=0.0).optimizer(net.parameters()).param_groups[0]["nesterov"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "steps"}, "training.schedule is one of cosine, linear, exponential"),
        ({"augment": True}, "training.augment is one of none, crop, randaugment"),
        ({"precision": "half"}, "training.precision is one of auto, bfloat16, float32"),
        ({"channels_last": "yes"}, "training.channels_last is one of True, False"),
        ({"learning_rate": -1}, "training.learning_rate is a number from 0 to inf, not -1"),
        ({"warmup": 2}, "training.warmup is a number from 0 to 1, not 2"),
        ({"ema": "slow"}, "training.ema is a number from 0 to 1, not 'slow'"),
        ({"magnitude": 30}, "training.magnitude is a number from 1 to 29, not 30"),
        ({"learning_rate": float("nan")}, "training.learning_rate is a number"),
    ],
)
def test_values_that_cannot_be_used_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        Optimisation(**options)
