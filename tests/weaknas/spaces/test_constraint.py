import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.spaces import Choices, NasBench201, OfaMobileNetV3, Rows
from weaknas.spaces.constraint import parse


def test_a_constraint_is_read():
    assert parse("macs <= 600e6 and latency_ms_pixel3<10") == [
        ("macs", "<=", 600e6),
        ("latency_ms_pixel3", "<", 10.0),
    ]


@pytest.mark.parametrize("text", ["", "macs", "macs <= ", "macs = 3", "macs <= 3e", "3 <= macs", "macs <= 1 or 2"])
def test_what_is_no_constraint_is_refused(text):
    with pytest.raises(InvalidOption, match="is no constraint; write NAME <= NUMBER"):
        parse(text)


@pytest.mark.parametrize("space", [NasBench201(), Rows(NasBench201(), NasBench201().enumerate()), OfaMobileNetV3()])
def test_the_part_of_a_space_satisfies_it(space):
    rng = np.random.default_rng(0)
    middle = float(np.median(space.free_to_know("macs", space.sample(200, rng))))
    part = space.where(f"macs <= {middle:.6e} and params > 0")
    batch = part.sample(50, rng)
    assert (part.free_to_know("macs", batch) <= middle * 1.00001).all()
    assert part.is_valid(part.mutate(batch, rng)).all()
    assert not part.is_valid(space.sample(200, rng)).all()


def test_what_a_table_knows_can_be_bounded_and_what_is_not_known_fails():
    free = {"latency_ms_x": lambda: np.array([1.0, np.nan, 3.0])}
    rows = Rows(NasBench201(), NasBench201().enumerate()[[7, 8, 9]], free)
    assert rows.where("latency_ms_x < 5").size == 2
    assert rows.where("latency_ms_x < 2").to_str(rows.rows[:1]) == rows.to_str(rows.rows[:1])
    with pytest.raises(InvalidArchitecture, match="none of the 3 architectures of nasbench201 satisfies latency"):
        rows.where("latency_ms_x < 0")
    with pytest.raises(InvalidOption, match="does not know 'macs'; it knows latency_ms_x"):
        rows.where("macs < 1")
    with pytest.raises(InvalidOption, match="does not know 'macs' of its architectures; it knows nothing"):
        Choices({"a": (1, 2)}).where("macs < 1")


def test_a_constrained_search_evaluates_only_what_is_allowed():
    bench = weaknas.benchmark("digits")
    part = bench.space.where("macs <= 50000")
    result = weaknas.search(bench, weaknas.strategy("weaknas", part, predictor="ridge", seed=0), 60)
    chosen = bench.space.from_str(result.history["arch"])
    assert (bench.space.free_to_know("macs", chosen) <= 50000).all()
