import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import Choices


def test_texts_are_the_options():
    space = Choices({"lr": [0.1, 0.01], "act": ["relu", "gelu"]})
    assert space.to_str(space.enumerate()) == ["0.1;relu", "0.1;gelu", "0.01;relu", "0.01;gelu"]


@pytest.mark.parametrize("choices", [{}, {"a": []}, {"a": [1, "1"]}, {"a": ["x;y"]}, {"a": range(128)}])
def test_choices_that_cannot_be_told_apart_are_refused(choices):
    with pytest.raises(InvalidOption, match="needs"):
        Choices(choices)


def test_codes_of_a_huge_space_are_hashes_that_tell_rows_apart():
    space = Choices({str(i): range(10) for i in range(30)})
    assert space.size == 10**30
    batch = space.sample(10_000, np.random.default_rng(0))
    assert len(np.unique(space.code(batch))) == 10_000
