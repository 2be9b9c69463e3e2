"""The published contract over every space that has a supernet: a path, a one-hot mixture and the extracted are one."""

import numpy as np
import pytest
import torch

from weaknas.spaces import AttentiveNas, FbnetV2, FbnetV2Network, OfaMobileNetV3, SposMobileNet
from weaknas.supernet import make_supernet
from weaknas.testing import SupernetContract
from weaknas.testing.supernets import randomise

PUBLISHED = {
    "ofa": OfaMobileNetV3(1.2, [32, 40]),
    "attentive": AttentiveNas(),
    "fbnetv2": FbnetV2((32,)),
    "spos": SposMobileNet(32),
    "fbnetv2-f4": FbnetV2Network("f4"),
}


class TestMobile(SupernetContract):
    """Everything, of a small space in which everything that can be chosen is."""

    @pytest.fixture
    def supernet(self, small):
        torch.manual_seed(0)
        return make_supernet(small)


class TestSplits(SupernetContract):
    """Everything, of a small space in which activations and attention are chosen."""

    @pytest.fixture
    def supernet(self, splits):
        torch.manual_seed(0)
        return make_supernet(splits)


class TestResnest(SupernetContract):
    """Everything, of a small space of bottlenecks around whose candidates there is one shortcut."""

    @pytest.fixture
    def supernet(self, resnest):
        torch.manual_seed(0)
        return make_supernet(resnest)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_ones_at_full_size(name):
    contract, supernet = SupernetContract(), make_supernet(PUBLISHED[name])
    contract.images = 1
    contract.test_an_extracted_network_costs_what_the_space_says(supernet)
    row = supernet.space.sample(1, np.random.default_rng(0))[0]
    contract.one(randomise(supernet).double().eval(), row)
