"""Laws of the spaces of mobile networks."""

from math import prod

import numpy as np
import pytest

import weaknas
from weaknas.doors import names_from_data
from weaknas.errors import InvalidArchitecture, InvalidOption, UntrustedName
from weaknas.spaces import AttentiveNas, FbnetV2, MobileSpace, OfaMobileNetV3, UserMobile
from weaknas.spaces.elastic import fixed
from weaknas.spaces.mobile.network_builder import NetworkBuilder

SMALL = {
    "name": "small",
    "classes": 10,
    "resolution": [24, 32],
    "stem": {"width": [8, 16], "stride": 1},
    "stage": [
        {"width": [16, 24], "depth": [1, 2], "kernel": [3, 5], "expansion": [3, 6], "stride": 2, "squeeze": True},
        {"width": 24, "depth": 2, "candidates": ["k3e3", "k5e3", "skip"]},
    ],
    "head": {"width": 64},
}


def test_enumeration_gives_every_different_network_once():
    space = UserMobile(SMALL)
    rows = space.enumerate()
    everything = np.indices(tuple(space.options), dtype=np.int8).reshape(len(space.options), -1).T
    assert len(rows) == space.size == len(np.unique(space.key(everything)))
    np.testing.assert_array_equal(np.unique(rows, axis=0), rows)
    np.testing.assert_array_equal(np.unique(space.key(rows)), np.unique(space.key(everything)))


def test_a_space_too_large_to_enumerate_says_so():
    with pytest.raises(InvalidArchitecture, match="too many to enumerate"):
        AttentiveNas().enumerate()


def test_known_refuses_options_that_a_space_does_not_take():
    assert weaknas.space("ofa-mbv3", width=1.2).width == 1.2
    with pytest.raises(InvalidOption, match=r"the space 'attentive-nas': .*width"):
        weaknas.space("attentive-nas", width=1.2)


def test_codes_tell_rows_apart_where_only_the_raw_product_of_options_is_too_large():
    stage = {"width": 24, "depth": [*range(1, 9)], "kernel": [3, 5, 7], "expansion": [1, 2, 3]}
    space = UserMobile(SMALL | {"stage": [stage, stage, stage | {"depth": [1, 2, 3]}]})
    assert space.size < 2**63 < prod(space.options.tolist())
    rows = space.sample(2_000, np.random.default_rng(0))
    assert len(np.unique(space.code(rows))) == len(np.unique(rows, axis=0))
    near = space.neighbors(rows[:1])
    assert len(np.unique(space.code(near))) == len(np.unique(near, axis=0))


def test_the_number_of_architectures_does_not_overflow():
    stage = {"width": 24, "depth": [*range(1, 33)], "kernel": [3, 5, 7], "expansion": [1, 2, 3, 4, 5]}
    assert UserMobile(SMALL | {"stage": [stage]}).size == 2 * 2 * sum(15**depth for depth in range(1, 33))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: OfaMobileNetV3(resolutions=range(128, 1000, 4)),
            r"choice 'r' needs 1 to 127 options .* these 218: 128",
        ),
        (lambda: FbnetV2(resolutions=()), "choice 'r' needs 1 to 127 options"),
        (lambda: FbnetV2((224, 224)), "choice 'r' .* differ as text"),
        (lambda: UserMobile(SMALL | {"stage": [{"width": 8, "expansion": [3.0000001, 3.0000002]}]}), "choice 'e1.1'"),
        (lambda: UserMobile(SMALL | {"stage": [{"width": 8, "candidates": ["k3e0", "k3e3"]}]}), "candidates are"),
        (lambda: weaknas.space("ofa-mbv3", resolutions=[160.5]), "a resolution is a whole number .* not 160.5"),
        (lambda: weaknas.space("ofa-mbv3", resolutions=[float("nan")]), "a resolution is a whole number .* not nan"),
        (lambda: weaknas.space("spos-mobilenet", resolution=-1), "a resolution is a whole number"),
        (lambda: weaknas.space("attentive-nas", classes=True), "the number of classes is a whole number .* not True"),
        (lambda: weaknas.space("attentive-nas", classes=10**30), "the number of classes"),
        (lambda: weaknas.space("ofa-mbv3", width="1.2"), "a positive width"),
        (lambda: weaknas.space("ofa-mbv3", width=float("inf")), "a positive width"),
        (lambda: weaknas.space("mobile", table=5), "described by a table of keys, not by 5"),
        (
            lambda: weaknas.space("own.toml", width=2),
            "own.toml': .*'width'; it takes no options",
        ),
    ],
)
def test_options_that_make_no_space_are_refused_by_name(make, message):
    with pytest.raises(InvalidOption, match=message):
        make()


def test_a_space_of_candidates_alone_has_all_encodings():
    space = UserMobile(
        {
            "name": "bare",
            "classes": 10,
            "resolution": 32,
            "stem": {"width": 8},
            "stage": [{"width": 24, "depth": 2, "candidates": ["k3e3", "k5e3", "skip"]}],
            "head": {"width": 64},
        }
    )
    for one in (space, weaknas.space("fbnetv2-f1")):
        for kind in one.encoders:
            assert len(one.encode(one.enumerate(), kind)) == one.size


class Split(MobileSpace):
    """A stage whose blocks are made with a kind of choice that no other space has."""

    name = "split"

    def __init__(self):
        builder = NetworkBuilder(32, 10)
        builder.stem(8)
        builder.number("s1", (1, 2))
        width = builder.begin_stage((8, 16))
        builder.block([builder.mbconv(width, fixed(3), builder.number("u1", (1, 2, 4)))])
        network = builder.head(fixed(32), None, act="relu")
        super().__init__(builder.choices, network, {})


def test_choices_of_a_new_kind_follow_the_others():
    space = Split()
    assert list(space.kinds) == ["w", "s", "u"]
    rows = space.from_str(["w16;s1;u4", "w8;s1;u1"])
    assert space.to_str(rows) == ["w16;s1;u4", "w8;s1;u1"]
    assert space.encode(rows, "ordinal").tolist() == [[16, 0, 4], [8, 0, 1]]  # the second decides nothing
    assert space.encode(rows, "counts")[:, 3:6].tolist() == [[16, 0, 4], [8, 0, 1]]
    assert space.size == len(space.enumerate()) == 6


def test_a_space_that_data_names_is_no_file(tmp_path):
    with names_from_data(), pytest.raises(UntrustedName, match=r"own.toml' is named by data"):
        weaknas.space(str(tmp_path / "own.toml"))
