"""What was learned before, on made-up tables whose truth is known: it guides, and it is overruled."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.measurements import Past
from weaknas.spaces import Choices, OfaMobileNetV3, Rows
from weaknas.strategies.prior import Residual, best_of, gaussian_ranks

SPACE = Choices({name: range(4) for name in "abcde"})
ROWS = SPACE.enumerate()
WORTH = np.random.default_rng(3).normal(size=(5, 4))
TRUTH = WORTH[np.arange(5), ROWS].sum(axis=1) + 0.8 * (ROWS[:, 0] == ROWS[:, 1]) * WORTH[2, ROWS[:, 2]]
SOURCES = {
    "perfect": np.exp(TRUTH),  # only its order counts
    "useless": np.random.default_rng(4).normal(size=len(ROWS)),
    "contradicting": -TRUTH,
}
FAST = {"predictor": "rank-transform:ridge"}


def table(*names):
    return [Past(name, ROWS, SOURCES[name]) for name in names]


def regrets(past, budget=40, seeds=5, name="weaknas", **options):
    """The regret of the best architecture after each query, mean over seeds."""
    curves = []
    for seed in range(seeds):
        strategy = weaknas.strategy(name, SPACE, seed=seed, **options)
        if past:
            strategy.inform(past)
        found = np.zeros(0)
        while len(found) < budget:
            batch = strategy.ask(min(strategy.wants, budget - len(found))).batch
            scores = TRUTH[SPACE.code(batch).astype(int)]
            strategy.tell(batch, scores)
            found = np.concatenate([found, scores])
        curves.append(TRUTH.max() - np.maximum.accumulate(found))
    return np.mean(curves, axis=0)


@pytest.fixture(scope="module")
def alone():
    return regrets([], **FAST)


def test_a_perfect_source_finds_the_best_at_once(alone):
    assert regrets(table("perfect"), 2, **FAST)[0] == 0 < alone[19]


@pytest.mark.parametrize("name", ["useless", "contradicting"])
def test_a_source_that_misleads_is_overruled(alone, name):
    misled = regrets(table(name), **FAST)
    assert misled[0] > alone[0]
    assert misled[39] < 0.5 * alone[19]


def test_of_several_sources_the_good_one_is_found(alone):
    helped = regrets(table("useless", "perfect", "contradicting"), 20, **FAST)
    assert helped[19] == 0 < alone[19]


@pytest.mark.parametrize(
    ("name", "options"), [("regularized-evolution", {"population": 20, "sample": 5}), ("local-search", {})]
)
def test_strategies_without_a_predictor_begin_with_the_best_of_a_source(name, options):
    strategy = weaknas.strategy(name, SPACE, seed=0, **options)
    strategy.inform(table("perfect", "contradicting"))
    order = np.argsort(TRUTH)
    assert strategy.ask(2).batch.tolist() == ROWS[[order[-1], order[0]]].tolist()
    assert strategy.options["prior"] == ["perfect", "contradicting"]


@pytest.mark.parametrize("name", ["random", "nsga2"])
def test_a_strategy_that_makes_no_use_of_a_prior_says_so(name):
    with pytest.raises(InvalidOption, match=f"{name} makes no use of what was learned before"):
        weaknas.strategy(name, weaknas.space("nasbench201")).inform(table("perfect"))


def test_a_prior_is_for_one_objective():
    strategy = weaknas.strategy("weaknas-pareto", SPACE, costs=(), objectives=2, predictor="ridge")
    with pytest.raises(InvalidOption, match="a prior is for one objective, and the strategy weaknas-pareto has 2"):
        strategy.inform(table("perfect"))


@pytest.mark.parametrize("acquisition", ["ei", "thompson"])
def test_deviations_are_those_of_the_predictor(acquisition):
    strategy = weaknas.strategy("weaknas", SPACE, predictor="gp", acquisition=acquisition, explore=0.0)
    strategy.inform(table("perfect"))
    batch = ROWS[::50]
    strategy.tell(batch, TRUTH[::50])
    chosen = strategy.ask(5).batch
    assert TRUTH[SPACE.code(chosen).astype(int)].min() > np.quantile(TRUTH, 0.95)


def test_what_a_source_has_not_evaluated_its_model_tells():
    some = np.random.default_rng(0).choice(len(ROWS), 200, replace=False)
    strategy = weaknas.strategy("weaknas", SPACE, **FAST)
    strategy.inform([Past("some", ROWS[some], TRUTH[some])])
    assert TRUTH[SPACE.code(strategy.ask(1).batch).astype(int)] > np.quantile(TRUTH, 0.98)


def test_a_space_too_large_to_write_out_and_a_source_beside_it():
    whole = OfaMobileNetV3()
    rng = np.random.default_rng(0)
    batch = whole.sample(60, rng)
    small = whole.where("macs <= 300e6")
    strategy = weaknas.strategy("weaknas", small, candidates=200, **FAST)
    cost = whole.cost(batch).macs.astype(float)
    strategy.inform([Past("cost", batch, cost)])
    first = strategy.ask().batch
    assert small.is_valid(first).all()
    assert whole.cost(first[:2]).macs.min() > 280e6
    strategy.tell(first, whole.cost(first).macs)
    assert len(strategy.ask().batch) == 10


def test_the_space_may_be_a_part_of_that_of_the_source():
    part = Rows(SPACE, ROWS[::3])
    strategy = weaknas.strategy("weaknas", part, **FAST)
    strategy.inform(table("perfect"))
    assert strategy.ask(1).batch.tolist() == [ROWS[::3][np.argmax(TRUTH[::3])].tolist()]


def test_a_saved_state_goes_on_with_the_prior():
    one, other = (weaknas.strategy("weaknas", SPACE, seed=seed, **FAST) for seed in (0, 1))
    for strategy in (one, other):
        strategy.inform(table("perfect"))
    one.ask(1)
    other.load_state_dict(one.state_dict())
    assert one.ask(9).batch.tolist() == other.ask(9).batch.tolist()


def test_the_weights_of_sources_follow_from_how_they_agree():
    rng = np.random.default_rng(0)
    truth, noise = gaussian_ranks(rng.normal(size=60)), rng.normal(size=60)
    features = np.zeros((60, 1))

    class Nothing:
        def fit(self, X, y):
            return self

        def predict(self, X):
            return np.zeros(len(X))

    values = np.column_stack([features, truth, noise, -truth])
    good, useless, opposed = Residual(Nothing(), 3).fit(values, truth).weights_
    assert good > 0 > opposed
    assert good - opposed == pytest.approx(1, abs=0.1)
    assert useless == 0
    without_evidence = Residual(Nothing(), 3).fit(values[:2], truth[:2]).weights_
    np.testing.assert_allclose(without_evidence, 0, atol=1e-9)
    residual = Residual(Nothing(), 3).fit(values, truth)
    assert np.corrcoef(residual.predict(values), truth)[0, 1] > 0.99


def test_gaussian_ranks_are_those_of_the_order_alone():
    values = np.array([3.0, -1.0, 3.0, 50.0])
    ranks = gaussian_ranks(values)
    np.testing.assert_allclose(ranks, gaussian_ranks(np.exp(values)))
    assert ranks[0] == ranks[2]
    assert ranks[1] == pytest.approx(-ranks[3])


def test_the_best_of_sources_take_turns_each_architecture_once():
    first = Past("first", ROWS[[5, 6, 7]], np.array([1.0, 3.0, 2.0]))
    second = Past("second", ROWS[[6, 8]], np.array([1.0, 0.0]))
    assert best_of([first, second], SPACE, 4).tolist() == ROWS[[6, 7, 8, 5]].tolist()
    assert len(best_of([first], Rows(SPACE, ROWS[:6]), 4)) == 1
