import numpy as np
import pyarrow as pa
import pytest
import torch

from weaknas.distributions import Independent
from weaknas.errors import InvalidTable, NotFound
from weaknas.parquet import write_parquet
from weaknas.spaces import UserMobile
from weaknas.supernet.probabilities import PROBABILITIES, read_probabilities, shared, write_probabilities


@pytest.fixture
def weights(small):
    distribution = Independent(small)
    with torch.no_grad():
        distribution.logits.normal_(generator=torch.Generator().manual_seed(0))
    return distribution.weights()


def test_what_is_written_is_read(small, weights, tmp_path):
    write_probabilities(tmp_path, small, weights)
    found = shared(read_probabilities(tmp_path), small)
    assert found.keys() == weights.keys()
    for name, part in found.items():
        np.testing.assert_array_equal(part, weights[name].detach().double().numpy())


def test_only_choices_of_the_same_options_are_shared(small, weights, tmp_path):
    write_probabilities(tmp_path, small, weights)
    table = small.recipe["table"]
    first, *stages = table["stage"]
    other = UserMobile({**table, "stage": [{**first, "kernel": [3, 5]}, *stages]})
    assert shared(read_probabilities(tmp_path), other).keys() == weights.keys() - {"k1.1", "k1.2"}


@pytest.mark.parametrize(
    "columns",
    [
        {"choice": ["a"], "option": ["1"]},
        {"choice": ["a"], "option": ["1"], "probability": [float("nan")]},
        {"choice": ["a"], "option": ["1"], "probability": ["much"]},
        {"choice": pa.array([], pa.string()), "option": pa.array([], pa.string()), "probability": pa.array([], "f8")},
    ],
)
def test_what_holds_no_probabilities_is_refused(columns, tmp_path):
    write_parquet(tmp_path / PROBABILITIES, pa.table(columns))
    with pytest.raises(InvalidTable, match="holds no probabilities"):
        read_probabilities(tmp_path)


def test_a_folder_without_them_is_said(tmp_path):
    with pytest.raises(NotFound, match="no file of probabilities"):
        read_probabilities(tmp_path)
