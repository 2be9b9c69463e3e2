import errno

import pytest

from weaknas.errors import WeaknasError, as_sentence, plugin_sentence, system_sentence


def test_a_message_is_one_line_of_signs_that_can_be_printed():
    error = WeaknasError("two\nlines and \x1b[31mcolour.")
    error.add_note("And a note.")
    assert as_sentence(error) == "two lines and \\x1b[31mcolour. And a note."


def test_what_nobody_would_read_to_its_end_is_cut_in_the_middle():
    said = str(WeaknasError(f"there is no file {'a' * 500}end."))
    assert said.startswith("there is no file aaa")
    assert said.endswith("aaaend.")
    assert 200 < len(said) < 320
    assert len(str(WeaknasError("word " * 1000))) < 1200


def test_an_error_of_a_plugin_is_told_with_its_type_file_and_line():
    with pytest.raises(KeyError) as raised:
        raise KeyError("shape")
    line = raised.tb.tb_lineno
    assert plugin_sentence(raised.value, __file__) == f"KeyError: 'shape' ({__file__}, line {line})"
    assert plugin_sentence(WeaknasError("it is ours.")) == "it is ours"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EACCES, "whatever", "runs.db"), "runs.db: Permission denied"),
        (OSError("a library's own words."), "a library's own words"),
        (MemoryError(), "there is not enough memory"),
        (RecursionError(), "it is nested too deeply"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "it is no text in UTF-8"),
    ],
)
def test_what_the_system_does_not_allow_is_said_in_words(error, said):
    assert system_sentence(error) == said
