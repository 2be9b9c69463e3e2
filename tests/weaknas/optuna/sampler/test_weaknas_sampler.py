"""WeakNASSampler: Optuna's published suites, nothing left out, and what each option does."""

import copy
import threading

import numpy as np
import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from optuna.testing.pytest_samplers import BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase

import weaknas
from weaknas.errors import InvalidOption, NotFound, PluginError
from weaknas.optuna import WeakNASSampler
from weaknas.optuna.storage.backend import close


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


class TestPublished(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    @pytest.fixture
    def sampler(self):
        return lambda: WeakNASSampler(startup=2, seed=0)


def bowl(trial):
    x, y = trial.suggest_float("x", -5, 5), trial.suggest_float("y", 1e-3, 1e3, log=True)
    return (x - 2) ** 2 + np.log10(y) ** 2 + trial.suggest_categorical("plus", [0, 1, 2])


def cells(trial):
    return sum(trial.suggest_categorical(f"edge {i}", [0, 1, 2, 3]) == 2 for i in range(4))


def conditional(trial):
    if trial.suggest_categorical("kind", ["a", "b"]) == "a":
        return 1 + trial.suggest_float("x", 0, 1)
    return abs(trial.suggest_float("z", 0, 1) - 0.3)


def studied(objective, trials, direction="minimize", **options):
    study = optuna.create_study(sampler=WeakNASSampler(seed=1, **options), direction=direction)
    study.optimize(objective, n_trials=trials)
    return study


def test_floats_scales_and_categories():
    assert studied(bowl, 40).best_value < 0.05


def test_conditions():
    study = studied(conditional, 30)
    assert study.best_value < 0.02
    assert sum(trial.params["kind"] == "b" for trial in study.trials[10:]) > 14


def test_a_finite_space_is_enumerated_without_repeats():
    study = studied(cells, 256, "maximize", predictor="ridge", acquisition="mean", startup=20)
    assert len({tuple(trial.params.values()) for trial in study.trials}) == 256
    assert max(trial.value for trial in study.trials[:30]) == 4
    study.optimize(cells, n_trials=2)  # and goes on when all is tried


def test_a_maximum_is_a_minimum_of_the_negative():
    up = studied(lambda trial: -bowl(trial), 25, "maximize")
    down = studied(bowl, 25)
    assert [trial.params for trial in up.trials] == [trial.params for trial in down.trials]


def test_the_same_seed_gives_the_same_study_and_none_another():
    first, second = studied(bowl, 15), studied(bowl, 15)
    assert [trial.params for trial in first.trials] == [trial.params for trial in second.trials]
    other = optuna.create_study(sampler=WeakNASSampler())
    other.optimize(bowl, n_trials=1)
    assert other.trials[0].params != first.trials[0].params


@pytest.mark.parametrize(("options", "random"), [({"startup": 12}, 12), ({"startup": 2, "explore": 1.0}, 40)])
def test_trials_that_are_random(options, random):
    study = studied(bowl, 40, **options)
    values = np.array([trial.value for trial in study.trials])
    assert np.median(values[:random]) > 5
    assert (np.median(values[-10:]) < 2) == (random < 40)


@pytest.mark.parametrize("acquisition", ["mean", "ucb", "thompson"])
def test_other_acquisitions(acquisition):
    study = studied(bowl, 25, acquisition=acquisition)
    expected = studied(bowl, 25)
    assert [trial.params for trial in study.trials] != [trial.params for trial in expected.trials]
    assert study.best_value < 2


def test_a_larger_pool_holds_more_promising_candidates():
    few, many = (
        np.median([t.value for t in studied(bowl, 40, candidates=n, acquisition="mean").trials[15:]]) for n in (2, 600)
    )
    assert many < few / 2


def test_other_predictors():
    assert studied(bowl, 25, predictor=weaknas.predictor("random-forest", n_estimators=20)).best_value < 3


def test_failures_by_far_do_not_hide_the_others():
    assert studied(lambda trial: 1e6 if trial.suggest_float("x", -5, 5) < 0 else bowl(trial), 40).best_value < 0.2


def test_infinite_values_and_failures_are_passed_over():
    def objective(trial):
        value = bowl(trial)
        return {3: float("inf"), 4: float("nan"), 12: float("-inf")}.get(trial.number, value)

    study = studied(objective, 20)
    assert len(study.trials) == 20


def test_pruned_trials_count_with_their_last_value():
    def objective(trial):
        value = bowl(trial)
        trial.report(value, 1)
        if value > 1:
            raise optuna.TrialPruned
        return value

    study = studied(objective, 40)
    assert sum(trial.state.name == "PRUNED" for trial in study.trials) > 10
    assert study.best_value < 0.2


def test_running_trials_are_neither_suggested_again_nor_crowded():
    study = studied(cells, 25, "maximize", explore=0.0)
    kinds = study.trials[0].distributions
    running = [tuple(study.ask(kinds).params.values()) for _ in range(20)]
    assert len(set(running)) == 20
    floats = studied(bowl, 30, explore=0.0)
    kinds = floats.trials[0].distributions
    asked = np.array([floats.ask(kinds).params["x"] for _ in range(8)])
    assert np.ptp(asked) > 0.05


def test_threads():
    study = optuna.create_study(sampler=WeakNASSampler(seed=0, startup=4))
    study.optimize(bowl, n_trials=20, n_jobs=3)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 20


def tried(study):
    return [tuple(sorted(trial.params.items())) for trial in study.trials]


def test_trials_of_equal_length_in_four_threads_repeat_nothing():
    together = threading.Barrier(4)

    def objective(trial):
        value = cells(trial)
        together.wait(20)  # all four begin the next trial at once
        return value

    study = optuna.create_study(direction="maximize", sampler=WeakNASSampler("ridge", acquisition="mean", startup=8))
    study.optimize(objective, n_trials=60, n_jobs=4)
    assert len(set(tried(study))) == 60


@pytest.mark.parametrize("kind", ["journal", "database"])
def test_processes_see_each_others_suggestions(tmp_path, kind):
    """Each view of the study has a sampler of its own, as each process has."""
    views = []
    for _ in range(3):
        if kind == "journal":
            storage = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "runs.log")))
        else:
            storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/runs.db")
        views.append(optuna.create_study(study_name="s", storage=storage, load_if_exists=True, direction="maximize"))
        views[-1].sampler = WeakNASSampler("ridge", acquisition="mean", startup=5, explore=0.0, seed=0)
    for _ in range(6):
        views[0].tell(asked := views[0].ask(), cells(asked))
    ahead = [view.ask() for _ in range(5) for view in views]  # they have taken no parameter yet
    for trial in ahead:
        cells(trial)
    assert len({tuple(trial.params.items()) for trial in ahead}) == 15
    if kind == "database":
        for view in views:
            close(view._storage._backend)


def test_two_that_suggest_the_same_at_the_same_moment_do_not_both_try_it(monkeypatch):
    study = studied(cells, 20, "maximize", explore=0.0)
    kinds = study.trials[0].distributions
    twin = copy.deepcopy(study.sampler)
    mine, theirs = study.ask(), []
    suggest = WeakNASSampler._suggested

    def slowly(self, *arguments):
        found = suggest(self, *arguments)
        if self is twin and not theirs:
            theirs.append(mine)  # another process announces what this one is about to
            plan = dict(zip(found[0].names, found[1][0].tolist(), strict=True))
            study._storage.set_trial_system_attr(mine._trial_id, "weaknas:plan", plan)
        return found

    monkeypatch.setattr(WeakNASSampler, "_suggested", slowly)
    study.sampler = twin
    other = study.ask(kinds)
    plan = study.trials[mine.number].system_attrs["weaknas:plan"]
    assert other.params != {name: kinds[name].to_external_repr(number) for name, number in plan.items()}


def test_trials_that_are_queued_up_are_not_suggested():
    study = studied(cells, 12, "maximize", predictor="ridge", acquisition="mean", explore=0.0)
    for i in range(4):
        study.enqueue_trial({f"edge {j}": 2 if i == 3 else (j + i) % 4 for j in range(4)})
    study.enqueue_trial({"edge 0": "no such", "other": 1})
    asked = WeakNASSampler("ridge", acquisition="mean", startup=1, explore=0.0, seed=3)
    trial = study.trials[-1]
    domain, row = asked._suggested(study, study.trials, study.sampler.infer_relative_search_space(study, trial))
    assert domain.params(row) not in [queued.system_attrs["fixed_params"] for queued in study.trials[12:]]


@pytest.mark.parametrize("acquisition", ["ei", "mean"])
def test_constraints_are_kept(acquisition):
    def objective(trial):
        x, y = trial.suggest_float("x", 0, 5), trial.suggest_float("y", 0, 5)
        trial.set_constraint("far enough", 16 - x**2 - y**2)
        trial.set_constraint("not below", 1 - y)
        return x + y

    study = studied(objective, 40, acquisition=acquisition)
    late = [trial for trial in study.trials[10:] if max(trial.constraints.values()) <= 0]
    assert study.best_value < 4.6  # 4.0 is the best; the least of all, 0, violates
    assert len(late) > 10
    old = optuna.create_study(sampler=WeakNASSampler(startup=5, explore=0.0, seed=0))
    for x in np.linspace(0, 1, 12):
        old.add_trial(
            optuna.create_trial(
                params={"x": x},
                distributions={"x": optuna.distributions.FloatDistribution(0, 1)},
                value=x,
                system_attrs={"constraints": [0.6 - x]},  # as samplers with a constraints_func wrote them
            )
        )
    assert old.ask({"x": optuna.distributions.FloatDistribution(0, 1)}).params["x"] > 0.5


def test_a_plateau_is_left():
    def trap(trial):
        plateau = trial.suggest_int("x", 0, 50) // 10  # 10 of the 51 values, of any category
        for i in range(3):
            trial.suggest_categorical(f"no matter {i}", [0, 1, 2])
        return [2, 3, 1, 5, 4, 0][plateau]  # the best is a single value, behind the worst

    study = studied(trap, 60)
    values = [trial.value for trial in study.trials]
    assert max(values.count(value) for value in values if value) < 30
    assert study.best_value == 0


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"predictor": "forest"}, NotFound, "no predictor named 'forest'"),
        ({"predictor": "gp-wl"}, InvalidOption, "needs the encoding"),
        ({"acquisition": "best"}, InvalidOption, "acquisition is one of mean, ei, ucb, thompson"),
        ({"startup": 0}, InvalidOption, "startup is a whole number from 1"),
        ({"candidates": 1}, InvalidOption, "candidates is a whole number from 2"),
        ({"explore": 1.5}, InvalidOption, "explore is a share from 0 to 1, not 1.5"),
        ({"explore": "few"}, InvalidOption, "explore is a share from 0 to 1, not 'few'"),
        ({"seed": -1}, InvalidOption, "a seed is a whole number from 0"),
        ({"predictor": 3}, PluginError, "has no fit, predict, get_params;"),
    ],
)
def test_options_outside_their_range(options, kind, message):
    with pytest.raises(kind, match=message):
        WeakNASSampler(**options)


def test_a_seed_may_be_any_that_a_search_may_have():
    study = optuna.create_study(sampler=WeakNASSampler(seed=2**62))
    study.optimize(cells, n_trials=3)
    assert len(study.trials) == 3
