import numpy as np
import pandas as pd
import pytest

from weaknas.errors import InvalidTable
from weaknas_benchmarks.table_data import FrameData, mean_column, single_runs


@pytest.fixture
def frame():
    return pd.DataFrame({"arch": ["a", "b"], "valid_acc_run0": [1, 2], "valid_acc_run1": [3.0, None], "note": "x"})


def test_a_frame_has_texts_and_numbers_with_nan_for_what_is_missing(frame):
    data = FrameData(frame, {"space": "mine"})
    assert data.texts() == ["a", "b"]
    np.testing.assert_array_equal(data.numbers("valid_acc_run1"), [3, np.nan])
    assert (data.card, data.checksums) == ({"space": "mine"}, {})
    with pytest.raises(InvalidTable, match="column note does not hold numbers"):
        data.numbers("note")


def test_a_frame_needs_architectures_and_different_names(frame):
    with pytest.raises(InvalidTable, match="no column arch"):
        FrameData(frame.drop(columns="arch"), {})
    with pytest.raises(InvalidTable, match="the same name"):
        FrameData(frame.rename(columns={"note": "arch"}), {})


def test_single_runs_are_stacked_and_a_run_alone_is_its_own_mean(frame):
    data = FrameData(frame, {})
    np.testing.assert_array_equal(single_runs(data), [[1, 2], [3, np.nan]])
    assert single_runs(data, "test_acc").shape == (0, 0)
    assert mean_column(data, "valid_acc") == "valid_acc"
    assert mean_column(FrameData(frame.drop(columns="valid_acc_run1"), {}), "valid_acc") == "valid_acc_run0"
