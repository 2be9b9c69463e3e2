import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import Choices


def test_the_largest_come_first_and_each_once(toy):
    strategy = weaknas.strategy("sorted", toy.space, by="params")
    asked = np.concatenate([strategy.ask(30).batch for _ in range(5)])
    params = toy.space.free_to_know("params", asked)
    assert (np.diff(params) <= 0).all()
    assert len(np.unique(toy.space.code(asked))) == 150


def test_the_smallest_come_first_where_that_is_wanted_and_seeds_decide_between_equals(toy):
    asked = [weaknas.strategy("sorted", toy.space, ascending=True, seed=seed).ask(200).batch for seed in (0, 1)]
    macs = [toy.space.free_to_know("macs", batch) for batch in asked]
    assert (np.diff(macs[0]) >= 0).all()
    assert macs[0].tolist() == macs[1].tolist()
    assert asked[0].tolist() != asked[1].tolist()


def test_of_a_space_that_cannot_be_written_out_what_is_drawn_is_sorted():
    space = weaknas.space("darts")
    batch = weaknas.strategy("sorted", space).ask(20).batch
    macs = space.free_to_know("macs", batch)
    assert (np.diff(macs) <= 0).all()
    assert macs.min() > np.quantile(space.free_to_know("macs", space.sample(2000, np.random.default_rng(0))), 0.98)


def test_what_nothing_is_known_of_cannot_be_sorted():
    with pytest.raises(InvalidOption, match="knows neither MACs nor parameters; name what to sort by"):
        weaknas.strategy("sorted", Choices({"a": [1, 2]}))
    with pytest.raises(InvalidOption, match="does not know 'zc_nothing'"):
        weaknas.strategy("sorted", weaknas.space("darts"), by="zc_nothing")
