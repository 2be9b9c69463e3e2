import numpy as np
import pytest
import torch

from weaknas.errors import InvalidOption
from weaknas.spaces import Cost
from weaknas.supernet.schemes import extremes
from weaknas.supernet.schemes.target import Target, bounds


def test_the_excess_is_the_share_above_each_bound(small):
    smallest = small.cost(extremes(small)).macs[0]
    target = Target(small, f"macs <= {2 * smallest} and params <= 1e9")
    cost = Cost(np.array([1, 1, 1]), np.array([smallest, 2 * smallest, 3 * smallest]))
    np.testing.assert_allclose(target.excess(cost), [0, 0, 0.5])
    params = torch.tensor(1.5e9, requires_grad=True)
    excess = target.excess(Cost(params, torch.tensor(3.0 * smallest)))
    assert excess.item() == pytest.approx(1.0)
    excess.backward()
    assert float(params.grad) == pytest.approx(1e-9)


def test_without_a_constraint_everything_holds(small):
    rows = small.sample(50, np.random.default_rng(1))
    assert not Target(small, None).excess(small.cost(rows)).any()


def test_it_holds_where_the_constraint_of_a_search_does(small):
    rows = small.sample(200, np.random.default_rng(1))
    middle = float(np.median(small.cost(rows).macs))
    holds = Target(small, f"macs <= {middle}").excess(small.cost(rows)) == 0
    np.testing.assert_array_equal(holds, small.where(f"macs <= {middle}").is_valid(rows))


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ("macs <= 10", "no network of small has macs <= 10; the smallest has"),
        ("params <= 10", "the smallest has"),
        ("macs >= 10", "upper bounds"),
        ("latency_ms <= 10", "upper bounds"),
        ("small", "no constraint"),
        ("macs <= nan", "no constraint"),
    ],
)
def test_what_is_no_bound_is_refused_in_a_sentence(small, constraint, said):
    with pytest.raises(InvalidOption, match=said):
        Target(small, constraint)


def test_of_two_bounds_the_lower_counts():
    assert bounds("macs <= 5e6 and macs < 3e6, params <= 7") == {"macs": 3e6, "params": 7}
