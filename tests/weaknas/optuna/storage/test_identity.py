"""What makes a stored search this one: another benchmark under the same name is refused, and nothing is changed."""

import numpy as np
import optuna
import pyarrow.parquet as pq
import pytest

import weaknas
from weaknas.errors import WeaknasError
from weaknas.metrics import Metric
from weaknas.optuna import search
from weaknas.optuna.storage.backend import storage_at
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.wrappers import Noisy


@pytest.fixture
def storage(tmp_path):
    return f"journal:{tmp_path / 'runs.log'}"


def run(bench, storage, budget=5, space=None):
    strategy = weaknas.strategy("random", space or bench.space)
    return search(bench, strategy, budget, storage=storage, study="mine")


def trials(storage):
    return optuna.load_study(storage=storage_at(storage, 15), study_name="mine").trials


def as_an_older_version_wrote_it(storage, *unknown):
    study = optuna.load_study(storage=storage_at(storage, 15), study_name="mine")
    stored = study.user_attrs["weaknas"]
    study.set_user_attr("weaknas", {key: value for key, value in stored.items() if key not in unknown})


NEW = ("objective", "checksums", "optimum", "architectures", "options of the benchmark underneath")


def rewrite(path, column, change):
    """Change a column of a table's file, and leave its name and its card."""
    table = pq.read_table(path)
    index = table.schema.get_field_index(column)
    values = change(table[column].to_numpy())
    pq.write_table(table.set_column(index, table.schema.field(index), [values]), path)


@pytest.mark.parametrize("old", [(), NEW])
@pytest.mark.parametrize("column", ["valid_acc", "test_acc"])
def test_another_table_of_the_same_name_is_refused(toy_file, storage, old, column):
    run(weaknas.benchmark(str(toy_file)), storage)
    as_an_older_version_wrote_it(storage, *old)
    rewrite(toy_file, column, lambda values: values / 2)
    message = "other values now" if old else "was begun with other contents of toy.parquet; restore"
    with pytest.raises(WeaknasError, match=message):
        run(weaknas.benchmark(str(toy_file)), storage, 9)
    assert len(trials(storage)) == 5


def test_a_search_of_an_older_version_goes_on(toy_file, storage):
    run(weaknas.benchmark(str(toy_file)), storage)
    as_an_older_version_wrote_it(storage, *NEW)
    assert len(run(weaknas.benchmark(str(toy_file)), storage, 9).history) == 9


@pytest.mark.parametrize("kind", [None, Noisy])
def test_an_option_that_only_one_of_two_versions_knows_is_not_compared(toy, storage, kind):
    bench = kind(toy, sd=0.1) if kind else toy
    run(bench, storage)
    study = optuna.load_study(storage=storage_at(storage, 15), study_name="mine")
    stored = study.user_attrs["weaknas"]
    options = stored["benchmark's options"]
    study.set_user_attr("weaknas", stored | {"benchmark's options": {"name": "toy", **options, "of then": 1}})
    bench.of_now = 1
    assert len(run(bench, storage, 9).history) == 9


def test_how_many_a_benchmark_evaluates_at_once_is_no_option_of_it(toy, storage):
    first = run(toy, storage)
    toy.at_once = 7
    second = run(toy, storage, 9)
    assert second.setting == first.setting == {"run": "mean", "fidelity": None}


def test_a_frame_of_other_values_is_refused_though_it_has_no_file(toy, toy_frame, storage):
    run(toy, storage)
    halved = toy_frame.assign(valid_acc=toy_frame["valid_acc"] / 2)
    with pytest.raises(WeaknasError, match=r"was begun with the optimum \[.*\], not \["):
        run(Table.from_frame(halved, NasBench201(), name="toy"), storage, 9)


def test_another_objective_is_refused(toy, toy_frame, storage):
    run(toy, storage)
    as_an_older_version_wrote_it(storage, "benchmark's options")
    with pytest.raises(WeaknasError, match="was begun with the objective valid_acc, not test_acc"):
        run(Table.from_frame(toy_frame, NasBench201(), name="toy", objective="test"), storage)


def test_a_constraint_that_keeps_as_many_others_is_refused(toy, storage):
    rows = np.arange(1000)
    run(toy, storage, space=toy.space.take(rows))
    with pytest.raises(WeaknasError, match=r"was begun with the (space|architectures)"):
        run(toy, storage, space=toy.space.take(np.append(rows[:-1], 1500)))


def test_the_options_of_a_benchmark_within_another_count(toy_frame, storage):
    def noisy(run):
        return Noisy(Table.from_frame(toy_frame, NasBench201(), name="toy", run=run), sd=0.1)

    run(noisy(0), storage)
    with pytest.raises(WeaknasError, match="was begun with the options of the benchmark underneath"):
        run(noisy(1), storage)


@pytest.mark.parametrize("stored", ["mine", {}, {"format": "one"}, [1]])
def test_an_attribute_that_is_not_ours_is_a_study_of_someone_elses(toy, storage, stored):
    study = optuna.create_study(storage=storage_at(storage, 15), study_name="mine", direction="maximize")
    study.set_user_attr("weaknas", stored)
    with pytest.raises(WeaknasError, match="is no search of weaknas; name another study"):
        run(toy, storage)


def test_a_name_in_a_storage_opens_and_runs_nothing(toy, storage, tmp_path):
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    run(toy, storage)
    study = optuna.load_study(storage=storage_at(storage, 15), study_name="mine")
    named = dict.fromkeys(("benchmark", "strategy", "predictor", "space"), f"{tmp_path}/evil.py:bench")
    study.set_user_attr("weaknas", study.user_attrs["weaknas"] | named)
    with pytest.raises(WeaknasError, match=r"evil\.py:bench, not toy"):
        run(toy, storage)
    assert not (tmp_path / "ran").exists()


def test_a_trial_of_someone_elses_in_the_study_is_named(toy, storage):
    run(toy, storage)
    optuna.load_study(storage=storage_at(storage, 15), study_name="mine").enqueue_trial({"x": 1})
    with pytest.raises(WeaknasError, match="trial 5 of the study 'mine' is none of this search"):
        run(toy, storage, 9)


def test_an_indicator_is_another_objective(toy_file, storage):
    bench = weaknas.benchmark(str(toy_file))
    run(bench, storage)
    bench.metric = Metric("bn-last")
    with pytest.raises(WeaknasError, match="begun with the objective valid_acc, not bn-last"):
        run(bench, storage, 9)
