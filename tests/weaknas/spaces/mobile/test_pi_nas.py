"""The space of Pi-NAS: what is known of it, and what its options do."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import PiNas

KINDS = ("r1c1w64", "r2c1w64", "r1c2w42", "r2c2w40")


def test_four_candidates_in_sixteen_blocks():
    space = weaknas.space("pi-nas")
    assert space.size == 4**16
    assert [choice.name for choice in space.choices] == [
        "r",
        *(f"b{stage}.{block}" for stage, blocks in enumerate((3, 4, 6, 3), 1) for block in range(1, blocks + 1)),
    ]
    assert all(choice.options == KINDS for choice in space.choices[1:])
    assert space.network.features.largest == 2048


def test_of_splits_alone_it_is_resnest_50():
    """Its released model has as many parameters, and about 5.4 billion multiply-accumulates at 224 pixels."""
    space = weaknas.space("pi-nas")
    cost = space.cost(space.from_str(["r224;b" + ",".join(["r2c1w64"] * 16)]))
    assert cost.params[0] == 27_483_240
    assert cost.macs[0] == pytest.approx(5.4e9, rel=0.01)


def test_a_groups_width_is_that_of_resnest():
    """Inside a group there are `int(planes * base / 64)` channels."""
    first, last = (weaknas.space("pi-nas").network.blocks[place].candidates for place in (0, -1))
    assert [(layer.mid, layer.hidden) for layer in first] == [(64, 32), (64, 32), (84, 32), (80, 40)]
    assert [(layer.mid, layer.hidden) for layer in last] == [(512, 128), (512, 256), (672, 168), (640, 320)]


def test_a_small_one_is_of_the_width_the_blocks_and_the_stem_that_are_asked_for():
    space = weaknas.space("pi-nas", resolution=16, classes=10, width=8, blocks=[1, 2], stem="cifar")
    assert space.size == 4**3
    assert (space.sides, space.classes, space.network.features.largest) == ((16,), 10, 64)
    assert [block.stage for block in space.network.blocks] == [1, 2, 2]
    assert [block.candidates[0].side.largest for block in space.network.blocks] == [16, 16, 8]
    reduced = PiNas(16, 10, 8, (1, 2))
    assert [block.candidates[0].side.largest for block in reduced.network.blocks] == [4, 4, 2]
    assert len(np.unique(space.cost(space.enumerate()).macs)) > 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 7}, "the width of pi-nas is an even number to 1,024, not 7"),
        ({"width": 2048}, "the width of pi-nas is an even number to 1,024, not 2048"),
        ({"width": "64"}, "the width is a whole number"),
        ({"blocks": 3}, "blocks of pi-nas are 1 to 4 numbers, a stage each, not 3"),
        ({"blocks": "34"}, "blocks of pi-nas are 1 to 4 numbers, a stage each, not '34'"),
        ({"blocks": [1] * 5}, "blocks of pi-nas are 1 to 4 numbers"),
        ({"blocks": [1, 0]}, "a number of blocks is a whole number from 1"),
        ({"blocks": [33]}, "a stage of pi-nas has 1 to 32 blocks, not 33"),
        ({"stem": "deep"}, "the stem of pi-nas is imagenet or cifar, not 'deep'"),
        ({"resolution": 0}, "a resolution is a whole number"),
    ],
)
def test_options_that_are_none_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.space("pi-nas", **options)
