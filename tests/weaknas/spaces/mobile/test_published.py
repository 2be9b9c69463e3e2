"""Known numbers of the published spaces of mobile networks."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, NotFound
from weaknas.spaces import AttentiveNas, FbnetV2, FbnetV2Network, SposMobileNet
from weaknas.spaces.mobile.fbnet_networks import NETWORKS

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


def test_known_macs_of_the_alphanet_networks():
    """Only its a5 is another network than AttentiveNAS's; its own table says 596 where its a5_1 has 594.8."""
    nets = ["a0", "a1", "a2", "a3", "a4", "a5", "a5_1", "a6"]
    macs = ATTENTIVE.cost(ATTENTIVE.from_str([f"alphanet-{net}" for net in nets])).macs / 1e6
    np.testing.assert_allclose(macs, [203.4, 279.2, 316.7, 356.5, 443.5, 491.5, 594.8, 709.0], atol=0.05)
    differ = {net for net in nets if ATTENTIVE.published[f"alphanet-{net}"] != ATTENTIVE.published.get(net)}
    assert differ == {"a5", "a5_1"}


def pooled(space):
    """The values that are averaged, in squeeze and excitation and before the classifier: released counts have them."""
    layers = [block.candidates[0] for block in space.network.blocks]
    squeezes = [layer for layer in layers if getattr(layer, "hidden", None) is not None]
    inside = sum(layer.mid.largest * (-(-layer.side.largest // layer.stride)) ** 2 for layer in squeezes)
    final = space.network.final
    return inside + final.c_out.largest * final.side.largest**2 + space.network.features.largest


@pytest.mark.parametrize(
    ("net", "params", "flops"),
    [
        ("f1", 6_024_744, 56_410_560),
        ("f2", 6_024_744, 85_441_392),
        ("f3", 6_924_840, 121_824_000),
        ("f4", 7_022_880, 238_351_984),
        ("l1", 8_538_792, 326_023_008),
        ("l2", 8_538_792, 423_912_768),
        ("l3", 9_442_632, 753_163_968),
    ],
)
def test_the_found_networks_have_the_released_parameters_and_macs_exactly(net, params, flops):
    space = weaknas.space(f"fbnetv2-{net}")
    assert space.size == 1
    cost = space.cost(only(space))
    assert cost.params[0] == params
    assert cost.macs[0] + pooled(space) == flops


def test_the_smallest_found_network_was_released_without_weights_and_counted_without_classifier():
    space = weaknas.space("fbnetv2-f0")
    cost, classifier = space.cost(only(space)), 1280 * 1000
    assert (cost.params[0], cost.macs[0]) == (2_822_368, 66_280_000)
    assert cost.params[0] - classifier == pytest.approx(1.53e6, rel=0.01)
    assert (cost.macs[0] + pooled(space) - classifier) // 100_000 == 652


def test_the_found_networks_are_read_at_their_own_resolution():
    assert {net: FbnetV2Network(net).to_str(only(FbnetV2Network(net))) for net in NETWORKS} == {
        net: [f"r{side}"] for net, side in zip(NETWORKS, (224, 128, 160, 192, 224, 224, 256, 288), strict=True)
    }


def test_a_single_network_has_no_neighbours():
    space = FbnetV2Network("f1")
    with pytest.raises(InvalidArchitecture, match="a single architecture, which has no neighbours"):
        space.mutate(only(space), np.random.default_rng(0))


def test_an_unknown_found_network_is_answered_with_the_known_ones():
    with pytest.raises(NotFound, match="no FBNetV2 network named 'f9'; did you mean f"):
        FbnetV2Network("f9")


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
