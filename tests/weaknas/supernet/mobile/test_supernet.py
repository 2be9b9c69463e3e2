"""The supernet of mobile networks, beside what holds for every supernet (test_contract.py)."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from weaknas.spaces import FbnetV2Network, FpNas, OfaMobileNetV3
from weaknas.spaces.mobile.fbnet_networks import NETWORKS
from weaknas.spaces.mobile.fp_nas import VARIANTS
from weaknas.supernet import Mix, Path, make_supernet, onehot
from weaknas.testing import SupernetContract


def draw(space, n=1, seed=0):
    return space.sample(n, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def double(small, randomise):
    return randomise(make_supernet(small)).double()


@pytest.fixture
def supernet(small, randomise):
    return randomise(make_supernet(small)).eval()


@given(seed=st.integers(0, 2**32 - 1), training=st.booleans())
@settings(max_examples=15)
def test_path_mixture_and_extraction_are_one(double, seed, training):
    contract = SupernetContract()
    contract.seed = seed
    contract.one(double.train(training), draw(double.space, seed=seed)[0])


@pytest.mark.parametrize(
    ("net", "weights"), [("f1", 5_999_408), ("f3", 6_899_504), ("f4", 6_994_824), ("l2", 8_496_520), ("l3", 9_394_060)]
)
def test_known_weights_of_the_found_networks(net, weights):
    """The released definitions count neither biases nor normalisation."""
    assert set(NETWORKS) >= {net}
    with torch.device("meta"):
        supernet = make_supernet(FbnetV2Network(net))
    assert sum(p.numel() for p in supernet.parameters() if p.ndim > 1) == weights


def test_known_size_of_the_once_for_all_supernets():
    for width, params in ((1.0, 7_678_880), (1.2, 10_715_752)):
        with torch.device("meta"):
            supernet = make_supernet(OfaMobileNetV3(width))
        assert len(supernet.state_dict()) == 475
        assert sum(p.numel() for p in supernet.parameters()) == params


@pytest.mark.parametrize("variant", VARIANTS)
def test_networks_of_fp_nas_cost_what_the_space_says(variant):
    space = FpNas(variant)
    (row,) = draw(space, seed=1)
    with torch.device("meta"):
        net = make_supernet(space).subnet(row).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            net(torch.zeros(1, 3, net.resolution, net.resolution))
    cost = space.cost(row[None])
    assert counter.get_total_flops() == 2 * cost.macs[0]
    assert sum(parameter.numel() for parameter in net.parameters()) == cost.params[0]


def test_layers_are_named_by_stage_and_place_as_the_choices_are(supernet, small):
    assert supernet.layers[:4] == ("1.1", "1.2", "2.1", "2.2")
    assert len(supernet.layers) == len(set(supernet.layers)) == len(small.network.blocks)
    assert {choice.layer for choice in small.choices if choice.kind == "b"} <= set(supernet.layers)


def test_an_extracted_network_has_nothing_elastic(supernet):
    net = supernet.subnet(draw(supernet.space))
    kinds = {type(module).__name__ for module in net.modules()}
    assert not any(kind.startswith("Elastic") for kind in kinds)
    assert {type(module) for module in net.modules() if isinstance(module, torch.nn.Conv2d)} == {torch.nn.Conv2d}


def test_gradients_reach_the_active_weights_only(small, images):
    supernet = make_supernet(small)
    smallest = np.zeros(len(small.options), dtype=np.int8)
    supernet(images(4, 12), Path(smallest)).sum().backward()
    weight = supernet.stem.conv.weight.grad
    assert weight[:8].abs().max() > 0
    assert weight[8:].abs().max() == 0
    assert supernet.blocks[1].candidates[0].expand.conv.weight.grad is None


def test_weights_of_zero_everywhere_give_no_features(supernet, small, images):
    nothing = {choice.name: torch.zeros(len(choice.options)) for choice in small.choices}
    none_active = {choice.name: [False] * len(choice.options) for choice in small.choices}
    for selection in (Mix(nothing), Mix(nothing, active=none_active)):
        features = supernet.features(images(2, 15), selection)
        assert features.shape == (2, 40)
        assert features.abs().max() == 0
    no_block = onehot(small, draw(small)[0]) | {"b4.1": torch.zeros(2), "k1.1": torch.zeros(3)}
    for active in (None, {name: (weight != 0).tolist() for name, weight in no_block.items()}):
        assert torch.isfinite(supernet(images(2, 15), Mix(no_block, active=active))).all()


def test_bn_momentum_sets_how_fast_statistics_follow(small, images):
    for momentum in (0.0, 0.1):
        supernet = make_supernet(small, bn_momentum=momentum)
        supernet(images(4, 12), Path(np.zeros(len(small.options), dtype=np.int8)))
        moved = supernet.stem.bn.running_mean.abs()
        assert (moved[:8].max() > 0) == (momentum > 0)
        assert moved[8:].max() == 0


def test_dropout_and_drop_connect_act_in_training_only(small, randomise, images):
    supernet = randomise(make_supernet(small, bn_momentum=0.0))
    row, x = (small.options - 1).astype(np.int8), images(4, 15)
    plain = supernet(x, Path(row))
    torch.testing.assert_close(supernet(x, Path(row)), plain)
    for options in ({"dropout": 0.5}, {"drop_connect": 0.9}):
        for selection in (Path(row, **options), Mix(onehot(small, row), **options)):
            assert (supernet(x, selection) - plain).abs().max() > 1e-3
            supernet.eval()
            torch.testing.assert_close(supernet(x, selection), supernet(x, Path(row)))
            supernet.train()
