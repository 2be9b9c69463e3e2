import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.spaces import Choices


def test_texts_are_the_options():
    space = Choices({"lr": [0.1, 0.01], "act": ["relu", "gelu"]})
    assert space.to_str(space.enumerate()) == ["0.1;relu", "0.1;gelu", "0.01;relu", "0.01;gelu"]


@pytest.mark.parametrize(
    "choices",
    [{}, [1], {"a": []}, {"a": [1, "1"]}, {"a": ["x;y"]}, {"a": range(128)}, {"a": "xyz"}, {"a": 5}, {"a": ["x\ny"]}],
)
def test_choices_that_cannot_be_told_apart_are_refused(choices):
    with pytest.raises(InvalidOption, match="needs"):
        Choices(choices)


def test_codes_of_a_huge_space_are_hashes_that_tell_rows_apart():
    space = Choices({str(i): range(10) for i in range(30)})
    assert space.size == 10**30
    batch = space.sample(10_000, np.random.default_rng(0))
    assert len(np.unique(space.code(batch))) == 10_000


def test_three_hundred_options_of_one_choice_are_refused_by_name_in_a_short_sentence():
    with pytest.raises(InvalidOption, match=r"choice 'rate' needs a list of 1 to 127 .* not these 300: 0, 1, .*, 299"):
        Choices({"rate": range(300)})


def test_a_row_of_127_options_goes_to_text_and_back():
    space = Choices({"rate": range(127), "act": ["relu", "gelu"]})
    rows = space.enumerate()
    np.testing.assert_array_equal(space.from_str(space.to_str(rows)), rows)
    assert len(np.unique(space.code(rows))) == len(rows) == 254


def test_a_space_of_more_rows_than_a_number_holds_is_too_large_to_enumerate():
    with pytest.raises(InvalidArchitecture, match="too many to enumerate"):
        Choices({str(i): range(100) for i in range(300)}).enumerate()
