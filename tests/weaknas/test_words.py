import pytest

from weaknas.words import close_to, shortened, some


@pytest.mark.parametrize(
    ("count", "said"), [(0, ""), (3, "0, 1, 2"), (4, "0, 1, 2, 3"), (1003, "0, 1, 2 and 1,000 more")]
)
def test_of_many_names_the_first_are_said_and_how_many_more_there_are(count, said):
    assert some(range(count), most=3) == said


def test_a_long_or_odd_text_fits_on_a_line():
    assert shortened("a" * 60) == "a" * 60
    assert shortened("a" * 61) == "a" * 60 + "…"
    assert shortened("a\n\x1b[31m") == "a\\n\\x1b[31m"


def test_the_close_names_are_asked_for_and_else_all_are_said():
    assert close_to("valid_ac", ["valid_acc", "macs"]) == "did you mean valid_acc?"
    assert close_to("OPS ", ["ops", "macs"]) == "did you mean ops?"
    assert close_to("nothing", ["a", "b"]) == "it has a, b."
    assert close_to("nothing", []) == "it has none."
