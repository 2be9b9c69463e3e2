import numpy as np
import pytest

import weaknas
from weaknas.supernet.schemes import extremes


@pytest.mark.parametrize("name", ["ofa-mbv3", "attentive-nas", "spos-mobilenet", "fbnetv2"])
def test_no_architecture_is_smaller_or_larger_than_the_extremes(name):
    space = weaknas.space(name)
    smallest, largest = space.cost(extremes(space)).macs
    macs = space.cost(space.sample(2000, np.random.default_rng(0))).macs
    assert smallest <= macs.min() < macs.max() <= largest


def test_the_extremes_choose_among_layers_too(small):
    assert small.to_str(extremes(small)) == [
        "r12;w8,8,16,16,16,24;d1,1;bk5e2,skip,skip,k3e2,k3e2;k3,3,3,3;e1,1,2",
        "r15;w16,16,24,24,24,40;d2,2;bk3e3,k3e3,k3e3,k3e3,k3e3;k7,7,7,7;e3,3,4",
    ]


def test_the_published_extremes_of_attentive_nas():
    space = weaknas.space("attentive-nas")
    smallest, largest = extremes(space)
    assert (smallest == space.from_str(["a0"])[0]).all()
    assert space.to_str(largest[None]) == [
        "r288;w24,24,32,40,72,128,216,224,1984;d2,5,6,6,8,8,2;k5,5,5,5,5,5,5;e1,6,6,6,6,6,6"
    ]
