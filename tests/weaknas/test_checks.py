import numpy as np
import pytest

from weaknas.checks import check_number, check_one_of, check_seed, check_whole
from weaknas.errors import InvalidOption


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None, True, 2**63])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(InvalidOption, match="a seed is a whole number from 0"):
        check_seed(seed)


def test_a_seed_may_be_an_integer_of_numpy():
    assert check_seed(np.int64(3)) == 3


@pytest.mark.parametrize("value", [1, 2.0, "3", True, None, float("nan")])
def test_what_is_no_whole_number_from_the_least_is_refused(value):
    check_whole("batch", np.int32(2), 2)
    with pytest.raises(InvalidOption, match="batch is a whole number from 2, not"):
        check_whole("batch", value, 2)


@pytest.mark.parametrize("value", [-0.1, 1.1, "0", True, None, float("nan")])
def test_what_is_no_number_in_the_range_is_refused(value):
    check_number("explore", 1, "a share from 0 to 1", 0, 1)
    with pytest.raises(InvalidOption, match="explore is a share from 0 to 1, not"):
        check_number("explore", value, "a share from 0 to 1", 0, 1)


def test_what_is_none_of_the_words_is_refused():
    check_one_of("keep", "all", ("all", "top"))
    with pytest.raises(InvalidOption, match="keep is one of all, top, not 'some'"):
        check_one_of("keep", "some", ("all", "top"))
