import weaknas
from weaknas.spaces import Choices

SMALL = Choices({"a": range(5), "b": range(4)})


def test_options_tell_what_changes_the_search():
    options = weaknas.strategy("weaknas", SMALL, predictor="ridge", jobs=2, seed=0).options
    assert options["pool"] == 20
    assert not {"seed", "space", "predictor", "jobs"} & set(options)
