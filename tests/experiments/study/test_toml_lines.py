import pytest

from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.study_file import load_study
from weaknas_experiments.study.toml_lines import line_of

TEXT = """
name = "x"

[[strategies]]
name = "random"
options.pool = 3

[strategies.predictor_options]
alpha = 1.0

[[strategies]]
"name" = "weaknas"
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ((), 1),
        (("name",), 2),
        (("budget",), 1),
        (("strategies",), 4),
        (("strategies", 0, "name"), 5),
        (("strategies", 0, "options", "pool"), 6),
        (("strategies", 0, "predictor_options"), 8),
        (("strategies", 0, "predictor_options", "alpha"), 9),
        (("strategies", 0, "seeds"), 4),
        (("strategies", 1, "name"), 12),
    ],
)
def test_a_key_stands_in_its_line_or_in_that_of_the_table_around_it(key, line):
    assert line_of(TEXT, key) == line


def test_a_sub_table_belongs_to_the_last_entry(study_file):
    text = '"ridge"\n\n[strategies.predictor_options]\nalpha = 3.0\n\n[strategies.option]\npool = 3'
    with pytest.raises(InvalidStudy, match=r"line 21: there is no key 'strategies.option'; did you mean options"):
        load_study(study_file(('"ridge"', text)))
