"""The indicator of BN-NAS: sums of batch-norm weights, by the definition on an extracted network."""

import numpy as np
import pytest
import torch
from torch import nn

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
    row = supernet.space.sample(1, np.random.default_rng(0))
    with pytest.raises(InvalidOption, match="supernet of small does not say which normalisations its blocks have"):
        Supernet.norm_weights(supernet, row)
