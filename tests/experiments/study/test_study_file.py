import pytest

from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.study_file import load_study, shipped


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds = 3", "sedes = 3", "line 4: there is no key 'sedes'; did you mean seeds?"),
        ("seeds = 3", "x_y = 3", "line 4: there is no key 'x_y'; known: name, title"),
        ('"ridge"', '"ridge"\nbudgets = 3', "line 17: there is no key 'strategies.budgets'; did you mean budget?"),
        ('label = "toy"', 'labels = "toy"', "line 9: there is no key 'benchmarks.labels'; did you mean label?"),
        ("budget = 40", "", "line 1: the key 'budget' is missing."),
        ('name = "random"', "", "line 11: the key 'strategies.name' is missing."),
        ("budget = 40", "budget = 0", "line 3: budget: should be greater than or equal to 1, not 0."),
        ("budget = 40", "budget = 1.5", "line 3: budget: should be a valid integer, not 1.5."),
        ("seeds = 3", "seeds = 0", "line 4: seeds: seeds are their number, such as 100, or the first and the last"),
        ("seeds = 3", 'seeds = "6-4"', "such as '50-99', not '6-4'."),
        ("seeds = 3", 'seeds = 3\nstop = "no"', "line 5: stop: should be 'budget', 'optimum' or 'valid-optimum', not"),
        ('"paper"]', '"paper"]\nstop = "valid-optimum"', "stop: 'valid-optimum' ends runs whose 'paper' value could"),
        ("seeds = 3", 'seeds = 3\nrecord = "x"', "record: should be 'all' or 'improvements'"),
        ('"paper"', '"best"', "line 5: protocols: should be 'honest' or 'paper', not 'best'."),
        ('"small"', '"a study"', "line 2: name: String should match pattern"),
        ('"ridge"', "3", "line 16: strategies.predictor: a predictor is a name, or several names in a list, not 3."),
        ('"ridge"', '["a", "b"]\npredictor_options = { x = 1 }', "predictor_options need one predictor"),
        ('"ridge"', '"ridge"\noptions = { seed = 1 }', "line 14: strategies: seed is no option here"),
        ('"random"', '"random"\nlabel = "weaknas (ridge)"', "line 15: another entry is labelled 'weaknas (ridge)'"),
        (
            "seeds = 3",
            "seeds = 3\ncheckpoints = [20, 50]",
            "no run has 50 queries, 40 is the largest budget",
        ),
        (
            'label = "toy"',
            'label = ""',
            "line 9: benchmarks.label: a label is 1 to 100 printable",
        ),
        ('"random"', '"random"\nlabel = "a\\nb"', "a label is 1 to 100 printable characters in one line"),
        ('"random"', f'"random"\nlabel = "{"a" * 101}"', "a label is 1 to 100 printable characters in one line"),
        ("budget = 40", "budget =", "cannot be read: Invalid value (at line 3"),
        ("seeds = 3", "seeds = 20261127", "these are 40,522,254 runs, and a study has at most 100,000; give it fewer"),
        ("seeds = 3", 'seeds = "0-4294967296"', "a seed is a number below 4,294,967,296, not 4294967296"),
        ("seeds = 3", f"seeds = {'9' * 4000}", "line 4: seeds: a seed is a number below 4,294,967,296, not 9999"),
        ("seeds = 3", f"seeds = {'9' * 5000}", "cannot be read: Exceeds the limit (4300 digits)"),
        ("seeds = 3", f"seeds = 0x{'f' * 5000}", "a seed is a number below 4,294,967,296, not a number that long"),
        (
            "budget = 40",
            "budget = 10_000_001",
            "line 3: budget: should be less than or equal to 10000000, not 10000001",
        ),
        ("budget = 40", f"budget = {'[' * 5000}{']' * 5000}", "cannot be read: it is nested too deeply"),
        ('"small"', '".."', "line 2: name: String should match pattern"),
        ('"small"', f'"{"a" * 101}"', "line 2: name: String should have at most 100 characters, not 'aaa"),
    ],
)
def test_a_mistake_is_refused_with_its_line(study_file, old, new, message):
    path = study_file((old, new))
    with pytest.raises(InvalidStudy) as error:
        load_study(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_a_study_file_that_is_no_text_is_refused(study_file):
    path = study_file()
    path.write_bytes(path.read_bytes().replace(b"small", b"sm\xe4ll"))
    with pytest.raises(InvalidStudy, match=r"small\.toml cannot be read: it is no text in UTF-8\.$"):
        load_study(path)


def test_a_mark_at_the_beginning_of_the_text_is_passed_over(study_file):
    path = study_file()
    path.write_text("\ufeff" + path.read_text("utf-8"), "utf-8")
    assert load_study(path).name == "small"


def test_an_unknown_study_names_those_that_are_shipped():
    with pytest.raises(InvalidStudy, match="there is no study file deno; those that come with weaknas: demo"):
        load_study("deno")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_study_is_sound_and_named_as_its_file(name):
    study = load_study(name)
    assert study.name == name
    assert study.title
