"""Bottlenecks, their shared shortcut and the stem, beside what holds for every supernet (test_contract.py)."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from weaknas.spaces import PiNas
from weaknas.spaces.elastic import fixed
from weaknas.spaces.mobile.resnest import Residual
from weaknas.supernet import Mix, Path, make_supernet, onehot
from weaknas.supernet.mobile.plain_layers import GroupedSplits
from weaknas.supernet.mobile.resnest import ElasticResidual
from weaknas.supernet.usage import used_parameters
from weaknas.supernet.views import PathView


@pytest.fixture
def supernet(resnest, randomise):
    return randomise(make_supernet(resnest)).eval()


def rows(space, n=4):
    return space.sample(n, np.random.default_rng(0))


@pytest.mark.parametrize("cardinality", [1, 2])
@pytest.mark.parametrize("radix", [1, 2])
def test_split_attention_group_by_group(radix, cardinality, randomise):
    """Written out: in each group its splits, their sum's mean through two layers, and weights that sum to one."""
    mid, hidden = 8, 4
    net, x = (
        randomise(GroupedSplits(mid, hidden, radix, cardinality)).double().eval(),
        torch.rand(3, mid, 5, 5).double(),
    )
    wide, narrow = mid // cardinality, hidden // cardinality
    with torch.no_grad():
        maps = net.splits(x)
        splits = [maps[:, r * mid : (r + 1) * mid] for r in range(radix)]
        pooled = sum(splits).mean((2, 3))
        expected = torch.zeros_like(x)
        inner = torch.zeros(3, hidden).double()
        for group in range(cardinality):
            own = slice(group * narrow, (group + 1) * narrow)
            weight, bias = net.reduce.conv.weight[own, :, 0, 0], net.reduce.conv.bias[own]
            inner[:, own] = pooled[:, group * wide : (group + 1) * wide] @ weight.T + bias
        inner = torch.relu(net.reduce.bn(inner[:, :, None, None]))[:, :, 0, 0]
        for group in range(cardinality):
            own, given = slice(group * wide, (group + 1) * wide), inner[:, group * narrow : (group + 1) * narrow]
            logits = []
            for r in range(radix):
                at = slice((group * radix + r) * wide, (group * radix + r + 1) * wide)
                logits.append(given @ net.expand.weight[at, :, 0, 0].T + net.expand.bias[at])
            total = sum(logit.exp() for logit in logits)
            shares = [logit.exp() / total for logit in logits] if radix > 1 else [1 / (1 + (-logits[0]).exp())]
            for share, split in zip(shares, splits, strict=True):
                expected[:, own] += share[:, :, None, None] * split[:, own]
        torch.testing.assert_close(net(x), expected)


@pytest.mark.parametrize("options", [{}, {"width": 192, "blocks": (1,)}, {"width": 18, "stem": "cifar"}])
def test_networks_cost_what_the_space_says(options):
    """Of any width, also where the published rule gives channels that do not divide into groups."""
    space = PiNas(72, 10, **options)
    with torch.device("meta"):
        supernet = make_supernet(space).eval()
        for kind in range(4):
            row = np.array([[0, *[kind] * (len(space.choices) - 1)]], dtype=np.int8)
            net = supernet.subnet(row)
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                net(torch.zeros(1, 3, 72, 72))
            assert counter.get_total_flops() == 2 * space.cost(row).macs[0]
            assert sum(parameter.numel() for parameter in net.parameters()) == space.cost(row).params[0]


def test_splits_see_different_channels_of_the_input(randomise):
    """The convolution has a group for each split and each group within it."""
    conv = randomise(GroupedSplits(8, 4, 2, 2)).splits.conv
    x, y = torch.rand(1, 8, 5, 5), torch.rand(1, 2, 5, 5)
    changed = (conv(x) != conv(torch.cat([x[:, :6], y], 1))).flatten(2).any(2)[0]
    assert changed.nonzero().flatten().tolist() == [12, 13, 14, 15]


def test_paths_without_a_candidate_in_common_share_stem_shortcuts_and_classifier(supernet, resnest, images):
    names = {parameter: name for name, parameter in supernet.named_parameters()}
    one = resnest.from_str(["r20;br1c1w64,r2c1w64,r1c2w42"])
    other = resnest.from_str(["r20;br2c1w64,r1c2w42,r2c2w40"])
    used = [{names[p] for p in used_parameters(supernet(images(2, 20), Path(row)))} for row in (one, other)]
    shared = {name for name in names.values() if ".candidates." not in name}
    assert used[0] & used[1] == shared
    assert {name.partition(".residual.")[0] for name in shared if ".residual." in name} == {"blocks.0", "blocks.1"}
    assert used[0] - shared
    assert used[1] - shared


def test_a_mixture_adds_results_of_candidates_to_one_shortcut(supernet, resnest, images):
    block, x, row = supernet.blocks[2], torch.rand(2, 32, 3, 3), rows(resnest, 1)[0]
    weights = onehot(resnest, row) | {"b2.2": torch.tensor([0.1, 0.2, 0.3, 0.4])}
    view = Path(row).view(resnest)
    with torch.no_grad():
        parts = [w * layer(x, view) for w, layer in zip(weights["b2.2"], block.candidates, strict=True)]
        torch.testing.assert_close(block(x, Mix(weights).view(resnest)), torch.relu(x + sum(parts)))


def test_normalisations_are_listed_as_the_extracted_network_has_them(supernet, resnest):
    """That of the shared shortcut first, that after the projection last."""
    for row in rows(resnest):
        blocks = [
            [n.weight for n in b.modules() if isinstance(n, nn.BatchNorm2d)] for b in supernet.subnet(row).blocks
        ]
        torch.testing.assert_close(supernet.norm_weights(row), blocks)
        assert [len(block) for block in blocks] == [5, 5, 4]


def test_zero_gamma_leaves_the_shortcut(resnest):
    supernet = make_supernet(resnest, zero_gamma=True).eval()
    x = torch.rand(2, 32, 3, 3)
    torch.testing.assert_close(supernet.blocks[2](x, Path(rows(resnest, 1)).view(resnest)), x)


def test_drop_connect_leaves_the_input_of_blocks_that_keep_its_shape(supernet, resnest):
    block, x = supernet.blocks[2], torch.rand(1, 32, 3, 3).expand(500, -1, -1, -1)
    view = Path(rows(resnest, 1), drop_connect=0.9).view(resnest)
    with torch.no_grad():
        whole = block(x, view)
        block.train()
        left = (block(x, view) == x).flatten(1).all(1).float().mean()
    assert not (whole == x).all()
    assert left == pytest.approx(0.9 * block.drop_share, abs=0.1)


def test_a_shortcut_pools_the_pixels_that_there_are():
    residual = ElasticResidual(Residual(fixed(2), fixed(4), fixed(5), stride=2))
    pool, _ = residual.extract(PathView({}))
    assert torch.equal(pool(torch.ones(1, 2, 5, 5)), torch.ones(1, 2, 3, 3))


def test_the_stem_reduces_images_four_times_and_that_for_small_images_does_not(images):
    for stem, side in (("imagenet", 5), ("cifar", 20)):
        space = PiNas(20, 4, width=4, blocks=(1,), stem=stem)
        net = make_supernet(space).eval()
        view = Path(rows(space, 1)).view(space)
        assert net.stem(images(1, 20), view).shape == (1, 4, side, side)
