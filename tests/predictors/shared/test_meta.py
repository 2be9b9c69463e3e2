"""Predictors made of predictors."""

import inspect

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

import weaknas
from weaknas import WeaknasError
from weaknas.scoring import encoding_of
from weaknas.spaces import NasBench201

META = ["clip-below-median", "ensemble", "multi-fidelity", "rank-transform", "warm-start"]
every = pytest.mark.parametrize("name", META)


class Wants(LinearRegression):
    encodings = ("nothing-has-this", "counts")


@every
def test_a_name_and_an_object_are_the_same(name, data):
    train, scores, rest, _ = data
    by_name = weaknas.predictor(f"{name}:mlp", random_state=0)
    by_object = weaknas.predictor(name, member=weaknas.predictor("mlp"), random_state=0)
    expected = by_name.fit(train, scores).predict(rest)
    np.testing.assert_array_equal(by_object.fit(train, scores).predict(rest), expected)
    np.testing.assert_array_equal(clone(by_name).fit(train, scores).predict(rest), expected)


@every
def test_parameters_of_the_member_can_be_read_and_set(name):
    predictor = weaknas.predictor(f"{name}:mlp")
    assert predictor.member == "mlp"
    assert predictor.get_params()["member__epochs"] == 200
    assert clone(predictor.set_params(member__epochs=3)).get_params()["member__epochs"] == 3
    assert predictor.set_params(member="ridge", member__alpha=7.0).member.alpha == 7
    assert "member__alpha" not in predictor.get_params(deep=False)


@every
def test_the_encodings_are_those_of_the_member(name):
    space = NasBench201()
    assert encoding_of(weaknas.predictor(name, member=Wants()), space) == "counts"
    assert encoding_of(weaknas.predictor(name, member=LinearRegression()), space) == "onehot"


@every
def test_unknown_members_are_refused(name):
    with pytest.raises(WeaknasError, match="there is no predictor named 'mpl'"):
        weaknas.predictor(f"{name}:mpl").get_params()


@pytest.mark.parametrize("name", sorted({*META} - {"ensemble"}))
def test_deviations_only_where_the_member_has_them(name):
    def offers(member):
        return "return_std" in inspect.signature(weaknas.predictor(f"{name}:{member}").predict).parameters

    assert offers("random-forest")
    assert not offers("mlp")
