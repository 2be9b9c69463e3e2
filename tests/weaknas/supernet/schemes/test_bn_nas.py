"""BN-NAS: what is trained, and what stays as it was drawn."""

from math import sqrt

import pytest
import torch
from torch import nn

import weaknas
from weaknas.errors import InvalidOption
from weaknas.supernet import Path, make_supernet
from weaknas.supernet.schemes import BnNas
from weaknas.supernet.training.optimisation import make_optimisation

CELLS = weaknas.space("nasbench201", channels=16, stage=1, side=8)


def learning(supernet):
    return {name for name, value in supernet.named_parameters() if value.requires_grad}


def test_what_is_trained_is_the_normalisation(small):
    net = make_supernet(small)
    BnNas(scope="all").attach(net)
    norms = {name for name, module in net.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert learning(net) == {f"{name}.{part}" for name in norms for part in ("weight", "bias")}
    BnNas().attach(net)
    last = {name for name in norms if name.startswith("blocks.") and name.endswith("project.bn")}
    assert len(last) == sum(len(block.candidates) for block in net.blocks)
    assert learning(net) == {f"{name}.{part}" for name in last for part in ("weight", "bias")}


def test_in_cells_every_operation_has_a_last_one():
    net = make_supernet(CELLS)
    BnNas().attach(net)
    assert len(learning(net)) == 2 * 3 * 6 * 2  # weight and bias; cells, edges, convolutions


def test_convolutions_are_drawn_from_hes_normal_distribution_and_weights_of_normalisation_are_one():
    torch.manual_seed(0)
    net = make_supernet(CELLS)
    classifier = net.classifier.weight.clone()
    BnNas().draw(net)
    values = [m.weight * sqrt(m.kernel_size[0] ** 2 * m.out_channels / 2) for m in net.modules() if is_conv(m)]
    values = torch.cat([value.flatten() for value in values]).double()
    assert abs(values.mean()) < 0.02
    assert values.std().item() == pytest.approx(1, abs=0.02)
    assert (values**4).mean().item() == pytest.approx(3, abs=0.2)  # a uniform one has 1.8
    assert all((m.weight == 1).all() for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    assert torch.equal(net.classifier.weight, classifier)


def is_conv(module):
    return isinstance(module, nn.Conv2d)


def test_a_path_with_nothing_to_train_passes(make_step, monkeypatch):
    net = make_supernet(CELLS).train()
    scheme = BnNas()
    scheme.attach(net)
    skips = CELLS.from_str(["|skip_connect~0|+|none~0|avg_pool_3x3~1|+|none~0|none~1|skip_connect~2|"])
    monkeypatch.setattr(CELLS, "sample", lambda n, rng: skips)
    step = make_step(net)
    scheme.step(step)
    assert len(step.losses["loss"]) == 1
    assert all(value.grad is None for value in net.parameters())


def test_other_weights_get_no_gradient(attached, watched, make_step, gradients):
    attached(BnNas).step(make_step(watched))
    assert gradients(watched).keys() <= learning(watched)
    assert len(watched.trained) == 1
    assert watched(make_step(watched).images, Path(watched.space.sample(1, make_step(watched).rng))).requires_grad


def test_the_rate_falls_in_a_line_to_that_of_the_released_code():
    scheme = BnNas()
    optimisation = make_optimisation(scheme, {})
    rates = [optimisation.rate(number, scheme.span(number, 1000), 10) for number in range(1000)]
    assert rates[0] == 0.25
    assert rates[-1] == pytest.approx(0.0005, rel=0.6)
    assert rates[500] == pytest.approx((0.25 + 0.0005) / 2)
    assert optimisation.clip == 5


def test_another_scope_is_refused(small):
    with pytest.raises(InvalidOption, match="the scope of bn-nas is last or all, not 'first'"):
        BnNas(scope="first").prepare(small, 10)
