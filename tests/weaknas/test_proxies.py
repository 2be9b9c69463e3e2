"""Zero-cost proxies, each against its definition on a network that is small enough to compute it by hand."""

from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from weaknas.proxies import PROXIES, grad_norm, jacov, naswot, snip, synflow  # noqa: E402


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def net(seeded):
    """A network with all that must make no difference: statistics, dropout, gradients that are there already."""
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(64, 5)]
    made = nn.Sequential(*layers)
    for parameter in made.parameters():
        parameter.grad = torch.ones_like(parameter)
    return made


@pytest.fixture
def images(seeded):
    return torch.randn(8, 3, 6, 6)


LABELS = torch.arange(8) % 5


class Plain(nn.Module):
    """Two layers without biases, in functions where `net` has modules."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(108, 7, bias=False)
        self.last = nn.Linear(7, 5, bias=False)

    def forward(self, images):
        return F.relu(self.last(F.relu(self.first(images.flatten(1)))))


def test_synflow_is_once_for_each_layer_what_ones_come_to(images):
    plain = Plain()
    first, last = (layer.weight.detach().double().abs() for layer in (plain.first, plain.last))
    total = (last @ first @ torch.ones(108, dtype=torch.double)).sum().item()
    assert synflow(plain, images) == pytest.approx(np.log1p(2 * total))


def test_synflow_sees_no_normalisation_and_no_signs(net, images):
    before = synflow(net, images)
    for parameter in net[0].parameters():
        parameter.data.neg_()
    assert synflow(net, images) == before
    nn.init.normal_(net[1].weight)
    assert synflow(net, images) == before
    net[1] = nn.Identity()
    assert synflow(net, images) == before


def test_naswot_counts_the_units_in_which_images_agree(images):
    plain = Plain()
    first = images.flatten(1).numpy() @ plain.first.weight.detach().numpy().T
    last = np.maximum(first, 0) @ plain.last.weight.detach().numpy().T
    on = np.concatenate([first, last], 1) > 0
    agreeing = (on[:, None] == on[None]).sum(2)
    assert naswot(plain, images) == pytest.approx(np.linalg.slogdet(agreeing + np.eye(8))[1])


@pytest.mark.parametrize("act", [nn.ReLU(inplace=True), nn.ReLU6(), nn.Hardswish(), nn.SiLU()])
def test_naswot_knows_the_activations_of_mobile_networks(net, images, act):
    before = naswot(net, images)
    net[2] = act
    assert naswot(net, images) == before


def test_images_that_a_network_does_not_tell_apart_give_a_finite_naswot(net, images):
    same = images[:1].expand(8, -1, -1, -1)
    assert naswot(net, same) == pytest.approx(np.log(8 * 64 + 1))  # the determinant of a constant matrix, and ones
    assert naswot(nn.Sequential(nn.Flatten(), nn.Linear(108, 5)), images) == pytest.approx(0)


def by_definition(rows):
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(rows)) + 1e-5
    return -(np.log(eigenvalues) + 1 / eigenvalues).sum()


def test_jacov_is_of_the_correlations_of_jacobians(images):
    plain = Plain()
    jacobian = torch.autograd.functional.jacobian(plain, images)  # (8, 5, 8, 3, 6, 6)
    rows = torch.stack([jacobian[i, :, i].sum(0).flatten() for i in range(8)]).double()
    assert jacov(plain, images) == pytest.approx(by_definition(rows), rel=1e-4)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_jacov_is_worst_where_jacobians_are_alike_or_constant(images, weight):
    linear = nn.Sequential(nn.Flatten(), nn.Linear(108, 5))
    nn.init.constant_(linear[1].weight, weight)
    linear[1].weight.data[:, :50] = 0.0
    assert jacov(linear, images) == pytest.approx(-7e5, rel=1e-3)  # seven eigenvalues of 0


def test_gradient_norm_and_snip_are_of_the_weights_of_layers(net, images):
    copy = deepcopy(net)
    copy[4] = nn.Identity()
    copy.zero_grad()
    F.cross_entropy(copy(images), LABELS).backward()
    layers = [copy[0].weight, copy[5].weight]
    assert grad_norm(net, images, LABELS) == pytest.approx(sum(w.grad.norm().item() for w in layers))
    wanted = sum((w * w.grad).abs().sum().item() for w in layers)
    assert snip(net, images, LABELS) == pytest.approx(wanted)


@pytest.mark.parametrize("name", PROXIES)
def test_a_network_is_left_as_it_was_and_seen_as_in_training(net, images, name):
    score = PROXIES[name]
    net[1].eval()
    modes = [module.training for module in net.modules()]
    before, slopes = deepcopy(net.state_dict()), [p.grad.clone() for p in net.parameters()]
    found = score(net, images, LABELS)
    assert modes == [module.training for module in net.modules()]
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(torch.equal(p.grad, slope) for p, slope in zip(net.parameters(), slopes, strict=True))
    assert not images.requires_grad
    nn.init.normal_(net[1].running_mean)
    with torch.no_grad():
        assert score(net.eval().requires_grad_(False), images, LABELS) == found
    assert isinstance(found, float)


@pytest.mark.parametrize("name", PROXIES)
def test_a_network_through_which_nothing_flows_is_the_worst(net, images, name):
    class Nothing(nn.Sequential):
        def forward(self, images):
            return self[5](F.relu(torch.zeros(len(images), 64, dtype=images.dtype)))

    worst = PROXIES[name](Nothing(*net), images, LABELS)
    assert np.isfinite(worst)
    assert worst < PROXIES[name](net, images, LABELS)
