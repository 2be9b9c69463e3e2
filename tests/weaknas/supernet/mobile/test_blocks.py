"""Blocks: shortcuts, and what is left out of them in training."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from weaknas.errors import WeaknasError
from weaknas.spaces.elastic import fixed
from weaknas.spaces.mobile.layers import MBConv
from weaknas.supernet import Path, make_supernet
from weaknas.supernet.limits import several_values
from weaknas.supernet.mobile.blocks import ElasticInverted
from weaknas.supernet.views import PathView


def largest(space):
    return Path((space.options - 1).astype(np.int8)).view(space)


def test_zero_gamma_makes_blocks_with_a_shortcut_the_identity(small):
    supernet = make_supernet(small, zero_gamma=True).eval()
    x = torch.rand(2, 24, 6, 6)
    places = [i for i, block in enumerate(supernet.blocks) if block.block.candidates[0].shortcut == "none"]
    for i, block in enumerate(supernet.blocks):
        gammas = [layer.project.bn.weight for layer in block.candidates]
        assert all(
            bool((gamma == 0).all()) == (i not in places and layer.has_shortcut)
            for gamma, layer in zip(gammas, block.candidates, strict=True)
        )
    same = supernet.blocks[5]
    torch.testing.assert_close(same(x, largest(small)), x)


def test_drop_connect_leaves_the_input_and_keeps_the_mean(small, randomise):
    supernet = randomise(make_supernet(small)).eval()
    layer = next(b.candidates[0] for b in supernet.blocks if b.block.stage == 3 and b.block.candidates[0].stride == 1)
    view = largest(small)
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


def inverted(splits, mid=24, hidden=8):
    numbers = {"c_in": 8, "expansion": 3, "mid": mid, "c_out": 16, "side": 6, "kernel": 5, "hidden": hidden}
    return MBConv(**{name: fixed(value) for name, value in numbers.items()}, splits=splits, stride=2, act="hswish")


@pytest.mark.parametrize("splits", [1, 2, 4])
def test_attention_costs_what_is_counted(splits):
    layer = inverted(splits)
    module, cost = ElasticInverted(layer).eval(), layer.price().at({})
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.zeros(1, 8, 6, 6), PathView({}))
    assert counter.get_total_flops() == 2 * cost.macs
    assert sum(parameter.numel() for parameter in module.parameters()) == cost.params


def test_split_attention_is_a_softmax_between_convolutions(randomise):
    """Written out: u_1 ... u_r, their sum's mean through two layers to r weights a channel, which sum to one."""
    splits, x = randomise(ElasticInverted(inverted(4))).double().eval().depthwise, torch.rand(3, 24, 6, 6).double()
    with torch.no_grad():
        parts = [split.act(split.bn(split.conv(x, 24, PathView({})))) for split in splits.splits]
        pooled = sum(parts).mean((2, 3), keepdim=True)
        hidden = torch.relu(splits.reduce.bn(splits.reduce.conv(pooled, 8, PathView({}))))
        logits = torch.stack([(hidden[:, :, 0, 0] @ conv.weight[:, :, 0, 0].T) + conv.bias for conv in splits.expand])
        shares = logits.exp() / logits.exp().sum(0)
        expected = sum(share[:, :, None, None] * part for share, part in zip(shares, parts, strict=True))
        torch.testing.assert_close(splits(x, PathView({})), expected)
    assert (shares.amax() - shares.amin()) > 0.1


def test_normalisations_are_listed_as_the_extracted_network_has_them(splits, randomise):
    supernet = randomise(make_supernet(splits))
    for row in splits.sample(4, np.random.default_rng(0)):
        blocks = [
            [n.weight for n in b.modules() if isinstance(n, nn.BatchNorm2d)] for b in supernet.subnet(row).blocks
        ]
        torch.testing.assert_close(supernet.norm_weights(row), blocks)


def test_a_single_image_is_too_little_for_the_normalisation_of_pooled_features():
    with pytest.raises(WeaknasError, match="too few"), several_values("too few"):
        ElasticInverted(inverted(2)).train()(torch.rand(1, 8, 6, 6), PathView({}))
