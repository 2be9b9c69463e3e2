import numpy as np
import pytest
from scipy.stats import chisquare

import weaknas
from weaknas.supernet.schemes.budgets import Budgets


@pytest.fixture(scope="module", params=["small", "attentive-nas"])
def budgets(request):
    if request.param == "small":
        return Budgets(request.getfixturevalue("small"))
    return Budgets(weaknas.space("attentive-nas"), 25e6)


def test_all_that_is_drawn_for_a_bin_lies_in_it(budgets):
    rng = np.random.default_rng(0)
    for place, (low, high) in enumerate(budgets.edges):
        rows = budgets.sample(place, 20, rng)
        macs = budgets.space.cost(budgets.space.validate(rows)).macs
        assert len(rows) == 20
        assert ((low <= macs) & (macs < high)).all()
        assert (budgets.bin(rows) == place).all()
    assert high - low == budgets.width


def test_the_bins_of_attentive_nas_are_25_million_wide():
    budgets = Budgets(weaknas.space("attentive-nas"), 25e6)
    assert budgets.width == 25e6
    assert (budgets.edges % 25e6 == 0).all()


def test_what_is_drawn_has_the_costs_of_the_prior(budgets):
    rng = np.random.default_rng(1)
    places = np.array([budgets.draw(rng) for _ in range(2000)])
    rows = np.concatenate([budgets.sample(place, 1, rng) for place in places[:500]])
    assert (budgets.bin(rows) == places[:500]).all()
    common = budgets.prior > 0.005
    found = np.bincount(places, minlength=len(budgets.prior))
    counts = np.append(found[common], found[~common].sum())
    odds = np.append(budgets.prior[common], budgets.prior[~common].sum())
    assert chisquare(counts, 2000 * odds).pvalue > 1e-3


def test_the_prior_is_that_of_random_architectures_or_uniform(small):
    budgets = Budgets(small)
    others = budgets.bin(small.sample(20_000, np.random.default_rng(5)))
    share = np.bincount(others[others >= 0], minlength=len(budgets.prior)) / len(others)
    assert np.abs(share - budgets.prior).max() < 0.01
    uniform = Budgets(small, uniform=True)
    assert np.ptp(uniform.prior) == 0
    assert uniform.prior.sum() == pytest.approx(1)


def test_costs_that_the_table_does_not_have(small):
    budgets = Budgets(small.__class__(small.recipe["table"]), 1e9)
    assert len(budgets.edges) == 1
    budgets.edges[:] = [[0, 1]]
    assert budgets.bin(small.sample(3, np.random.default_rng(0))).tolist() == [-1, -1, -1]


def test_options_within_a_bin_vary_as_in_the_table(small):
    budgets = Budgets(small)
    place = int(budgets.prior.argmax())
    rows = budgets.sample(place, 300, np.random.default_rng(0))
    assert len(np.unique(small.key(rows))) > 250
