import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import Choices

SMALL = Choices({"a": range(5), "b": range(4)})


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(InvalidOption, match="a seed is a whole number from 0"):
        weaknas.strategy("random", SMALL, seed=seed)


def test_options_tell_what_changes_the_search():
    options = weaknas.strategy("weaknas", SMALL, predictor="ridge", jobs=2, seed=0).options
    assert options["pool"] == 20
    assert not {"seed", "space", "predictor", "jobs"} & set(options)
