import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weaknas
from weaknas import Ask, Measurements, Strategy, search
from weaknas.errors import BudgetError, InvalidOption, PluginError
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.wrappers import Budgeted, Noisy, Subset, Wrapper

STRATEGIES = ("random", "regularized-evolution", "weaknas")


class Scripted(Strategy):
    """Asks for given rows, over and over."""

    name = "scripted"

    def __init__(self, space, batches):
        super().__init__(space, 0)
        self.batches = batches
        self.told = []

    def ask(self, n=None):
        batch = self.batches[min(len(self.told), len(self.batches) - 1)]
        return Ask(np.asarray(batch, dtype=np.int8).reshape(-1, 6))

    def tell(self, batch, scores, fidelity=None):
        self.told.append(np.array(scores))


@pytest.mark.parametrize("name", STRATEGIES)
def test_same_seed_same_history(toy, name):
    first, second = (
        weaknas.search(toy, weaknas.strategy(name, toy.space, seed=3), budget=60).history for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, second)
    other = weaknas.search(toy, weaknas.strategy(name, toy.space, seed=4), budget=60).history
    assert first["arch"].tolist() != other["arch"].tolist()


def test_same_seed_same_history_in_another_process_and_with_more_workers(tmp_path, toy, toy_frame):
    toy_frame.to_pickle(tmp_path / "frame.pkl")
    code = (
        "import pandas as pd, weaknas\n"
        "from weaknas.spaces import NasBench201\n"
        "from weaknas_benchmarks.table import Table\n"
        f"bench = Table.from_frame(pd.read_pickle({str(tmp_path / 'frame.pkl')!r}), NasBench201(), name='toy')\n"
        "strategy = weaknas.strategy('weaknas', bench.space, seed=3, jobs=2)\n"
        f"weaknas.search(bench, strategy, budget=40).save({str(tmp_path / 'other.parquet')!r})\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    here = weaknas.search(toy, weaknas.strategy("weaknas", toy.space, seed=3), budget=40)
    other = weaknas.Result.load(tmp_path / "other.parquet")
    assert here.history["arch"].tolist() == other.history["arch"].tolist()
    assert here.history["valid_acc"].tolist() == other.history["valid_acc"].tolist()


@pytest.mark.parametrize("name", STRATEGIES)
def test_exactly_the_budget_is_spent_on_different_architectures(toy, name):
    result = weaknas.search(toy, weaknas.strategy(name, toy.space, seed=0), budget=137)
    assert len(result.history) == 137
    assert result.history["arch"].nunique() == 137
    assert result.history["query"].tolist() == list(range(1, 138))


def test_a_repeated_architecture_costs_nothing_and_an_isomorph_costs_a_query(toy):
    space = toy.space
    keys = space.key(space.rows)
    first = int(np.argmax(np.bincount(keys.astype(int))[keys.astype(int)] > 1))
    twin = np.flatnonzero(keys == keys[first])[1]
    script = [space.rows[[first, first]], space.rows[[first]], space.rows[[twin]]]
    strategy = Scripted(space, script)
    result = weaknas.search(toy, strategy, budget=2)
    assert result.history["arch"].tolist() == space.to_str(space.rows[[first, twin]])
    assert strategy.told[1] == strategy.told[0][0]
    assert strategy.told[2] != strategy.told[0][0]


def test_the_best_is_that_of_validation_and_test_is_its_own(toy):
    result = weaknas.search(toy, weaknas.strategy("random", toy.space, seed=1), budget=50)
    row = result.history.loc[result.history["valid_acc"].idxmax()]
    best = result.best
    assert (best.arch, best.valid, best.test) == (row["arch"], row["valid_acc"], row["test_acc"])
    assert best.queries == 50
    assert best.query == row["query"]
    assert best.simulated_hours == pytest.approx(50 * 100 / 3600)
    assert result.overhead_seconds > 0


@pytest.mark.parametrize("budget", [0, -1, 1.5, "10", True, None])
def test_a_budget_that_is_no_number_of_evaluations_is_refused(toy, budget):
    with pytest.raises(BudgetError, match="whole number of evaluations"):
        weaknas.search(toy, weaknas.strategy("random", toy.space), budget)


def test_a_budget_over_the_number_of_architectures_is_refused(toy):
    with pytest.raises(BudgetError, match=r"15,626 is more than the 15,625 architectures of toy"):
        weaknas.search(toy, weaknas.strategy("random", toy.space), 15_626)


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([np.zeros((0, 6))], "strategy scripted asked for no architecture at all"),
        ([np.zeros((3, 6))], "strategy scripted asked for 3 architectures, 2 left"),
        ([np.zeros((1, 6))], "strategy scripted asked 1000 times in a row for nothing new"),
    ],
)
def test_a_strategy_that_breaks_its_contract_is_named(toy, batches, message):
    with pytest.raises(PluginError, match=message):
        weaknas.search(toy, Scripted(toy.space, batches), 2)


def test_callbacks_see_every_round(toy):
    seen = []
    weaknas.search(toy, weaknas.strategy("weaknas", toy.space), 35, callbacks=[seen.append])
    assert [p.queries for p in seen] == [10, 20, 30, 35]
    assert [p.best for p in seen] == sorted(p.best for p in seen)


def test_failed_evaluations_count_and_are_not_the_best(toy):
    class Failing(type(toy)):
        def __init__(self, inner):
            self.__dict__.update(inner.__dict__)

        def evaluate(self, batch, fidelity=None):
            measured = super().evaluate(batch, fidelity)
            measured.scores[::2] = np.nan
            return measured

    for name in STRATEGIES:
        result = weaknas.search(Failing(toy), weaknas.strategy(name, toy.space, seed=0), 40)
        assert len(result.history) == 40
        assert result.history["valid_acc"].isna().any()
        assert np.isfinite(result.best.valid)


class Halving(Strategy):
    """Two architectures at a fidelity of 12, the better of them in full, and so on."""

    name = "halving"
    wants = 2
    fidelities = (12, 48)

    def ask(self, n=None):
        fidelity = None if getattr(self, "cheap", False) else 12
        self.cheap = fidelity == 12
        rows = self.space.enumerate()
        self.at = getattr(self, "at", 0) + (2 if self.cheap else 0)
        return Ask(rows[self.at : self.at + (2 if self.cheap else 1)][:n], fidelity)

    def tell(self, batch, scores, fidelity=None):
        assert len(batch) == len(scores)


class Cheap(Wrapper):
    fidelities = (12, 48)  # of 48 epochs, a quarter


def test_a_lower_fidelity_costs_its_share(toy):
    result = search(Cheap(toy), Halving(toy.space), budget=3)
    history = result.history
    assert history["fidelity"].fillna(48).tolist() == [12, 12, 48] * 2
    np.testing.assert_allclose(history["cost"], [0.25, 0.5, 1.5, 1.75, 2.0, 3.0])
    cheap = history["fidelity"].notna()
    assert np.isnan(result.scores[cheap]).all()
    assert result.best.valid == history["valid_acc"][~cheap].max()


def test_a_fidelity_that_the_benchmark_does_not_have_is_refused(toy):
    bench = Cheap(toy)
    bench.fidelities = (3, 48)
    with pytest.raises(PluginError, match="asked for fidelity 12; toy has 3, 48"):
        search(bench, Halving(toy.space), budget=3)


def test_a_callback_ends_the_search_and_keeps_what_was_found(toy):
    def enough(progress):
        if progress.queries >= 30:
            raise weaknas.StopSearch

    result = weaknas.search(toy, weaknas.strategy("regularized-evolution", toy.space), 500, callbacks=[enough])
    assert len(result.history) == 100  # its first population is one round
    whole = weaknas.search(toy, weaknas.strategy("regularized-evolution", toy.space), 500)
    pd.testing.assert_frame_equal(result.history, whole.history[:100])


@given(st.sampled_from(["params <= {:.0f}", "params > {:.0f}"]), st.floats(0.02, 0.9))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_optimum_is_that_of_the_space_searched(toy, relation, share):
    bound = np.quantile(toy.space.free_to_know("params", toy.space.rows), share)
    space = toy.space.where(relation.format(bound))
    inside = toy.report(space.rows)
    for bench in (toy, Noisy(toy, 0.1), Budgeted(toy, 50), Subset(toy, space.rows)):
        result = search(bench, weaknas.strategy("random", space), budget=3)
        assert (result.optimum.valid, result.optimum.test) == (inside.valid.max(), inside.test.max())


def test_the_optimum_of_part_of_a_raw_space_is_that_of_the_rows_in_it(toy_frame):
    bench = Table.from_frame(toy_frame[:9000], NasBench201(), name="toy", universe="raw")
    space = bench.space.where("params <= 80000")
    result = search(bench, weaknas.strategy("random", space), budget=5)
    rows = bench.space.from_str(toy_frame["arch"][:9000])
    assert result.optimum.test == bench.report(rows[space.is_valid(rows)]).test.max() < bench.optimum.test
    assert result.constraint == "params <= 80000"


def test_the_optimum_of_part_of_a_subset_is_in_both(toy):
    half = Subset(toy, np.arange(1, toy.space.size, 2))  # without the best of all
    space = half.space.where("params <= 100000")
    expected = toy.report(space.rows).valid.max()
    assert search(half, weaknas.strategy("random", space), budget=2).optimum.valid == expected
    assert search(half, weaknas.strategy("random", half.space), budget=2).optimum != toy.optimum


class Slow(Wrapper):
    """Calls `when` before every evaluation."""

    def __init__(self, inner, when):
        super().__init__(inner)
        self.when = when

    def evaluate(self, batch, fidelity=None):
        self.when(batch)
        return super().evaluate(batch, fidelity)


def test_an_interrupted_search_has_a_result(toy):
    def interrupt(progress):
        if progress.queries >= 20:
            raise KeyboardInterrupt

    whole = search(toy, weaknas.strategy("weaknas", toy.space), 40)
    with pytest.raises(KeyboardInterrupt) as stop:
        search(toy, weaknas.strategy("weaknas", toy.space), 40, callbacks=[interrupt])
    pd.testing.assert_frame_equal(stop.value.result.history, whole.history[:20])
    with pytest.raises(KeyboardInterrupt) as stop:
        search(Slow(toy, interrupted_at(0)), weaknas.strategy("random", toy.space), 40)
    assert not hasattr(stop.value, "result")


def interrupted_at(calls):
    left = [calls]

    def when(batch):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1

    return when


def test_an_interrupt_loses_no_more_than_is_evaluated_at_once(toy):
    slow = Slow(toy, interrupted_at(7))
    slow.at_once = 1
    with pytest.raises(weaknas.Interrupted) as stop:
        search(slow, weaknas.strategy("random", toy.space), 40)
    whole = search(toy, weaknas.strategy("random", toy.space), 40)
    pd.testing.assert_frame_equal(stop.value.result.history, whole.history[:7])


def test_an_error_in_a_search_keeps_what_was_found(toy):
    with pytest.raises(BudgetError, match="is spent") as refused:
        search(Budgeted(toy, 25), weaknas.strategy("weaknas", toy.space), 40)
    assert 20 <= len(refused.value.found.history) <= 25


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (lambda bench, strategy: (strategy, bench), "a benchmark and then a strategy, .* not RandomSearch and Table"),
        (lambda bench, strategy: ("digits", strategy), "not str and RandomSearch"),
        (lambda bench, strategy: (bench, bench.space), "not Table and Rows"),
    ],
)
def test_swapped_arguments_are_named(toy, arguments, message):
    with pytest.raises(InvalidOption, match=message):
        search(*arguments(toy, weaknas.strategy("random", toy.space)), 5)


@pytest.mark.parametrize("callbacks", [print, [3], "ab", 3, None])
def test_callbacks_that_cannot_be_called_are_refused_before_the_search(toy, callbacks):
    with pytest.raises(InvalidOption, match="callbacks are a list of functions of a Progress"):
        search(Slow(toy, interrupted_at(0)), weaknas.strategy("random", toy.space), 5, callbacks=callbacks)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_a_budget_may_be_an_integer_of_numpy(toy, kind):
    assert search(toy, weaknas.strategy("random", toy.space), kind(7)).budget == 7


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Measurements(np.zeros(3), np.zeros(3)), r"scores and seconds of shapes \(3,\) and \(3,\) for 1 "),
        (Measurements(np.array(["x"]), np.zeros(1)), "returned Measurements, not Measurements of numbers"),
        ([0.5], "returned list, not Measurements"),
        (None, "returned NoneType, not Measurements"),
    ],
)
def test_a_benchmark_that_breaks_its_contract_is_named(toy, monkeypatch, answer, message):
    monkeypatch.setattr(toy, "evaluate", lambda batch, fidelity=None: answer)
    with pytest.raises(PluginError, match=message):
        search(toy, weaknas.strategy("random", toy.space), 1)


def test_an_infinite_score_is_a_failed_evaluation(toy, monkeypatch):
    evaluate = toy.evaluate

    def infinite(batch, fidelity=None):
        measured = evaluate(batch, fidelity)
        measured.scores[::2] = np.inf
        return measured

    monkeypatch.setattr(toy, "evaluate", infinite)
    result = search(toy, weaknas.strategy("weaknas", toy.space), 30)
    assert result.history["valid_acc"].isna().any()
    assert np.isfinite(result.best.valid)


def test_a_trade_off_keeps_its_costs_and_its_front(toy):
    strategy = weaknas.strategy("weaknas-pareto", toy.space, predictor="knn", costs="params")
    result = search(toy, strategy, 40)
    batch, points = strategy.front()
    front = result.history[result.history["front"]].sort_values("params", kind="stable")
    assert result.costs == ("params",)
    assert front["arch"].tolist() == toy.space.to_str(batch)
    assert front[["valid_acc", "params"]].to_numpy().tolist() == points.tolist()


def test_infinite_and_negative_numbers_of_a_benchmark_are_unknown_and_the_result_can_be_saved(toy_frame, tmp_path):
    frame = toy_frame.assign(latency_ms=np.where(np.arange(len(toy_frame)) % 2, np.inf, 1.0))
    bench = Table.from_frame(frame, NasBench201(), name="toy")
    measure, report = bench.evaluate, bench.report
    bench.evaluate = lambda *of: replace(measure(*of), train_seconds=np.resize([np.inf, -1.0], len(of[0])))
    bench.report = lambda batch: replace(report(batch), test=np.full(len(batch), np.inf))
    result = search(bench, weaknas.strategy("nsga2", bench.space, costs=["latency_ms"], population=4), 12)
    result.save(tmp_path / "r.parquet")
    history = weaknas.Result.load(tmp_path / "r.parquet").history
    assert history[["train_seconds", "test_acc"]].isna().all(axis=None)
    assert set(history["latency_ms"].dropna()) == {1.0}


class Counting(Wrapper):
    """Counts how often each architecture is looked at, in any way."""

    def __init__(self, inner):
        super().__init__(inner)
        self.looked_at = []

    def evaluate(self, batch, fidelity=None):
        self.looked_at += self.space.to_str(batch)
        return super().evaluate(batch, fidelity)

    def report(self, batch):
        self.looked_at += self.space.to_str(batch)
        return super().report(batch)


def elsewhere(toy_frame):
    """The same architectures on other data."""
    frame = toy_frame[["arch", "valid_acc"]].assign(valid_acc=toy_frame["valid_acc"] ** 2 / 100)
    return Table.from_frame(frame, NasBench201(), name="elsewhere")


def test_a_prior_guides_the_search_which_looks_at_nothing_but_what_it_pays_for(toy, toy_frame):
    bench = Counting(toy)
    strategy = weaknas.strategy("weaknas", toy.space, predictor="ridge")
    result = search(bench, strategy, 20, prior=elsewhere(toy_frame))
    assert set(bench.looked_at) == set(result.history["arch"])
    assert len(result.history) == 20
    assert result.best.query <= 2
    assert result.options["prior"] == ["elsewhere"]


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_search_goes_on_from_a_result_whose_evaluations_count(toy, tmp_path, name):
    first = search(toy, weaknas.strategy(name, toy.space, seed=0), 30)
    bench = Counting(toy)
    strategy = weaknas.strategy(name, toy.space, seed=1)
    result = search(bench, strategy, 50, resume_from=first.save(tmp_path / "first.parquet"))
    same = ["query", "arch", "valid_acc", "test_acc", "train_seconds", "cost"]
    pd.testing.assert_frame_equal(result.history[same][:30], first.history[same])
    assert len(result.history) == result.history["arch"].nunique() == 50
    assert bench.looked_at[:20] == result.history["arch"].tolist()[30:]  # then all of them are reported


def test_fidelities_are_resumed_as_they_were_paid(toy_file):
    toy = weaknas.benchmark(str(toy_file))
    fidelities = {"fidelities": toy.fidelities}
    first = search(toy, weaknas.strategy("hyperband", toy.space, **fidelities), 3)
    result = search(toy, weaknas.strategy("hyperband", toy.space, seed=1, **fidelities), 6, resume_from=first)
    columns = ["arch", "valid_acc", "train_seconds", "fidelity", "cost"]
    pd.testing.assert_frame_equal(result.history[columns][: len(first.history)], first.history[columns])


def test_what_is_no_result_of_this_search_is_not_resumed(toy, toy_frame):
    first = search(toy, weaknas.strategy("random", toy.space), 5)
    fresh = weaknas.strategy("random", toy.space, seed=1)
    with pytest.raises(BudgetError, match="has spent 5 already, which count towards the budget of 5; give a larger"):
        search(toy, fresh, 5, resume_from=first)
    with pytest.raises(InvalidOption, match="with the same benchmark only: the result has 'toy'"):
        search(elsewhere(toy_frame), fresh, 9, resume_from=first)
    with pytest.raises(InvalidOption, match="with the same setting only"):
        search(Table.from_frame(toy_frame, NasBench201(), name="toy", run=0), fresh, 9, resume_from=first)
    with pytest.raises(InvalidOption, match="with the same objective only"):
        search(Table.from_frame(toy_frame, NasBench201(), name="toy", objective="test"), fresh, 9, resume_from=first)
