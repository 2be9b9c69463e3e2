"""A study goes on in its own folder, and in no other."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import weaknas
import weaknas_predictors.ridge
from weaknas_experiments.study import folder
from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.instantiate import open_benchmark
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([('"small"', '"other"')], "holds the results of the study 'small', not of 'other'"),
        ([("seeds = 3", "seeds = 2")], "holds a run of .* with seed 2, which the study no longer has"),
        (
            [("budget = 40", "budget = 50")],
            "with seed 0, made with other settings or another plug-in; name",
        ),
        ([('"ridge"', '"ridge"\noptions = { pool = 30 }')], "a run of weaknas .ridge. on toy .* other settings"),
        ([("seeds = 3", 'seeds = 3\nstop = "optimum"')], "made with other settings"),
        ([(', "paper"', "")], "made with other settings"),
    ],
)
def test_a_folder_of_other_runs_is_refused_and_kept(results_of, tmp_path, changes, message):
    before = results_of("out")
    with pytest.raises(InvalidStudy, match=message):
        results_of("out", *changes)
    assert (tmp_path / "out" / folder.RESULTS).read_bytes() == before


def test_runs_made_with_another_default_are_refused_and_kept(results_of, tmp_path, monkeypatch):
    before = results_of("out")
    defaults = weaknas.strategies.weak.WeakNAS.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "explore", 0.2)
    with pytest.raises(
        InvalidStudy, match=r"weaknas \(ridge\) on toy with explore = 0.3, which is now 0.2 by default"
    ):
        results_of("out")
    monkeypatch.undo()
    monkeypatch.setattr(weaknas_predictors.ridge.Ridge.__init__, "__defaults__", (2.0,))
    with pytest.raises(InvalidStudy, match=r"on toy, its predictor with alpha = 1.0, which is now 2.0 by default"):
        results_of("out")
    assert (tmp_path / "out" / folder.RESULTS).read_bytes() == before
    monkeypatch.undo()
    assert results_of("out") == before


def test_another_default_predictor_is_refused(results_of, monkeypatch):
    default = ('predictor = "ridge"', "options = { pool = 20 }")
    results_of("out", default)
    signature = weaknas.strategies.weak.WeakNAS.__init__
    monkeypatch.setattr(signature, "__defaults__", ("ridge",))
    with pytest.raises(InvalidStudy, match="with predictor = 'rank-transform:gp', which is now 'ridge' by default"):
        results_of("out", default)


def test_a_parameter_that_is_not_a_number_is_equal_to_itself(results_of, study_file, tmp_path, monkeypatch):
    ridge = weaknas_predictors.ridge.Ridge
    monkeypatch.setattr(ridge, "get_params", lambda self, deep=True: {"alpha": self.alpha, "missing": float("nan")})
    monkeypatch.setattr(ridge, "set_params", lambda self, **params: self)
    monkeypatch.setattr(ridge, "__sklearn_clone__", lambda self: ridge(self.alpha), raising=False)
    assert results_of("out") == results_of("out")
    assert "NaN" in load(tmp_path / "out").manifest.strategies["weaknas (ridge)"].parameters["toy"][0].values()


def test_another_plug_in_file_is_refused(study_file, tmp_path, slow_file):
    file = study_file(('name = "random"', f'name = "{slow_file}:Slow"\nlabel = "slow"'))
    run_study(plan(load_study(file)), tmp_path / "out")
    slow_file.write_text(slow_file.read_text() + "# changed")
    with pytest.raises(InvalidStudy, match="holds a run of slow on toy with seed 0, made with other settings or ano"):
        run_study(plan(load_study(file)), tmp_path / "out")


def test_another_table_under_the_same_name_is_refused(results_of, toy_frame, toy_file, tmp_path):
    results_of("out")
    card = pq.read_schema(toy_file).metadata
    changed = pa.Table.from_pandas(
        toy_frame.assign(test_acc=toy_frame.test_acc[::-1].to_numpy()), preserve_index=False
    )
    pq.write_table(changed.replace_schema_metadata(card), toy_file)
    open_benchmark.__globals__["_opened"].cache_clear()
    with pytest.raises(InvalidStudy, match=r"the table toy\.parquet of toy is not the one that .* was made with"):
        results_of("out")
