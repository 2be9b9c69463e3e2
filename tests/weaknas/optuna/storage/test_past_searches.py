"""The searches in a storage as what was learned before."""

import numpy as np
import optuna
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidOption, NotFound
from weaknas.metrics import Metric
from weaknas.optuna import past_of_storage, search
from weaknas.spaces import Choices, NasBench201
from weaknas_benchmarks.table import Table


@pytest.fixture
def storage(tmp_path):
    return f"journal:{tmp_path / 'runs.log'}"


def test_each_search_of_the_space_is_a_source_whose_scores_are_to_be_high(toy, toy_frame, storage):
    first = search(toy, weaknas.strategy("random", toy.space), 5, storage=storage)
    frame = toy_frame[["arch"]].assign(loss=100 - toy_frame["valid_acc"])
    losses = Table.from_frame(frame, NasBench201(), name="losses", metrics=[Metric("loss", minimize=True)])
    search(losses, weaknas.strategy("random", toy.space), 4, storage=storage)
    small = Choices({"a": range(4)})
    other = Table.from_frame(pd.DataFrame({"arch": small.to_str(small.enumerate()), "valid_acc": 9.0}), small)
    search(other, weaknas.strategy("random", small), 3, storage=storage)
    found = {past.label.partition(" in ")[0]: past for past in past_of_storage(storage, toy)}
    assert sorted(found) == ["losses/random/0", "toy/random/0"]
    assert toy.space.to_str(found["toy/random/0"].batch) == first.history["arch"].tolist()
    np.testing.assert_allclose(found["toy/random/0"].scores, first.values)
    assert (found["losses/random/0"].scores < 0).all()


def test_a_storage_that_tells_nothing_is_refused(toy, storage):
    with pytest.raises(NotFound, match="so nothing was learned in it"):
        past_of_storage(storage, toy)
    small = Choices({"a": range(4)})
    frame = pd.DataFrame({"arch": small.to_str(small.enumerate()), "valid_acc": [1.0, 2, 3, 4]})
    other = Table.from_frame(frame, small, name="other", higher_is_better=True)
    search(other, weaknas.strategy("random", small), 3, storage=storage)
    with pytest.raises(InvalidOption, match="makes no prior: none of the 3 architectures of other/random/0"):
        past_of_storage(storage, toy)


def test_a_strangers_study_is_no_search(toy, tmp_path):
    address = f"sqlite:///{tmp_path / 'runs.db'}"
    optuna.create_study(storage=address, study_name="mine")
    with pytest.raises(InvalidOption, match="no finished evaluation of a search of weaknas is in it"):
        past_of_storage(address, toy)
