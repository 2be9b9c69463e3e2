"""Known numbers of the published spaces of mobile networks."""

import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture, NotFound
from weaknas.spaces import FOUND, AttentiveNas, FbnetV2, FbnetV2Found, SposMobileNet, known

ATTENTIVE = AttentiveNas()


def extremes(space):
    return np.stack([np.zeros(len(space.options)), space.options - 1]).astype(np.int8)


def only(space):
    return space.sample(1, np.random.default_rng(0))


def test_known_macs_of_the_attentive_networks():
    macs = ATTENTIVE.cost(ATTENTIVE.from_str([f"a{i}" for i in range(7)])).macs / 1e6
    np.testing.assert_allclose(macs, [203.4, 279.2, 316.7, 356.5, 443.5, 490.5, 709.0], atol=0.05)


def test_known_macs_of_the_attentive_extremes():
    rows = extremes(ATTENTIVE)
    np.testing.assert_allclose(ATTENTIVE.cost(rows).macs / 1e6, [203.4, 1939.3], atol=0.05)
    np.testing.assert_array_equal(rows[:1], ATTENTIVE.from_str(["a0"]))


def test_number_of_attentive_architectures():
    assert ATTENTIVE.size == np.prod(ATTENTIVE.options) == 440_301_256_704


def test_the_ordinal_encoding_is_the_31_numbers_of_the_attentive_predictor():
    numbers = ATTENTIVE.encode(ATTENTIVE.from_str(["a6"]), "ordinal")
    expected = [288, 16, 16, 24, 32, 64, 112, 216, 224, 1984, 1, 3, 3, 4, 4, 6, 1, *[3] * 5, 5, 3, 1, 4, 6, 5, 4, 6, 6]
    expected[17:24] = [3, 3, 3, 3, 3, 5, 3]
    assert numbers[0].tolist() == expected


@pytest.mark.parametrize(
    ("net", "macs"),
    [("f1", 56.41), ("f2", 85.44), ("f3", 121.82), ("f4", 238.35), ("l1", 326.02), ("l2", 423.91)],
)
def test_known_macs_of_the_found_networks(net, macs):
    space = known(f"fbnetv2-{net}")
    assert space.size == 1
    assert space.cost(only(space)).macs[0] / 1e6 == pytest.approx(macs, rel=0.005)


def test_the_found_networks_are_read_at_their_own_resolution():
    assert {net: FbnetV2Found(net).to_str(only(FbnetV2Found(net))) for net in FOUND} == {
        net: [f"r{side}"] for net, side in zip(FOUND, (128, 160, 192, 224, 224, 256, 288), strict=True)
    }


def test_a_single_network_has_no_neighbours():
    space = FbnetV2Found("f1")
    with pytest.raises(InvalidArchitecture, match="a single architecture, which has no neighbours"):
        space.mutate(only(space), np.random.default_rng(0))


def test_an_unknown_found_network_is_answered_with_the_known_ones():
    with pytest.raises(NotFound, match="no FBNetV2 network named 'f9'; did you mean f"):
        FbnetV2Found("f9")


def test_number_of_fbnetv2_architectures():
    one = 8 * 6
    assert FbnetV2().size == 2 * 8 * (4 * one * 49**2) * (4 * one * 49**2) * (7 * one * 49**2) * (8 * one * 49**3) * (
        14 * one * 49**3
    )


def test_the_expansion_of_a_skipped_block_does_not_matter():
    space = FbnetV2()
    row = space.sample(1, np.random.default_rng(0))
    at = {choice.name: i for i, choice in enumerate(space.choices)}
    row[0, at["b2.2"]] = 8  # skip
    other = row.copy()
    other[0, at["e2.2"]] = (row[0, at["e2.2"]] + 1) % 6
    assert space.key(row) == space.key(other)
    assert "skip" in space.to_str(row)[0]


def test_number_of_spos_architectures_and_cost_of_its_largest():
    space = SposMobileNet()
    assert space.size == 6**6 * 7**15
    largest = space.from_str(["r224;b" + ",".join(["k7e6"] * 21)])
    skipping = space.from_str(["r224;b" + ",".join(["k7e6", "skip", "skip", "skip"] * 5 + ["k7e6"])])
    assert space.cost(skipping).macs < space.cost(largest).macs / 2
    stem, first = 27 * 40 * 112**2, (40 * 9 + 40 * 24) * 112**2
    block = 24 * 144 * 112**2 + 144 * (49 + 32) * 56**2  # the first block that is chosen
    least = space.prices[:3]
    assert sum(p.macs.at(space.picked(largest))[0] if p.macs.choices else int(p.macs.values) for p in least) == (
        stem + first + block
    )
