import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption, NotFound, PluginError
from weaknas.spaces import Choices, NasBench201
from weaknas.strategies.members import members

SMALL = Choices({"a": range(5), "b": range(4), "c": range(2)})


def test_a_name_an_object_or_several_become_what_is_fitted():
    ridge = weaknas.predictor("ridge")
    assert [type(member.predictor) for member in members("ridge", (), None, SMALL)] == [type(ridge)]
    found = members(["knn", ridge], (), "onehot", SMALL)
    assert [(member.name, member.encoding) for member in found] == [("knn", "onehot"), (repr(ridge), "onehot")]
    assert found[1].predictor is ridge


@pytest.mark.parametrize(("space", "name"), [(NasBench201(), "gp-wl"), (SMALL, "gp")])
def test_the_default_is_the_first_that_the_space_has_an_encoding_for(space, name):
    (member,) = members(None, ("gp-wl", "gp"), None, space)
    assert member.name == name
    assert len(space.encode(space.sample(2, np.random.default_rng(0)), member.encoding)) == 2


@pytest.mark.parametrize(
    ("given", "encoding", "error", "message"),
    [
        ([], None, InvalidOption, "predictor is a name, a scikit-learn regressor or a list of such"),
        (3, None, InvalidOption, "predictor is a name, a scikit-learn regressor or a list of such, not 3"),
        ("nope", None, NotFound, "no predictor named 'nope'"),
        (object, None, InvalidOption, "predictor is a name"),
        (type(weaknas.predictor("ridge")), None, PluginError, "is an object, not the class Ridge"),
        ("gp-wl", None, InvalidOption, "needs the encoding"),
        ("ridge", "path", NotFound, "no encoding 'path'"),
        ("ridge", 3, InvalidOption, "encoding is the name of one, not 3"),
    ],
)
def test_what_cannot_be_fitted_is_refused_at_once(given, encoding, error, message):
    with pytest.raises(error, match=message):
        members(given, (), encoding, SMALL)
