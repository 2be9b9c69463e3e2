import numpy as np
import pytest
import torch
import torch.nn.functional as F

from weaknas.errors import InvalidOption
from weaknas.spaces import known
from weaknas.supernet import Path
from weaknas.supernet.schemes import AttentiveSampling, BigNas, Ofa, Spos, extremes
from weaknas.supernet.schemes.step import distillation


@pytest.mark.parametrize("name", ["ofa-mbv3", "attentive-nas", "spos-mobilenet", "fbnetv2"])
def test_no_architecture_is_smaller_or_larger_than_the_extremes(name):
    space = known(name)
    smallest, largest = space.cost(extremes(space)).macs
    macs = space.cost(space.sample(2000, np.random.default_rng(0))).macs
    assert smallest <= macs.min() < macs.max() <= largest


def test_the_extremes_choose_among_layers_too(small):
    assert small.to_str(extremes(small)) == [
        "r12;w8,8,16,16,16,24;d1,1;bk5e2,skip,skip,k3e2,k3e2;k3,3,3,3;e1,1,2",
        "r15;w16,16,24,24,24,40;d2,2;bk3e3,k3e3,k3e3,k3e3,k3e3;k7,7,7,7;e3,3,4",
    ]


def test_the_published_extremes_of_attentive_nas():
    space = known("attentive-nas")
    smallest, largest = extremes(space)
    assert (smallest == space.from_str(["a0"])[0]).all()
    assert space.to_str(largest[None]) == [
        "r288;w24,24,32,40,72,128,216,224,1984;d2,5,6,6,8,8,2;k5,5,5,5,5,5,5;e1,6,6,6,6,6,6"
    ]


def test_distillation_pulls_towards_the_teacher_and_leaves_it_alone():
    student, teacher = torch.randn(5, 4, requires_grad=True), torch.randn(5, 4, requires_grad=True)
    loss = distillation(student, teacher)
    loss.backward()
    # The gradient of the divergence is the difference of the predictions (Hinton et al., 2015, eq. 2).
    wanted = (F.softmax(student, 1) - F.softmax(teacher, 1)).detach() / len(student)
    torch.testing.assert_close(student.grad, wanted)
    assert teacher.grad is None
    assert distillation(teacher, teacher).item() == pytest.approx(0, abs=1e-6)


def test_gradients_of_paths_add_up_and_those_of_other_layers_stay_missing(watched, make_step, small, gradients):
    rows = small.sample(3, np.random.default_rng(1))
    one = {}
    for row in rows:
        step = make_step(watched)
        watched.zero_grad()
        step.backward("loss", step.hard(step.logits(Path(row))))
        for name, value in gradients(watched).items():
            one[name] = one.get(name, 0) + value
    watched.zero_grad()
    step = make_step(watched)
    for row in rows:
        step.backward("loss", step.hard(step.logits(Path(row))))
    found = gradients(watched)
    assert found.keys() == one.keys()
    assert found.keys() < dict(watched.named_parameters()).keys()
    for name, value in found.items():
        torch.testing.assert_close(value, one[name], rtol=1e-4, atol=1e-5)
    assert len(step.losses["loss"]) == 3


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        (Spos(paths=0), "paths of spos is a whole number of at least 1, not 0"),
        (Spos(paths=1.5), "paths of spos is a whole number of at least 1, not 1.5"),
        (BigNas(between=-1), "between of bignas is a whole number of at least 0, not -1"),
        (BigNas(dropout=1), "dropout of bignas is a rate from 0 to below 1, not 1"),
        (
            AttentiveSampling(drop_connect="much"),
            "drop_connect of attentivenas is a rate from 0 to below 1, not 'much'",
        ),
        (AttentiveSampling(candidates=0), "candidates of attentivenas is a whole number"),
        (AttentiveSampling(pick="up"), "pick is 'best' or 'worst', not 'up'"),
        (AttentiveSampling(bin_macs=0), "bins of 0 multiply-accumulates have no width"),
        (Ofa(paths=(1,)), r"paths of ofa is one positive whole number for each of \('k', 'd', 'e', 'w'\)"),
        (Ofa(paths=(1, 2, 0, 4)), "paths of ofa is one positive whole number"),
        (Ofa(distil=-1.0), "distil of ofa is a weight of at least 0, not -1.0"),
    ],
)
def test_options_that_cannot_be_used_are_refused(small, scheme, message):
    with pytest.raises(InvalidOption, match=message):
        scheme.prepare(small, 100)
