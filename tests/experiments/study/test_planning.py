"""Planning a study: what is refused, and what its folder says."""

import pytest

import weaknas
from weaknas_experiments.study import folder
from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study


def test_the_folder_says_what_it_is(results_of, tmp_path):
    results_of("out")
    results = load(tmp_path / "out")
    manifest, card = results.manifest, results.manifest.benchmarks["toy"]
    bench = weaknas.benchmark(str(tmp_path / "toy.parquet"))
    assert manifest.study == "small"
    assert manifest.versions["weaknas"] == weaknas.__version__
    assert card.optimum.model_dump() == {"valid_acc": bench.optimum.valid, "test_acc": bench.optimum.test}
    assert card.universe == "15,625 listed architectures"
    assert card.checksums == bench.checksums
    assert 'name = "small"' in manifest.file
    assert len(results.timings) == 6
    assert (results.timings.overhead_seconds <= results.timings.wall_seconds).all()
    assert not (tmp_path / "out/runs").exists()


def test_a_part_of_the_strategies_can_be_run_first(results_of, study_file, tmp_path):
    whole = results_of("whole")
    study = load_study(study_file())
    for only in ("weak*", "random"):
        run_study(plan(study, [only]), tmp_path / "parts")
    assert (tmp_path / "parts" / folder.RESULTS).read_bytes() == whole
    with pytest.raises(InvalidStudy, match="no strategy of small is labelled 'weka'; there are random, weaknas"):
        plan(study, ["weka"])


def test_a_prior_is_an_option_of_its_strategy_and_part_of_what_runs_follow_from(study_file, tmp_path):
    plain = plan(load_study(study_file()))
    bench = weaknas.benchmark(str(tmp_path / "toy.parquet"))
    saved = weaknas.search(bench, weaknas.strategy("random", bench.space), 5).save(tmp_path / "saved.parquet")
    study = load_study(study_file(('"ridge"', f'"ridge"\nprior = ["{saved}"]')))
    informed = plan(study)
    digests = [{spec.key: spec.digest for spec in made.specs} for made in (plain, informed)]
    assert {key[1] for key in digests[0] if digests[0][key] != digests[1][key]} == {study.strategies[1].label}
    run_study(informed, tmp_path / "out")
    rows = load(tmp_path / "out").frame
    options = rows.groupby("label")["options"].first()
    assert '"prior": ["random on toy, seed 0"]' in options[study.strategies[1].label]
    assert "prior" not in options["random"]
    found = weaknas.Result.load(saved).best.arch
    assert found in rows[rows["label"] != "random"].groupby("seed")["arch"].first().tolist()


SEVERAL = 'options = { objective = "valid_acc,params" }'


def test_runs_that_draw_values_of_their_own_have_no_true_front_in_common(study_file):
    drawn = SEVERAL.replace("{", '{ run = "random",')
    cards = [
        plan(
            load_study(
                study_file(
                    ('label = "toy"', f'label = "toy"\n{one}'),
                    ('"weaknas"', '"random"'),
                    ('predictor = "ridge"', 'label = "two"'),
                )
            )
        ).manifest.benchmarks["toy"]
        for one in (SEVERAL, drawn)
    ]
    assert len(cards[0].tradeoff.front) > 0
    assert cards[1].tradeoff.front == []
    assert cards[1].tradeoff.reference == cards[0].tradeoff.reference


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([('"ridge"', '"ridge"\nprior = ["toy.parquet"]')], r"line 14, on toy: there is no table toy.parquet"),
        ([('"random"', '"random"\nprior = ["digits"]')], r"on toy: the strategy random makes no use of what"),
        ([('"random"', '"lost-search"')], r"line 11, on toy: there is no strategy named 'lost-search'; did you mean"),
        ([('"ridge"', '"rigde"')], r"line 14, on toy: there is no predictor named 'rigde'; did you mean ridge"),
        ([('"ridge"', '"ridge"\noptions = { pol = 1 }')], r"line 14, on toy: .* 'pol'; it takes predictor"),
        ([('"ridge"', '"ridge"\npredictor_options = { x = 1 }')], r"line 14, on toy: the predictor 'ridge'"),
        (
            [("budget = 40", "budget = 40\nworkers = 2"), ('"weaknas"', '"one-shot"')],
            r"line 15, on toy: .* one-shot needs",
        ),
        ([("toy.parquet", "none.parquet")], r"line 7: there is no table"),
        ([('label = "toy"', 'constraint = "size < 3"')], r"line 7: .* does not know 'size'"),
        (
            [("budget = 40", 'budget = 40\nstop = "optimum"'), ('label = "toy"', f'label = "toy"\n{SEVERAL}')],
            r"line 8: toy has several objectives, and stop = 'optimum' ends a run at the optimum of the first",
        ),
    ],
)
def test_what_cannot_run_is_refused_before_anything_runs(study_file, changes, message):
    with pytest.raises(InvalidStudy, match=message):
        plan(load_study(study_file(*changes)))
