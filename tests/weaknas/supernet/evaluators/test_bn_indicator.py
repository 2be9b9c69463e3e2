"""The indicator of BN-NAS: sums of batch-norm weights, by the definition on an extracted network."""

import numpy as np
import pytest
import torch
from torch import nn

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.supernet import Supernet, make_supernet
from weaknas.supernet.evaluators import BnIndicator


@pytest.fixture(scope="module")
def supernet(small, randomise):
    return randomise(make_supernet(small))


def means(block):
    return [norm.weight.abs().mean().item() for norm in block.modules() if isinstance(norm, nn.BatchNorm2d)]


def test_it_is_the_sum_over_the_blocks_of_the_network(supernet):
    for row in supernet.space.sample(20, np.random.default_rng(0)):
        blocks = [means(block) for block in supernet.subnet(row).blocks]
        assert BnIndicator(supernet).score(row) == pytest.approx(sum(block[-1] for block in blocks))
        assert BnIndicator(supernet, "all").score(row) == pytest.approx(sum(sum(block) for block in blocks))


SPACES = {
    "mobile": lambda small: small,
    "nasbench201": lambda small: weaknas.space("nasbench201", channels=2, stage=1, side=8),
    "darts-edges": lambda small: weaknas.space("darts-edges", channels=2, cells=3, side=8),
}


@pytest.mark.parametrize("name", SPACES)
def test_what_is_looked_up_is_the_sum_over_blocks(name, small, randomise):
    net = randomise(make_supernet(SPACES[name](small)))
    rows = net.space.sample(30, np.random.default_rng(0))
    for scope, part in (("last", slice(-1, None)), ("all", slice(None))):
        blocks = [[block[part] for block in net.norm_weights(row)] for row in rows]
        sums = [sum(weight.abs().mean().item() for block in one for weight in block) for one in blocks]
        indicator = BnIndicator(net, scope)
        np.testing.assert_allclose(indicator.scores(rows), sums, rtol=1e-6)
        assert indicator.score(rows[3]) == indicator.scores(rows)[3]


def test_each_operation_of_a_cell_counts_and_what_is_not_normalised_adds_nothing():
    net = make_supernet(weaknas.space("nasbench201", channels=2, stage=1, side=8))  # three cells
    texts = [
        "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|none~1|nor_conv_3x3~2|",
        "|skip_connect~0|+|none~0|avg_pool_3x3~1|+|none~0|none~1|skip_connect~2|",
    ]
    assert BnIndicator(net).scores(net.space.from_str(texts)).tolist() == [9.0, 0.0]  # weights begin as 1


def test_weights_are_those_of_when_it_was_made(small):
    net = make_supernet(small)
    row, indicator = net.space.sample(1, np.random.default_rng(0)), BnIndicator(net)
    before = indicator.score(row)
    with torch.no_grad():
        for value in net.parameters():
            value.mul_(2)
    assert indicator.score(row) == before == BnIndicator(net).score(row) / 2


def test_only_the_weights_of_the_path_count(supernet):
    rows = supernet.space.sample(30, np.random.default_rng(1))
    before = [BnIndicator(supernet).score(row) for row in rows]
    last = supernet.blocks[0].candidates[0].project.bn.weight
    with torch.no_grad():
        last[8:] += 1  # of the wider networks' channels
    after = [BnIndicator(supernet).score(row) for row in rows]
    narrow = [supernet.subnet(row).blocks[0].project.bn.num_features == 8 for row in rows]
    assert [a == b for a, b in zip(before, after, strict=True)] == narrow
    assert 0 < sum(narrow) < 30


def test_what_cannot_be_used_is_refused(supernet):
    with pytest.raises(InvalidOption, match="is last or all, not 'first'"):
        BnIndicator(supernet, "first")
    with pytest.raises(InvalidArchitecture):
        BnIndicator(supernet).score(supernet.space.sample(1, np.random.default_rng(0)) + 100)


def test_a_family_that_does_not_say_its_normalisations_has_no_indicator(supernet):
    with pytest.raises(InvalidOption, match="supernet of small does not say which normalisations its blocks have"):
        Supernet.norm_blocks(supernet)
