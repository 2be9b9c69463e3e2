"""FBNetV2's networks as architectures of the space."""

import numpy as np
import pytest

from weaknas.errors import NotFound
from weaknas.spaces import FbnetV2, FbnetV2Network
from weaknas.spaces.mobile.fbnet_networks import NETWORKS, FoundNetwork

SPACE = FbnetV2(resolutions=[128, 160, 192, 224, 256, 288])


def part(row, kind, space=SPACE):
    """The words of a text that say what is chosen of a kind."""
    return {words[0]: words[1:].split(",") for words in space.to_str(row)[0].split(";")}[kind]


def blocks_cost(space, row, around):
    """The cost of what stands between the stem and the `around` last parts."""
    picked = space.picked(row)
    return [
        sum(int(np.sum(number.at(picked))) for number in one) for one in zip(*space.prices[1:-around], strict=True)
    ]


def test_f4_has_the_layers_and_widths_that_it_was_found_with():
    row, differences = SPACE.express("f4")
    assert part(row, "r") == ["224"]
    assert part(row, "w") == ["16", "24", "32", "64", "104", "184"]
    found = [name for stage in NETWORKS["f4"].stages for name, *_ in stage]
    assert part(row, "b") == found[:7] + found[8:]  # but for one
    assert part(row, "e")[:3] == ["4.5", "1.5", "1.5"]
    assert [text for text in differences if not text.startswith("expansion")] == [
        "the stem has 16 channels and a bias, here 16 and none",
        "the head has 1344 channels before pooling and 1984 after, here 1984 before and no convolution after",
        "block 4 of stage 3 is left out here",
        "block 7 of stage 4 has 112 channels, here 104",
        "block 4 of stage 5, a 1x1 convolution to 224, is left out here",
    ]
    assert "expansion 5.7133 of block 1 of stage 4 is 4.5 here" in differences


@pytest.mark.parametrize("net", NETWORKS)
def test_every_network_is_expressed_block_by_block(net):
    row, differences = SPACE.express(net)
    np.testing.assert_array_equal(SPACE.from_str(SPACE.to_str(row)), row)
    assert part(row, "r") == [str(NETWORKS[net].resolution)]
    left_out = sum("left out" in text and "1x1" not in text for text in differences)
    layers = [name for stage in NETWORKS[net].stages for name, *_ in stage if name != "skip"]
    assert sum(name != "skip" for name in part(row, "b")) == len(layers) - left_out
    assert ("widths within blocks are rounded to multiples of 8 here" in differences) == (net == "l3")


def test_a_stage_of_the_networks_is_cut_in_two_where_the_widths_fit_best():
    assert part(SPACE.express("f1").row, "w")[3:5] == ["56", "80"]
    assert part(SPACE.express("f1").row, "b")[7:14] == ["k5hs", "k3hs", "k3sehs", "k5sehs", "k5sehs", "skip", "skip"]


def test_a_network_whose_blocks_are_all_in_the_space_differs_in_nothing_else(monkeypatch):
    stages = (
        (("k5hs", 12, 1, 1),),
        (("k3", 20, 2, 1.5), ("skip", 20, 1, 3), ("k5", 20, 1, 0.75)),
        (("k5se", 24, 2, 4.5),),
        (("k3hs", 48, 2, 3), ("k5hs", 48, 1, 2.25), ("k5sehs", 128, 1, 3.75), ("k3", 128, 1, 3)),
        (("k3sehs", 216, 2, 4.5), ("k3", 216, 1, 1.5)),
    )
    monkeypatch.setitem(NETWORKS, "within", FoundNetwork(160, 16, stages, 1984))
    row, differences = SPACE.express("within")
    assert [text.split(" has ")[0] for text in differences] == ["the stem", "the head"]
    alone = FbnetV2Network("within")
    only = alone.sample(1, np.random.default_rng(0))
    assert blocks_cost(SPACE, row, 2) == blocks_cost(alone, only, 3)


def test_a_resolution_that_the_space_has_not_is_told():
    row, differences = FbnetV2().express("f3")
    assert part(row, "r", FbnetV2()) == ["224"]
    assert "resolution 192 is not among those of the space, here 224" in differences


def test_an_unknown_network_cannot_be_expressed():
    with pytest.raises(NotFound, match="no FBNetV2 network named 'f9'"):
        SPACE.express("f9")
