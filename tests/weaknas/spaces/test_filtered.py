import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture
from weaknas.spaces import Choices, OfaMobileNetV3, UserMobile, as_rows

SPACE = Choices({name: range(4) for name in "abcdef"})


def test_samples_are_those_of_the_space_that_are_kept():
    part = SPACE.restrict(lambda batch: batch[:, 0] == 3, "a = 3")
    drawn = part.sample(3000, np.random.default_rng(0))
    assert (drawn[:, 0] == 3).all()
    np.testing.assert_allclose([(drawn[:, 1] == v).mean() for v in range(4)], 0.25, atol=0.04)


def test_what_is_not_kept_is_not_in_the_space():
    part = SPACE.restrict(lambda batch: batch[:, 0] == 3, "a = 3")
    assert part.is_valid(np.array([[3, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]], dtype=np.int8)).tolist() == [True, False]
    with pytest.raises(InvalidArchitecture, match="is not in choices with a = 3"):
        part.from_str(["2;0;0;0;0;0"])


def test_restrictions_add_up():
    part = SPACE.restrict(lambda b: b[:, 0] == 3, "a = 3").restrict(lambda b: b[:, 1] == 2, "b = 2")
    drawn = part.sample(10, np.random.default_rng(0))
    assert (drawn[:, :2] == [3, 2]).all()
    assert part.name == "choices with a = 3 with b = 2"


def test_a_condition_that_nothing_satisfies_is_refused():
    space = OfaMobileNetV3()
    part = space.restrict(lambda batch: np.zeros(len(batch), dtype=bool), "nothing")
    with pytest.raises(InvalidArchitecture, match="no architecture of ofa-mbv3 with nothing was found in"):
        part.sample(1, np.random.default_rng(0))


def test_networks_of_two_names_are_listed_once():
    space = UserMobile(
        {
            "name": "own",
            "classes": 2,
            "resolution": 8,
            "stem": {"width": 8},
            "stage": [{"width": 8, "depth": [1, 2], "kernel": [3, 5], "expansion": [1, 2]}],
            "head": {"width": 8},
        }
    )
    rows = as_rows(space.where("macs > 0")).rows
    assert len(rows) == space.size
    assert len(np.unique(space.key(rows))) == space.size
    with pytest.raises(InvalidArchitecture, match="no architecture of own with macs < 0; loosen the constraint"):
        as_rows(space.where("macs < 0"))
