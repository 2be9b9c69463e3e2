import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.spaces import OfaMobileNetV3

SPACE = OfaMobileNetV3()


def extremes(space):
    rows = np.zeros((2, 46), dtype=np.int8)
    rows[1, 1:] = 2
    return space.cost(rows)


def text(resolution, depths, kernels, expansions):
    def slots(units):
        return ",".join(str(v) for unit in units for v in [*unit, *[7] * (4 - len(unit))]).replace("7,7", "7,7")

    d = ",".join(map(str, depths))
    return f"r{resolution};d{d};k{slots(kernels)};e{slots(expansions).replace('7', '6')}"


@pytest.mark.parametrize(
    ("width", "resolution", "least", "most"),
    [(1.0, 224, 121.3, 566.2), (1.2, 224, 193.1, 843.1), (1.2, 236, 222.1, 969.5), (1.0, 160, 63.2, 291.3)],
)
def test_known_macs_of_the_smallest_and_the_largest_network(width, resolution, least, most):
    macs = extremes(OfaMobileNetV3(width, [resolution])).macs / 1e6
    np.testing.assert_allclose(macs, [least, most], atol=0.05)


@pytest.mark.parametrize(("width", "params"), [(1.0, 7_678_880), (1.2, 10_715_752)])
def test_known_parameters_of_the_supernet(width, params):
    transforms = 20 * (25 * 25 + 9 * 9)  # the kernel-transform matrices of the 20 blocks
    assert extremes(OfaMobileNetV3(width)).params[1] + transforms == params


@pytest.mark.parametrize(
    ("macs", "depths", "kernels", "expansions"),
    [
        (
            560.8,
            [4, 3, 3, 3, 4],
            [[5, 3, 3, 3], [5, 5, 5], [7, 5, 7], [3, 5, 5], [7, 5, 3, 5]],
            [[3, 3, 4, 3], [4, 6, 4], [4, 6, 6], [6, 6, 6], [6, 6, 6, 3]],
        ),
        (
            593.2,
            [2, 4, 4, 4, 4],
            [[3, 5], [7, 5, 7, 3], [3, 7, 5, 7], [3, 3, 5, 5], [7, 5, 3, 5]],
            [[4, 6], [4, 3, 4, 6], [4, 6, 6, 3], [6, 6, 6, 3], [6, 6, 4, 3]],
        ),
    ],
)
def test_known_macs_of_the_published_weaknas_networks(macs, depths, kernels, expansions):
    space = OfaMobileNetV3(1.2, [236])
    row = space.from_str([text(236, depths, kernels, expansions)])
    assert space.cost(row).macs[0] / 1e6 == pytest.approx(macs, abs=0.05)


def test_number_of_architectures():
    assert OfaMobileNetV3(resolutions=[224]).size == (9**2 + 9**3 + 9**4) ** 5 == 21758655492572485851
    assert SPACE.size == 25 * OfaMobileNetV3(resolutions=[224]).size


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_inactive_slots_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    rows = SPACE.sample(5, rng)
    noisy = rows.copy()
    depth = rows[:, 1:6] + 2
    inactive = (np.arange(4) >= depth[:, :, None]).reshape(5, 20)
    for start in (6, 26):
        noisy[:, start : start + 20][inactive] = rng.integers(0, 3, inactive.sum())
    np.testing.assert_array_equal(SPACE.canonical(noisy), rows)
    np.testing.assert_array_equal(SPACE.key(noisy), SPACE.key(rows))
    np.testing.assert_array_equal(SPACE.cost(noisy).macs, SPACE.cost(rows).macs)
    assert SPACE.to_str(noisy) == SPACE.to_str(rows)
    for kind in SPACE.encoders:
        np.testing.assert_array_equal(SPACE.encode(noisy, kind), SPACE.encode(rows, kind))


def test_released_layout_of_the_onehot_encoding():
    row = np.zeros((1, 46), dtype=np.int8)
    row[0, 0] = 24
    row[0, 6] = 2  # kernel 7 in the first slot
    encoded = SPACE.encode(row)[0]
    assert encoded.shape == (145,)
    assert encoded[:3].tolist() == [0, 0, 1]
    assert encoded[6:12].sum() == 0  # third and fourth slot of a unit of depth 2
    assert encoded[60:63].tolist() == [1, 0, 0]
    assert np.flatnonzero(encoded[120:]).tolist() == [24]


@pytest.mark.parametrize(
    "change", [("r160", "r161"), ("d4", "d5"), ("k7", "k9"), ("k7,", "k"), ("e", "f"), ("r160", "r160.0")]
)
def test_a_text_that_is_no_network_is_refused(change):
    good = "r160;d4,3,3,3,4;k" + ",".join("7" * 20) + ";e" + ",".join("6" * 20)
    SPACE.from_str([good])
    with pytest.raises(InvalidArchitecture, match="is not an architecture of the OFA MobileNetV3 space"):
        SPACE.from_str([good.replace(*change, 1)])


@pytest.mark.parametrize("options", [{"width": 0}, {"resolutions": []}, {"resolutions": [16]}])
def test_options_outside_their_range_are_refused(options):
    with pytest.raises(InvalidOption, match="positive width and resolutions"):
        OfaMobileNetV3(**options)


def test_the_networks_that_weaknas_found_are_known_by_name():
    space = OfaMobileNetV3(1.2, [236])
    macs = space.cost(space.from_str(["weaknas-560", "weaknas-593"])).macs
    np.testing.assert_allclose(macs / 1e6, [560.8, 593.2], atol=0.05)


def test_a_network_found_at_one_width_is_refused_at_another():
    for name in ("weaknas-560", "weaknas-593"):
        with pytest.raises(
            InvalidArchitecture, match=f"{name} is a network of width 1.2, and this space has width 1;"
        ):
            SPACE.from_str([name])
        assert name not in SPACE.published
    written_out = OfaMobileNetV3(1.2, [236]).published["weaknas-560"]
    space = OfaMobileNetV3(1.0, [236])
    assert space.cost(space.from_str([written_out])).macs[0] / 1e6 == pytest.approx(371.6, abs=0.05)


def test_a_name_whose_options_the_space_lacks_says_which_they_are():
    with pytest.raises(InvalidArchitecture, match=r"weaknas-560 is r236;d4,.* has not all of these options"):
        OfaMobileNetV3(1.2).from_str(["weaknas-560"])
