"""The laws of a supernet: a path, a one-hot mixture and the extracted network are one."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.spaces import FOUND, AttentiveNas, FbnetV2, FbnetV2Found, OfaMobileNetV3, SposMobileNet
from weaknas.supernet import Mix, Path, make_supernet, onehot

PUBLISHED = {
    "ofa": (OfaMobileNetV3(1.2, [32, 40]), 40),
    "attentive": (AttentiveNas(), 192),
    "fbnetv2": (FbnetV2((32,)), 32),
    "spos": (SposMobileNet(32), 32),
    "fbnetv2-f4": (FbnetV2Found("f4"), 64),
}


def draw(space, n=1, seed=0):
    return space.sample(n, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def double(small, randomise):
    return randomise(make_supernet(small)).double()


@pytest.fixture
def supernet(small, randomise):
    return randomise(make_supernet(small)).eval()


def assert_one(supernet, row, x):
    """Compare path, mixture and extracted network in double precision, in the mode that the supernet is in."""
    x = x.double()
    with torch.no_grad():
        path = supernet(x, Path(row))
        mix = supernet(x, Mix(onehot(supernet.space, row)))
        subnet = supernet.subnet(row)(x)
    scale = path.abs().max()
    assert scale > 0.1
    assert (path - mix).abs().max() < 1e-9 * scale
    assert (path - subnet).abs().max() < 1e-9 * scale
    return path


@given(seed=st.integers(0, 2**32 - 1), training=st.booleans())
@settings(max_examples=15, deadline=None)
def test_path_mixture_and_extraction_are_one(double, images, seed, training):
    supernet = double.train(training)
    first, second = draw(supernet.space, 2, seed)
    outputs = [assert_one(supernet, row, images(4, 15, seed)) for row in (first, second)]
    if supernet.space.key(first[None]) != supernet.space.key(second[None]):
        assert (outputs[0] - outputs[1]).abs().max() > 1e-3


@pytest.mark.parametrize("name", PUBLISHED)
def test_they_are_one_at_full_size(name, randomise, images):
    space, side = PUBLISHED[name]
    supernet = randomise(make_supernet(space)).double().eval()
    assert_one(supernet, draw(space)[0], images(1, side))


def extremes(space):
    return [np.zeros(len(space.options), dtype=np.int8), (space.options - 1).astype(np.int8)]


def test_the_extremes_are_one(double, images):
    for row in extremes(double.space):
        assert_one(double.eval(), row, images(2, 12))


@pytest.mark.parametrize("name", ["small", *PUBLISHED])
def test_counted_flops_and_parameters_are_the_analytic_ones(name, small):
    space = small if name == "small" else PUBLISHED[name][0]
    row = draw(space, seed=3)
    net = make_supernet(space).subnet(row)
    cost = space.cost(row)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(torch.zeros(1, 3, net.resolution, net.resolution))
    assert counter.get_total_flops() == 2 * cost.macs[0]
    assert sum(p.numel() for p in net.parameters()) == cost.params[0]


@pytest.mark.parametrize(
    ("net", "weights"), [("f1", 5_999_408), ("f3", 6_899_504), ("f4", 6_994_824), ("l2", 8_496_520), ("l3", 9_394_060)]
)
def test_known_weights_of_the_found_networks(net, weights):
    """The released definitions count neither biases nor normalisation."""
    assert set(FOUND) >= {net}
    with torch.device("meta"):
        supernet = make_supernet(FbnetV2Found(net))
    assert sum(p.numel() for p in supernet.parameters() if p.ndim > 1) == weights


def test_known_size_of_the_once_for_all_supernets():
    for width, params in ((1.0, 7_678_880), (1.2, 10_715_752)):
        with torch.device("meta"):
            supernet = make_supernet(OfaMobileNetV3(width))
        assert len(supernet.state_dict()) == 475
        assert sum(p.numel() for p in supernet.parameters()) == params


def test_an_extracted_network_has_nothing_elastic_and_its_own_weights(supernet, images):
    row = draw(supernet.space)
    net = supernet.subnet(row)
    kinds = {type(module).__name__ for module in net.modules()}
    assert not any(kind.startswith("Elastic") for kind in kinds)
    assert {type(module) for module in net.modules() if isinstance(module, torch.nn.Conv2d)} == {torch.nn.Conv2d}
    before = supernet(images(2, 12), Path(row))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    assert torch.equal(supernet(images(2, 12), Path(row)), before)


def test_gradients_reach_the_active_weights_only(small, images):
    supernet = make_supernet(small)
    smallest = extremes(small)[0]
    supernet(images(4, 12), Path(smallest)).sum().backward()
    weight = supernet.stem.conv.weight.grad
    assert weight[:8].abs().max() > 0
    assert weight[8:].abs().max() == 0
    assert supernet.blocks[1].candidates[0].expand.conv.weight.grad is None


def test_every_choice_of_a_mixture_gets_a_gradient(supernet, small, images):
    logits = {choice.name: torch.zeros(len(choice.options), requires_grad=True) for choice in small.choices}
    supernet(images(2, 15), Mix({name: logit.softmax(0) for name, logit in logits.items()})).square().sum().backward()
    for name, logit in logits.items():
        assert torch.isfinite(logit.grad).all()
        assert logit.grad.abs().max() > 0, name


def test_resolutions_mix_in_the_logits(supernet, small, images):
    row = draw(small)[0]
    weights = onehot(small, row)
    x = images(2, 15)
    sides = [supernet(x, Mix(weights | {"r": torch.eye(2)[i]})) for i in range(2)]
    mixed = supernet(x, Mix(weights | {"r": torch.tensor([0.3, 0.7])}))
    torch.testing.assert_close(mixed, 0.3 * sides[0] + 0.7 * sides[1])


def test_weights_of_zero_everywhere_give_no_features(supernet, small, images):
    nothing = {choice.name: torch.zeros(len(choice.options)) for choice in small.choices}
    assert supernet.features(images(2, 15), Mix(nothing)).abs().max() == 0
    no_block = onehot(small, draw(small)[0]) | {"b4.1": torch.zeros(2), "k1.1": torch.zeros(3)}
    assert torch.isfinite(supernet(images(2, 15), Mix(no_block))).all()


def test_zero_gamma_makes_blocks_with_a_shortcut_the_identity(small, images):
    supernet = make_supernet(small, zero_gamma=True).eval()
    x = torch.rand(2, 24, 6, 6)
    view = Path(extremes(small)[1]).view(small)
    places = [i for i, block in enumerate(supernet.blocks) if block.block.candidates[0].shortcut == "none"]
    for i, block in enumerate(supernet.blocks):
        gammas = [layer.project.bn.weight for layer in block.candidates]
        assert all(
            bool((gamma == 0).all()) == (i not in places and layer.has_shortcut)
            for gamma, layer in zip(gammas, block.candidates, strict=True)
        )
    same = supernet.blocks[5]
    torch.testing.assert_close(same(x, view), x)


def test_bn_momentum_sets_how_fast_statistics_follow(small, images):
    for momentum in (0.0, 0.1):
        supernet = make_supernet(small, bn_momentum=momentum)
        supernet(images(4, 12), Path(extremes(small)[0]))
        moved = supernet.stem.bn.running_mean.abs()
        assert (moved[:8].max() > 0) == (momentum > 0)
        assert moved[8:].max() == 0


def test_dropout_and_drop_connect_act_in_training_only(small, randomise, images):
    supernet = randomise(make_supernet(small, bn_momentum=0.0))
    row, x = extremes(small)[1], images(4, 15)
    plain = supernet(x, Path(row))
    torch.testing.assert_close(supernet(x, Path(row)), plain)
    for options in ({"dropout": 0.5}, {"drop_connect": 0.9}):
        for selection in (Path(row, **options), Mix(onehot(small, row), **options)):
            assert (supernet(x, selection) - plain).abs().max() > 1e-3
            supernet.eval()
            torch.testing.assert_close(supernet(x, selection), supernet(x, Path(row)))
            supernet.train()


def test_drop_connect_leaves_the_input_and_keeps_the_mean(supernet):
    layer = next(b.candidates[0] for b in supernet.blocks if b.block.stage == 3 and b.block.candidates[0].stride == 1)
    view = Path(extremes(supernet.space)[1]).view(supernet.space)
    x = torch.rand(1, 24, 4, 4).expand(2000, -1, -1, -1)
    with torch.no_grad():
        layer.train()
        layer.depthwise.bn.eval(), layer.expand.bn.eval(), layer.project.bn.eval()
        whole = layer(x[:1], view)
        dropped = layer(x, view, 0.25)
        layer.eval()
    left = (dropped == x).flatten(1).all(1)
    assert 0.2 < left.float().mean() < 0.3
    torch.testing.assert_close(
        dropped[~left] - x[~left], ((whole - x[:1]) / 0.75).expand(int((~left).sum()), -1, -1, -1)
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda w: {k: v for k, v in w.items() if k != "d2"}, "d2"),
        (lambda w: w | {"d2": torch.ones(3)}, "d2"),
        (lambda w: w | {"z": torch.ones(2)}, "z"),
    ],
)
def test_weights_of_other_choices_are_refused(supernet, small, images, change, name):
    with pytest.raises(InvalidOption, match=rf"choice '{name}' of small has weights of shape"):
        supernet(images(1, 12), Mix(change(onehot(small, draw(small)[0]))))


def test_a_path_is_one_architecture_of_the_space(supernet, small, images):
    with pytest.raises(InvalidArchitecture, match="a path is a single architecture, not 2"):
        supernet(images(1, 12), Path(draw(small, 2)))
    with pytest.raises(InvalidArchitecture, match="integer array"):
        supernet(images(1, 12), Path([0, 1]))


def test_onehot_weights_are_made_on_a_device(small):
    row = draw(small)
    assert {weight.device.type for weight in onehot(small, row, "meta").values()} == {"meta"}
    assert {name: int(weight.argmax()) for name, weight in onehot(small, row).items()} == {
        choice.name: row[0, i] for i, choice in enumerate(small.choices)
    }
