"""Studies and their entries: defaults, options, seeds."""

import pytest

from weaknas_experiments.study.study_file import load_study


def test_a_study_is_read_with_its_defaults(study_file):
    study = load_study(study_file(("seeds = 3", 'seeds = "4-6"')))
    assert (study.name, study.budget, study.stop, study.record) == ("small", 40, "budget", "all")
    assert list(study.seeds) == [4, 5, 6]
    assert [entry.label for entry in study.strategies] == ["random", "weaknas (ridge)"]
    assert study.benchmarks[0].label == "toy"


def test_options_are_those_of_python(study_file):
    study = load_study(
        study_file(('"ridge"', '["ridge", "knn"]\noptions = { pool = [50, 20] }\nbudget = 7\nseeds = 2'))
    )
    entry = study.strategies[1]
    assert entry.options == {"pool": (50, 20)}
    assert entry.predictor == ("ridge", "knn")
    assert entry.label == "weaknas (ridge, knn)"
    assert (entry.budget, list(entry.seeds)) == (7, [0, 1])


@pytest.mark.parametrize(
    ("options", "draws"),
    [('{ run = "random" }', True), ("{ noise = 0.1 }", True), ("{ noise = 0.0 }", False), ('{ run = "mean" }', False)],
)
def test_the_seed_goes_to_a_benchmark_that_draws(study_file, options, draws):
    change = ('label = "toy"', f'label = "toy"\noptions = {options}')
    assert load_study(study_file(change)).benchmarks[0].draws is draws
    opposite = (change[0], f"{change[1]}\nseeded = {str(not draws).lower()}")
    assert load_study(study_file(opposite)).benchmarks[0].draws is not draws
