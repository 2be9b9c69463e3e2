import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces.cells.skeleton import Feed

DARTS = ("darts", "darts-edges", "nasnet")


def places(name, **options):
    return weaknas.space(name, **options).network.places


def test_cells_after_a_third_and_two_thirds_reduce():
    found = [(place.name, place.channels, place.side, place.stride) for place in places("darts", cells=8)]
    assert found == [
        ("normal0", 16, 32, 1),
        ("normal1", 16, 32, 1),
        ("reduction2", 32, 16, 2),
        ("normal3", 32, 16, 1),
        ("normal4", 32, 16, 1),
        ("reduction5", 64, 8, 2),
        ("normal6", 64, 8, 1),
        ("normal7", 64, 8, 1),
    ]


def test_what_a_cell_is_given():
    cells = places("darts", cells=8)
    assert cells[0].feeds == (Feed(-2, 1, 48), Feed(-1, 1, 48))  # the stem twice, of three times the channels
    assert cells[3].feeds == (Feed(1, 4, 16, stride=2), Feed(2, 4, 32))  # one from before the reduction is halved
    assert all(feed.nodes == 5 for feed in places("nasnet", cells=8)[4].feeds)


def test_the_stem_for_large_images_reduces_them_eight_times():
    first, *_ = places("darts", stem="imagenet", channels=48, cells=14, side=224)
    assert (first.side, first.feeds) == (28, (Feed(-2, 1, 48, stride=2), Feed(-1, 1, 48)))


@pytest.mark.parametrize(("cells", "names"), [(1, ["reduction0"]), (2, ["reduction0", "reduction1"])])
@pytest.mark.parametrize("name", DARTS)
def test_few_cells_are_a_network_too(name, cells, names):
    assert [place.name for place in places(name, cells=cells)] == names
    assert weaknas.space(name, cells=cells).cost(weaknas.space(name).neighbors(_one(name))[:1]).macs > 0


def _one(name):
    return weaknas.space(name).from_str(["nasnet-a" if name == "nasnet" else "darts-v1"])


def test_stages_of_nasbench201_have_a_residual_block_between_them():
    found = [(place.name, place.channels, place.side) for place in places("nasbench201", channels=3, stage=1, side=8)]
    assert found == [
        *(("normal0", 3, 8), ("residual1", 6, 4), ("normal2", 6, 4), ("residual3", 12, 2), ("normal4", 12, 2))
    ]


@pytest.mark.parametrize("name", DARTS)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"channels": 0}, "channels of the .* is a whole number from 1 to 10000, not 0"),
        ({"channels": 3}, "channels of .* is an even number, not 3"),
        ({"channels": 10**30}, "channels of .* is a whole number from 1 to 10000"),
        ({"cells": 0}, "cells of .*, not 0"),
        ({"cells": True}, "cells of .*, not True"),
        ({"cells": 8.0}, r"cells of .*, not 8\.0"),
        ({"classes": "10"}, "classes of .*, not '10'"),
        ({"side": 30}, "side of .* is a multiple of 4, by which it reduces images, not 30"),
        ({"side": 48, "stem": "imagenet"}, "side of .* is a multiple of 32"),
        ({"stem": "x"}, "stem of .* is cifar or imagenet, not 'x'"),
        ({"stem": ["cifar"]}, "stem of .* is cifar or imagenet, not"),
    ],
)
def test_numbers_that_make_no_network_are_refused(name, options, said):
    with pytest.raises(InvalidOption, match=rf"^{said}[^\n]*\.$"):
        weaknas.space(name, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"channels": 0}, "channels of NAS-Bench-201 is a whole number from 1 to 10000, not 0"),
        ({"stage": 0}, "stage of NAS-Bench-201 is a whole number"),
        ({"side": 30}, "side of NAS-Bench-201 is a multiple of 4"),
        ({"classes": False}, "classes of NAS-Bench-201"),
    ],
)
def test_numbers_of_nasbench201(options, said):
    with pytest.raises(InvalidOption, match=rf"^{said}[^\n]*\.$"):
        weaknas.space("nasbench201", **options)
