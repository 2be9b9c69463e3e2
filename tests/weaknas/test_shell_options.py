import pytest

from weaknas.errors import InvalidOption
from weaknas.shell_options import by_part


def test_an_option_goes_to_the_part_that_it_names():
    found = by_part(["pool=3", "predictor.alpha=0.5", "strategy.keep=top", "name=[1, 2]"], ("strategy", "predictor"))
    assert found == {"strategy": {"pool": 3, "keep": "top", "name": (1, 2)}, "predictor": {"alpha": 0.5}}


@pytest.mark.parametrize(
    ("text", "value"), [("null", None), ("true", True), ("1e3", 1000.0), ("[1,", "[1,"), ("", "")]
)
def test_a_value_is_json_or_text(text, value):
    assert by_part([f"key={text}"], ("strategy",))["strategy"]["key"] == value


@pytest.mark.parametrize("option", ["key", "=3", "other.key=3", "strategy.=3"])
def test_what_is_no_option_is_refused(option):
    with pytest.raises(InvalidOption, match=r"is not KEY=VALUE with one of KEY, predictor\.KEY"):
        by_part([option], ("strategy", "predictor"))


def test_an_option_is_given_once():
    with pytest.raises(InvalidOption, match="gives pool a second value"):
        by_part(["pool=3", "strategy.pool=4"], ("strategy",))
