import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas import Ask, search, simulate
from weaknas.errors import BudgetError, InvalidOption, PluginError
from weaknas.spaces import NasBench201
from weaknas.strategies.random import RandomSearch
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.wrappers import Wrapper

SPACE = NasBench201()


def timed(frame, seconds):
    return Table.from_frame(frame.assign(train_seconds=seconds), SPACE, name="toy")


@pytest.fixture(scope="module")
def bench(toy_frame):
    """The made-up table; trainings take from 1 to 1,000 seconds."""
    return timed(toy_frame, np.random.default_rng(3).uniform(1, 1000, len(toy_frame)))


class Watched(RandomSearch):
    """Random search that keeps how many answers are pending when it is asked."""

    def __init__(self, space, seed=0):
        super().__init__(space, seed=seed)
        self.open = 0
        self.pending = []

    def ask(self, n=None):
        self.pending.append(self.open)
        self.open += 1
        return super().ask(n)

    def tell(self, batch, scores, fidelity=None):
        self.open -= 1
        super().tell(batch, scores, fidelity)


class Fidelities(Wrapper):
    fidelities = (1, 2, 4)
    resumable = False

    def evaluate(self, batch, fidelity=None):
        measured = super().evaluate(batch)
        measured.train_seconds[:] = 25.0 * (fidelity or 4)
        return measured


def test_one_worker_makes_the_search_of_one_at_a_time(bench):
    strategy = weaknas.strategy("regularized-evolution", bench.space, seed=4, population=10, sample=3)
    archs = []
    for _ in range(40):
        batch, fidelity = strategy.ask(1)
        strategy.tell(batch, bench.evaluate(batch).scores, fidelity)
        archs += bench.space.to_str(batch)
    same = weaknas.strategy("regularized-evolution", bench.space, seed=4, population=10, sample=3)
    history = simulate(bench, same, 40, workers=1).history
    assert history["arch"].tolist() == archs
    np.testing.assert_allclose(history["clock_seconds"], history["train_seconds"].cumsum())


@pytest.mark.parametrize("workers", [2, 8, 64])
def test_workers_share_the_work_and_are_never_idle_while_there_is_some(bench, workers):
    result = simulate(bench, weaknas.strategy("random", bench.space, seed=1), 100, workers=workers)
    history, seconds = result.history, result.history["train_seconds"]
    assert result.workers == workers
    assert len(history) == 100
    assert history["arch"].nunique() == 100
    assert history["clock_seconds"].is_monotonic_increasing
    starts = np.sort(history["clock_seconds"] - seconds)
    np.testing.assert_allclose(starts[workers:], history["clock_seconds"][: 100 - workers])  # each follows an answer
    assert seconds.sum() / workers <= history["clock_seconds"].max() < seconds.sum()


def test_equal_trainings_leave_all_other_workers_busy_and_arrive_in_the_order_of_asking(toy_frame):
    bench = timed(toy_frame, 60.0)
    strategy = Watched(bench.space)
    history = simulate(bench, strategy, 20, workers=4).history
    assert strategy.pending == [0, 1, 2] + [3] * 17
    assert history["clock_seconds"].tolist() == [60.0 * (1 + i // 4) for i in range(20)]
    drawn = RandomSearch(bench.space)
    assert history["arch"].tolist() == [bench.space.to_str(drawn.ask(1).batch)[0] for _ in range(20)]


def test_it_is_deterministic_and_its_result_is_saved(bench, tmp_path):
    runs = [simulate(bench, weaknas.strategy("local-search", bench.space, seed=2), 30, workers=8) for _ in range(2)]
    pd.testing.assert_frame_equal(runs[0].history, runs[1].history)
    loaded = weaknas.Result.load(runs[0].save(tmp_path / "r.parquet"))
    pd.testing.assert_frame_equal(loaded.history, runs[0].history)
    assert loaded.workers == 8
    assert "clock_seconds" not in search(bench, weaknas.strategy("random", bench.space), 3).history


def test_the_budget_holds_with_fidelities_and_the_clock_is_theirs(toy_frame):
    bench = Fidelities(timed(toy_frame, 100.0))
    strategy = weaknas.strategy("asha", bench.space, fidelities=bench.fidelities, eta=2, seed=0)
    history = simulate(bench, strategy, 10, workers=5).history
    assert 9 < history["cost"].iloc[-1] <= 10
    assert set(history["fidelity"].dropna()) == {1, 2}
    assert history["fidelity"].isna().any()
    np.testing.assert_allclose(history["train_seconds"], 25.0 * history["fidelity"].fillna(4).astype(float))
    assert history["train_seconds"].sum() / 5 <= history["clock_seconds"].max()


def test_going_on_from_a_pause_takes_only_the_rest_where_the_schedule_is_one(toy_frame):
    bench = Fidelities(timed(toy_frame, 100.0))
    costs = {}
    for bench.resumable in (True, False):
        strategy = weaknas.strategy("asha", bench.space, fidelities=bench.fidelities, eta=2, seed=0)
        history = simulate(bench, strategy, 10, workers=1).history
        np.testing.assert_allclose(history["train_seconds"], 100 * np.diff(history["cost"], prepend=0))
        np.testing.assert_allclose(history["clock_seconds"], 100 * history["cost"])
        costs[bench.resumable] = set(np.diff(history["cost"], prepend=0).round(9))
    assert costs == {True: {0.25, 0.5}, False: {0.25, 0.5, 1.0}}


def test_a_space_is_exhausted_and_the_last_answers_arrive(toy_frame):
    bench = timed(toy_frame[:30], np.arange(30.0))
    assert len(simulate(bench, weaknas.strategy("random", bench.space), 30, workers=8).history) == 30


def test_a_callback_ends_it_with_what_has_arrived(bench):
    def enough(progress):
        if progress.queries >= 12:
            raise weaknas.StopSearch

    result = simulate(bench, weaknas.strategy("random", bench.space), 40, workers=8, callbacks=[enough])
    assert len(result.history) == 12


def test_unknown_seconds_are_refused_and_what_was_found_before_is_kept(toy_frame):
    seconds = np.where(np.arange(len(toy_frame)) % 5, 10.0, np.nan)
    bench = timed(toy_frame, seconds)
    with pytest.raises(InvalidOption, match=r"toy does not know how long \|.* trains, so no workers") as refused:
        simulate(bench, weaknas.strategy("random", bench.space), 40, workers=2)
    assert refused.value.found.history["train_seconds"].eq(10).all()


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "8"])
def test_workers_are_a_whole_number_from_1(bench, workers):
    with pytest.raises(InvalidOption, match="workers is a whole number from 1"):
        simulate(bench, weaknas.strategy("random", bench.space), 10, workers=workers)


def test_the_budget_is_checked_as_that_of_a_search(bench):
    with pytest.raises(BudgetError):
        simulate(bench, weaknas.strategy("random", bench.space), 0, workers=2)


@pytest.mark.parametrize("name", ["one-shot", "brp-nas"])
def test_a_strategy_that_waits_for_a_round_works_alone_and_is_refused_more_workers(bench, name):
    options = {"predictor": "ridge", ("initial" if name == "one-shot" else "train"): 20}
    strategy = weaknas.strategy(name, bench.space, **options)
    assert len(simulate(bench, strategy, 24, workers=1).history) == 24
    with pytest.raises(InvalidOption, match=f"{name} needs the scores of a whole round .* use weaknas or"):
        simulate(bench, weaknas.strategy(name, bench.space, **options), 24, workers=2)


class Stubborn(RandomSearch):
    """Asks for the same architectures, whatever it is asked."""

    rows = 1

    def ask(self, n=None):
        return Ask(SPACE.enumerate()[: self.rows])


def test_a_strategy_that_breaks_its_contract_is_named(bench):
    with pytest.raises(PluginError, match="asked again for an architecture that is pending"):
        simulate(bench, Stubborn(bench.space), 10, workers=2)
    with pytest.raises(PluginError, match="asked 1000 times in a row for nothing new"):
        simulate(bench, Stubborn(bench.space), 10, workers=1)
    strategy = Stubborn(bench.space)
    strategy.rows = 2
    with pytest.raises(PluginError, match="was asked for one architecture and gave 2"):
        simulate(bench, strategy, 10, workers=1)
