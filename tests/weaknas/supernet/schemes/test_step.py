import numpy as np
import pytest
import torch
import torch.nn.functional as F

from weaknas.errors import PluginError
from weaknas.supernet import Path
from weaknas.supernet.schemes.step import distillation


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


def test_what_is_logged_waits_on_its_device_and_has_a_name_of_its_own(watched, make_step):
    step = make_step(watched)
    entropy = torch.tensor(2.0, requires_grad=True)
    step.log("entropy", entropy)
    step.log("paths", 3)
    step.log("paths", 5)
    assert step.logs["paths"] == [3, 5]
    assert not step.logs["entropy"][0].requires_grad
    step.taken = ("rate",)
    step.backward("loss", entropy * 1)
    for name, call in (("loss", step.log), ("rate", step.log), ("entropy", step.backward), ("rate", step.backward)):
        with pytest.raises(PluginError, match=f"the metrics have a column '{name}' already"):
            call(name, entropy)
