"""Searches over a storage, in one process: resumed, extended, refused; several workers are in test_workers.py."""

import json

import numpy as np
import optuna
import pytest

import weaknas
from weaknas.errors import InvalidOption, PluginError, WeaknasError
from weaknas.optuna import search
from weaknas.optuna.storage.backend import close, storage_at
from weaknas.suited import suited
from weaknas_benchmarks.wrappers import Wrapper


class Logged(Wrapper):
    """Writes down what it evaluates, and stops or fails where it is told to."""

    fidelities = (50, 100, 200)

    def __init__(self, inner, stops=()):
        super().__init__(inner)
        self.stops = dict(stops)  # by number of evaluation what it raises; a negative number has a score of NaN
        self.evaluated = []

    def evaluate(self, batch, fidelity=None):
        self.evaluated.append((int(self.space.code(batch)[0]), fidelity))
        if error := self.stops.get(len(self.evaluated)):
            raise error
        measured = self.inner.evaluate(batch)
        if self.stops.get(-len(self.evaluated)):
            measured.scores[:] = np.nan
        return measured


@pytest.fixture
def storage(tmp_path):
    return f"journal:{tmp_path / 'runs.log'}"


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path / 'runs.db'}"


@pytest.fixture
def study(storage):
    return lambda name="toy/random/0": optuna.load_study(storage=storage_at(storage, 15), study_name=name)


def run(bench, storage, budget=12, name="random", seed=0, **options):
    return search(bench, weaknas.strategy(name, bench.space, seed=seed), budget, storage=storage, **options)


@pytest.mark.parametrize("address", ["sqlite:///{}/runs.db", "journal:{}/runs.log"])
@pytest.mark.parametrize("name", ["random", "regularized-evolution", "optuna:tpe"])
def test_one_worker_does_what_the_strategy_does_one_at_a_time(toy, tmp_path, address, name):
    strategy = weaknas.strategy(name, toy.space, seed=4)
    expected = []
    for _ in range(15):
        batch = strategy.ask(1).batch
        strategy.tell(batch, toy.evaluate(batch).scores)
        expected += toy.space.to_str(batch)
    seen = []
    result = run(toy, address.format(tmp_path), 15, name, seed=4, callbacks=[seen.append])
    assert result.history["arch"].tolist() == expected
    assert result.history["valid_acc"].tolist() == toy.evaluate(toy.space.from_str(expected)).scores.tolist()
    assert result.history["test_acc"].tolist() == toy.report(toy.space.from_str(expected)).test.tolist()
    assert (result.strategy, result.seed, result.budget) == (name, 4, 15)
    assert result.optimum == toy.report(toy.space.rows[:1]).optimum
    assert [p.queries for p in seen] == list(range(1, 16))
    assert seen[-1].best == result.best.valid


@pytest.mark.parametrize("at", [1, 5, 12])
def test_a_stopped_search_goes_on_and_evaluates_again_only_what_was_in_flight(toy, storage, at):
    stopped, resumed = Logged(toy, {at: KeyboardInterrupt()}), Logged(toy)
    with pytest.raises(KeyboardInterrupt):
        run(stopped, storage)
    result = run(resumed, storage)
    assert len(result.history) == result.history["arch"].nunique() == 12
    assert resumed.evaluated[0] == stopped.evaluated[-1]
    assert len(stopped.evaluated) + len(resumed.evaluated) == 13


def test_a_worker_that_begins_between_two_looks_of_another_is_no_stranger(toy, storage, monkeypatch):
    look, others = optuna.Study.get_trials, [lambda: run(toy, storage)]

    def after_the_other(study, *arguments, **options):
        if others:
            others.pop()()  # begins and ends a search in the study that was just made
        return look(study, *arguments, **options)

    monkeypatch.setattr(optuna.Study, "get_trials", after_the_other)
    assert len(run(toy, storage).history) == 12


def test_a_finished_search_is_read_and_a_larger_budget_extends_it(toy, storage):
    first, again, longer = Logged(toy), Logged(toy), Logged(toy)
    result = run(first, storage)
    assert run(again, storage).history.equals(result.history)
    assert again.evaluated == []
    extended = run(longer, storage, 15)
    assert extended.history["arch"].tolist()[:12] == result.history["arch"].tolist()
    assert len(longer.evaluated) == 3


def test_a_resumed_strategy_knows_what_was_found(toy, storage):
    def made():
        return weaknas.strategy("weaknas", toy.space, predictor="ridge", explore=0.0)

    search(toy, made(), 14, storage=storage)
    resumed = made()
    search(toy, resumed, 17, storage=storage)
    assert len(resumed._memory.scores) == 17
    assert resumed._rounds == 3  # a fit before each of the three: no random architectures at the start again


def test_failed_evaluations_are_recorded_and_passed_over(toy, storage, study):
    bench = Logged(toy, {3: RuntimeError("out of memory"), -5: True})
    result = run(bench, storage)
    assert result.history["valid_acc"].isna().to_numpy().nonzero()[0].tolist() == [2, 4]
    assert np.isnan(result.history["train_seconds"][2])
    assert result.history["train_seconds"][4] == 100
    failures = [trial.user_attrs.get("failure") for trial in study().trials]
    assert failures[2] == "RuntimeError: out of memory"
    assert failures[4] == "the benchmark returned NaN"
    assert study().trials[2].state.name == "FAIL"
    resumed = Logged(toy)
    assert len(run(resumed, storage, 13).history) == 13
    assert len(resumed.evaluated) == 1  # what failed is not tried again


def test_a_mistake_of_the_users_stops_the_search_and_costs_nothing(toy, storage):
    bench = Logged(toy, {2: InvalidOption("no such device.")})
    with pytest.raises(InvalidOption, match="no such device"):
        run(bench, storage)
    assert len(run(toy_logged := Logged(toy), storage).history) == 12
    assert len(toy_logged.evaluated) == 11


def test_fidelities_cost_their_share(toy, storage):
    bench = Logged(toy)
    strategy = weaknas.strategy("hyperband", bench.space, fidelities=bench.fidelities)
    result = search(bench, strategy, 6, storage=storage)
    assert {50, 100, None} == {fidelity for _, fidelity in bench.evaluated}
    assert 5 < result.history["cost"].iloc[-1] <= 6
    assert len(set(bench.evaluated)) == len(bench.evaluated)


def test_a_part_of_the_space_is_exhausted(toy, storage):
    few = toy.space.take(np.arange(9))
    result = search(toy, weaknas.strategy("optuna:random", few), 50, storage=storage)
    assert sorted(result.history["arch"]) == sorted(toy.space.to_str(few.rows))


def test_trials_can_be_read_in_the_dashboard(toy, database):
    result = run(toy, database)
    study = optuna.load_study(storage=database, study_name="toy/random/0")
    for trial, arch in zip(study.trials, result.history["arch"], strict=True):
        assert trial.user_attrs["arch"] == arch
        assert trial.params == {f"choice {i}": v for i, v in enumerate(toy.space.from_str([arch])[0].tolist())}
        assert trial.user_attrs["worker"].endswith(tuple("0123456789"))
        assert set(trial.user_attrs) == {"arch", "fidelity", "worker", "train_seconds", "test_acc", "estimated"}


# -- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seed", "message"),
    [
        ("regularized-evolution", 0, "was begun with the strategy random, not regularized-evolution"),
        ("random", 1, "was begun with the seed 0, not 1; name another study"),
    ],
)
def test_another_search_under_the_same_name_is_refused(toy, storage, study, name, seed, message):
    run(toy, storage, study="mine")
    before = [trial.number for trial in study("mine").trials]
    with pytest.raises(WeaknasError, match=message):
        run(toy, storage, name=name, seed=seed, study="mine")
    assert [trial.number for trial in study("mine").trials] == before


def test_another_space_and_other_options_are_refused(toy, toy_frame, storage):
    run(toy, storage, study="mine")
    part = weaknas.strategy("random", toy.space.take(np.arange(100)))
    with pytest.raises(WeaknasError, match=r"was begun with the space nasbench201 of 15,625 rows \(\w+\), not .* 100"):
        search(toy, part, 5, storage=storage, study="mine")
    run0 = type(toy).from_frame(toy_frame, toy.space.base, name="toy", run=0)
    with pytest.raises(WeaknasError, match="begun with the benchmark's options"):
        run(run0, storage, study="mine")
    run(toy, storage, 3, "weaknas", study="other")
    with pytest.raises(WeaknasError, match="begun with the options"):
        search(toy, weaknas.strategy("weaknas", toy.space, pool=50), 3, storage=storage, study="other")


def test_a_newer_version_and_a_study_of_someone_elses_are_refused(toy, storage, study):
    optuna.create_study(storage=storage_at(storage, 15), study_name="theirs").optimize(
        lambda t: t.suggest_float("x", 0, 1), 1
    )
    with pytest.raises(WeaknasError, match=r"the study 'theirs' in journal:.* is no search of weaknas; name another"):
        run(toy, storage, study="theirs")
    run(toy, storage, study="mine")
    mine = study("mine")
    mine.set_user_attr("weaknas", mine.user_attrs["weaknas"] | {"format": 2})
    with pytest.raises(WeaknasError, match="was written by a newer version of weaknas; upgrade"):
        run(toy, storage, study="mine")


def test_tables_of_another_version_of_optuna_are_refused(toy, database):
    run(toy, database)
    opened = storage_at(database, 1)
    with opened.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v99.0.0.a'")
    with pytest.raises(WeaknasError, match=r"was written by another version of Optuna than 5"):
        run(toy, database)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE trial_params SET distribution_json = 'x'",
        "UPDATE study_user_attributes SET value_json = '{'",
        "UPDATE study_directions SET direction = 'UP'",
        "UPDATE trials SET datetime_start = 'noon'",
        "DROP TABLE trials",
        "UPDATE trial_values SET value = value + 1",
    ],
)
def test_a_database_that_was_altered_is_refused_in_one_sentence(toy_file, database, change):
    bench = weaknas.benchmark(str(toy_file))
    run(bench, database, 3, study="mine")
    opened = storage_at(database, 1)
    with opened.engine.begin() as connection:
        connection.exec_driver_sql(change)
    close(opened)
    with pytest.raises(WeaknasError) as refusal:
        run(bench, database, 3, study="mine")
    assert "\n" not in str(refusal.value)


def test_a_strategy_that_asks_for_nothing_new_is_named(toy, storage, monkeypatch):
    monkeypatch.setattr("weaknas.optuna.storage.shared_search.REPEATS", 20)

    class Same(weaknas.Strategy):
        name = "same"

        def ask(self, n=None):
            return weaknas.Ask(self.space.rows[:1])

        def tell(self, batch, scores, fidelity=None):
            pass

    with pytest.raises(PluginError, match="same asked 20 times in a row for nothing new"):
        search(toy, Same(toy.space), 2, storage=storage)


def test_the_command_line(cli, toy_file, tmp_path):
    arguments = (
        "search",
        toy_file,
        "--strategy",
        "random",
        "--storage",
        f"sqlite:///{tmp_path / 'runs.db'}",
        "--json",
    )
    code, first, err = cli(*arguments, "--budget", 9, "--study", "mine", "--out", tmp_path / "a.parquet")
    assert (code, err) == (0, "")
    _, again, _ = cli(*arguments, "--budget", 9, "--study", "mine", "--out", tmp_path / "b.parquet")
    assert json.loads(first)["best_arch"] == json.loads(again)["best_arch"]
    histories = [weaknas.Result.load(tmp_path / f"{name}.parquet").history for name in "ab"]
    assert histories[0].equals(histories[1])
    code, _, err = cli(*arguments, "--budget", 9, "--seed", 1, "--study", "mine")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = cli("search", toy_file, "--study", "mine")
    assert (code, err) == (
        2,
        "weaknas: --study names a search in a storage; name that too, --storage sqlite:///runs.db.\n",
    )


@pytest.mark.parametrize(
    ("name", "options"), [("nsga2", {"population": 6}), ("scalarized", {"population": 6, "sample": 3})]
)
def test_several_objectives_are_stored_and_resumed(toy_file, storage, name, options):
    bench = weaknas.benchmark(str(toy_file), objective="valid_acc,params")

    def searched(budget):
        strategy = weaknas.strategy(name, bench.space, seed=0, **suited(name, bench, bench.space, options))
        return search(bench, strategy, budget, storage=storage)

    first, longer = searched(12), searched(18)
    assert longer.history["arch"].tolist()[:12] == first.history["arch"].tolist()
    assert (longer.values == bench.evaluate(bench.space.from_str(longer.history["arch"])).scores[:, 0]).all()
    assert longer.history["params"].notna().all()
    assert [metric.valid for metric in longer.tradeoff] == ["valid_acc", "params"]
