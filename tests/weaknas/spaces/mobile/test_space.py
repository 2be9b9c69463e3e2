"""Laws of the spaces of mobile networks."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weaknas.doors import names_from_data
from weaknas.errors import InvalidArchitecture, InvalidOption, UntrustedName
from weaknas.spaces import AttentiveNas, FbnetV2, OfaMobileNetV3, SposMobileNet, UserMobile, known

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
SPACES = [OfaMobileNetV3(1.2), AttentiveNas(), FbnetV2((192, 224)), SposMobileNet(), UserMobile(SMALL)]
everywhere = pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
seeds = st.integers(0, 2**32 - 1)


def onehot(space, row):
    return {choice.name: np.eye(len(choice.options))[row[i]] for i, choice in enumerate(space.choices)}


@everywhere
@given(seed=seeds)
@settings(max_examples=10, deadline=None)
def test_the_expected_cost_at_onehot_weights_is_the_cost(space, seed):
    batch = space.sample(3, np.random.default_rng(seed))
    cost = space.cost(batch)
    for row, params, macs in zip(batch, cost.params, cost.macs, strict=True):
        expected = space.expected_cost(onehot(space, row))
        assert (expected.params, expected.macs) == (params, macs)


def test_the_expected_cost_is_the_mean_over_all_rows():
    space = UserMobile(SMALL)
    rng = np.random.default_rng(0)
    weights = {choice.name: rng.dirichlet(np.ones(len(choice.options))) for choice in space.choices}
    grid = np.indices(tuple(space.options), dtype=np.int8).reshape(len(space.options), -1).T
    chances = prod(weights[choice.name][grid[:, i]] for i, choice in enumerate(space.choices))
    assert chances.sum() == pytest.approx(1)
    cost, expected = space.cost(grid), space.expected_cost(weights)
    assert expected.macs == pytest.approx((chances * cost.macs).sum(), rel=1e-12)
    assert expected.params == pytest.approx((chances * cost.params).sum(), rel=1e-12)


def test_the_expected_cost_is_differentiable():
    torch = pytest.importorskip("torch")
    space = UserMobile(SMALL)
    logits = {
        choice.name: torch.zeros(len(choice.options), dtype=torch.float64, requires_grad=True)
        for choice in space.choices
    }
    space.expected_cost({name: logit.softmax(0) for name, logit in logits.items()}).macs.backward()
    for name, logit in logits.items():
        assert torch.isfinite(logit.grad).all()
        assert len(logit) == 1 or logit.grad.abs().max() > 0, name
    assert logits["r"].grad[1] > 0 > logits["r"].grad[0]  # larger images cost more


@everywhere
@given(seed=seeds)
@settings(max_examples=10, deadline=None)
def test_choices_without_meaning_are_looked_through(space, seed):
    rng = np.random.default_rng(seed)
    rows = space.sample(5, rng)
    noisy = np.where(space.matters(rows), rows, rng.integers(0, space.options, rows.shape)).astype(np.int8)
    np.testing.assert_array_equal(space.canonical(noisy), rows)
    np.testing.assert_array_equal(space.key(noisy), space.key(rows))
    np.testing.assert_array_equal(space.cost(noisy).params, space.cost(rows).params)
    assert space.to_str(noisy) == space.to_str(rows)
    for kind in space.encoders:
        np.testing.assert_array_equal(space.encode(noisy, kind), space.encode(rows, kind))


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


@everywhere
def test_a_space_can_be_made_again_from_its_recipe(space):
    options = {key: value for key, value in space.recipe.items() if key != "space"}
    again = known(space.recipe["space"], **options)
    rows = space.sample(3, np.random.default_rng(0))
    assert again.name == space.name
    assert again.to_str(rows) == space.to_str(rows)
    np.testing.assert_array_equal(again.cost(rows).macs, space.cost(rows).macs)


def test_known_refuses_options_that_a_space_does_not_take():
    assert known("ofa-mbv3", width=1.2).width == 1.2
    with pytest.raises(InvalidOption, match=r"the space 'attentive-nas': .*width"):
        known("attentive-nas", width=1.2)


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
        (lambda: known("ofa-mbv3", resolutions=[160.5]), "a resolution is a whole number .* not 160.5"),
        (lambda: known("ofa-mbv3", resolutions=[float("nan")]), "a resolution is a whole number .* not nan"),
        (lambda: known("spos-mobilenet", resolution=-1), "a resolution is a whole number"),
        (lambda: known("attentive-nas", classes=True), "the number of classes is a whole number .* not True"),
        (lambda: known("attentive-nas", classes=10**30), "the number of classes"),
        (lambda: known("ofa-mbv3", width="1.2"), "the space 'ofa-mbv3' cannot have width='1.2'"),
        (lambda: known("ofa-mbv3", width=float("inf")), "a positive width"),
        (lambda: known("mobile", table=5), "the space 'mobile' cannot have table=5"),
        (lambda: known("own.toml", width=2), "the space of a file takes no options, and own.toml was given width"),
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
    for one in (space, known("fbnetv2-f1")):
        for kind in one.encoders:
            assert len(one.encode(one.enumerate(), kind)) == one.size


def test_a_space_that_data_names_is_no_file(tmp_path):
    with names_from_data(), pytest.raises(UntrustedName, match=r"own.toml' is named by data"):
        known(str(tmp_path / "own.toml"))
