import numpy as np
import pytest

import weaknas
from weaknas.errors import BudgetError, InvalidArchitecture, InvalidOption
from weaknas.metrics import Metric
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.wrappers import Budgeted, Noisy, Subset


def test_noise_is_gaussian_and_frozen_per_architecture_and_seed(toy):
    batch = toy.space.rows
    exact = toy.evaluate(batch).scores
    noise = Noisy(toy, sd=0.5, seed=1).evaluate(batch).scores - exact
    assert noise.std() == pytest.approx(0.5, rel=0.02)
    assert abs(noise.mean()) < 0.02
    assert np.abs(noise).max() > 1.5
    np.testing.assert_array_equal(
        Noisy(toy, sd=0.5, seed=1).evaluate(batch[50:60]).scores - exact[50:60], noise[50:60]
    )
    other = Noisy(toy, sd=0.5, seed=2).evaluate(batch).scores - exact
    assert abs(np.corrcoef(noise, other)[0, 1]) < 0.03
    np.testing.assert_array_equal(Noisy(toy, sd=0).evaluate(batch).scores, exact)
    with pytest.raises(InvalidOption, match="0 or more"):
        Noisy(toy, sd=-1)


def test_noise_of_another_fidelity_is_another_draw(toy):
    batch = toy.space.rows[:2000]
    noisy = Noisy(toy, sd=0.5)
    full = noisy.evaluate(batch).scores - toy.evaluate(batch).scores
    low = noisy.evaluate(batch, fidelity=12).scores - toy.evaluate(batch, fidelity=12).scores
    assert abs(np.corrcoef(full, low)[0, 1]) < 0.1


def test_the_report_of_a_noisy_benchmark_is_exact(toy):
    batch = toy.space.rows[:9]
    np.testing.assert_array_equal(Noisy(toy, sd=1).report(batch).valid, toy.report(batch).valid)


@pytest.mark.parametrize("choose", [lambda b: b.space.rows[10:30], lambda b: np.arange(10, 30)])
def test_a_subset_has_only_its_architectures(toy, choose):
    part = Subset(toy, choose(toy))
    assert part.space.size == 20
    np.testing.assert_array_equal(part.evaluate(part.space.rows).scores, toy.evaluate(toy.space.rows[10:30]).scores)
    assert not part.space.is_valid(toy.space.rows[:1])[0]
    with pytest.raises(BudgetError, match="more than the 20 architectures"):
        weaknas.search(part, weaknas.strategy("random", part.space), 21)
    assert len(weaknas.search(part, weaknas.strategy("weaknas", part.space, batch=3), 20).history) == 20


def test_a_subset_by_mask(toy):
    mask = np.zeros(toy.space.size, dtype=bool)
    mask[[3, 7]] = True
    np.testing.assert_array_equal(Subset(toy, mask).space.rows, toy.space.rows[[3, 7]])


def test_a_subset_of_what_is_not_there_is_refused(toy_frame):
    part = Table.from_frame(toy_frame[:100], NasBench201())
    with pytest.raises(InvalidArchitecture, match="is not in nasbench201"):
        Subset(part, NasBench201().enumerate()[99:101])


def test_a_budget_counts_different_architectures_and_refuses_what_would_overdraw(toy):
    bench = Budgeted(toy, 3)
    batch = toy.space.rows[:4]
    bench.evaluate(batch[[0, 0, 1]])
    bench.evaluate(batch[:2])
    assert bench.spent == 2
    with pytest.raises(BudgetError, match="2 were paid for, and this batch asks for 2 more"):
        bench.evaluate(batch[2:])
    assert bench.spent == 2
    assert len(bench.evaluate(batch[2:3]).scores) == 1
    assert bench.spent == 3


def test_wrappers_compose(toy):
    bench = Budgeted(Noisy(Subset(toy, np.arange(100)), sd=0.1), 10)
    result = weaknas.search(bench, weaknas.strategy("random", bench.space), 10)
    assert result.benchmark == "toy"
    assert bench.spent == 10
    assert bench.space.free_to_know("params", bench.space.rows).shape == (100,)


def test_a_wrapper_has_the_metric_of_what_it_wraps(toy):
    toy.metric = Metric("bn-last")
    assert Noisy(toy, sd=1).metric == toy.metric
