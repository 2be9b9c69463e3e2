"""What an Optuna study searches, as rows of numbers."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from weaknas.optuna.sampler.domain import Domain, isin

KINDS = {
    "any": CategoricalDistribution(("a", "b", "c")),
    "batch": IntDistribution(16, 256, log=True),
    "depth": IntDistribution(2, 10, step=4),
    "flag": CategoricalDistribution((True, False)),
    "rate": FloatDistribution(1e-5, 1e-1, log=True),
    "share": FloatDistribution(-1, 1, step=0.1),
    "width": FloatDistribution(3, 7),
}
FINITE = {name: kind for name, kind in KINDS.items() if name not in ("rate", "width", "batch")}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_what_is_drawn_and_moved_is_possible(rng):
    domain = Domain(KINDS)
    rows = domain.sample(500, rng)
    for _ in range(5):
        for row in rows[:100]:
            for name, value in domain.params(row[None]).items():
                assert KINDS[name]._contains(KINDS[name].to_internal_repr(value)), (name, value)
        rows = domain.mutate(rows, rng)


def test_draws_are_uniform_on_each_scale(rng):
    columns = dict(zip(sorted(KINDS), Domain(KINDS).sample(20_000, rng).T, strict=True))
    assert np.median(np.log10(columns["rate"])) == pytest.approx(-3, abs=0.1)
    assert np.median(columns["width"]) == pytest.approx(5, abs=0.1)
    for name, values in (("any", 3), ("depth", 3), ("share", 21)):
        _, counts = np.unique(columns[name], return_counts=True)
        np.testing.assert_allclose(counts / 20_000, 1 / values, rtol=0.2)


def test_a_mutation_moves_one_parameter_on_average_two_and_some_only_a_little(rng):
    domain = Domain(KINDS)
    rows = domain.sample(2000, rng)
    moved = domain.mutate(rows, rng)
    changed = (rows != moved).sum(axis=1)
    assert 0.8 < changed.mean() < 2
    step = np.abs(np.log(moved[:, 4] / rows[:, 4]))[moved[:, 4] != rows[:, 4]] / np.log(1e4)
    assert np.quantile(step, 0.2) < 0.02
    assert np.quantile(step, 0.9) > 0.15
    assert (moved[:, 6] == 3).mean() + (moved[:, 6] == 7).mean() < 0.01  # the ends do not gather


def test_parameters_survive_the_way_there_and_back(rng):
    domain = Domain(KINDS)
    rows = domain.sample(50, rng)
    params = [domain.params(row[None]) for row in rows]
    np.testing.assert_array_equal(domain.rows(params), rows)
    assert {type(value) for value in params[0].values()} == {str, int, bool, float}
    assert np.isnan(domain.rows([{"any": "b"}])).sum() == len(KINDS) - 1


def test_a_finite_domain_is_enumerated_and_what_was_seen_is_left_out(rng):
    domain = Domain(FINITE)
    assert domain.size == len(domain.grid) == len(np.unique(domain.grid, axis=0)) == 3 * 3 * 2 * 21
    seen = domain.sample(40, rng)
    unseen = domain.unseen(np.concatenate([seen, seen * np.nan, seen + 100]))
    assert not isin(domain.grid[unseen], seen).any()
    assert len(unseen) == len(domain.grid) - len(np.unique(seen, axis=0))
    assert len(domain.unseen(domain.grid)) == len(domain.grid)


def test_an_infinite_or_conditional_domain_is_not_enumerated():
    assert Domain(KINDS).size == np.inf
    assert Domain(KINDS).grid is None
    assert Domain(FINITE, ["any"]).grid is None
    assert Domain({"n": IntDistribution(1, 2_000_000)}).grid is None
    assert Domain({"one": FloatDistribution(2, 2), "n": IntDistribution(1, 3)}).grid.tolist() == [
        [1, 2],
        [2, 2],
        [3, 2],
    ]


def test_features_are_places_on_a_scale_and_a_column_for_each_category():
    domain = Domain({"any": KINDS["any"], "flag": KINDS["flag"], "rate": KINDS["rate"], "width": KINDS["width"]})
    rows = domain.rows([{"any": "b", "flag": False, "rate": 1e-3, "width": 7.0}])
    np.testing.assert_allclose(domain.encode(rows), [[0, 1, 0, 1, 0.5, 1]], atol=1e-6)


def test_a_missing_parameter_has_a_column_that_says_so():
    domain = Domain({"any": KINDS["any"], "width": KINDS["width"]}, conditional=["any", "width"])
    features = domain.encode(domain.rows([{"any": "c", "width": 3.0}, {}]))
    assert features.tolist() == [[0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 0.5, 0]]


def test_which_parameters_a_candidate_has_is_learned(rng):
    domain = Domain({"any": KINDS["any"], "rate": KINDS["rate"], "width": KINDS["width"]}, ["rate", "width"])
    known = domain.sample(60, rng)
    known[known[:, 0] == 0, 1] = np.nan  # only b and c have a rate, only c has a width
    known[known[:, 0] < 2, 2] = np.nan
    drawn = domain.masked(domain.sample(200, rng), known)
    assert (np.isnan(drawn[:, 1]) == (drawn[:, 0] == 0)).all()
    assert (np.isnan(drawn[:, 2]) == (drawn[:, 0] < 2)).all()


def test_the_commonest_pattern_where_nothing_tells_them_apart(rng):
    domain = Domain({"rate": KINDS["rate"], "width": KINDS["width"]}, ["rate", "width"])
    known = np.array([[1e-3, np.nan], [1e-2, np.nan], [np.nan, 5]])
    assert np.isnan(domain.masked(domain.sample(3, rng), known)).tolist() == [[False, True]] * 3
