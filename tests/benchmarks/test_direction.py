import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

import weaknas
from weaknas.errors import InvalidTable
from weaknas.spaces import Choices, NasBench201
from weaknas.table_file import write_table
from weaknas_benchmarks.direction import expected, lower_is_better, spearman
from weaknas_benchmarks.table import Table

SPACE = Choices({"a": [str(n) for n in range(40)]})
TEXTS = SPACE.to_str(SPACE.enumerate())
MINIMISED = ["valid_error", "error", "err", "valErr", "valerr", "Top1Error", "top1_err", "error%", "loss", "VALLOSS"]
MINIMISED += ["val.loss", "crossEntropy", "perplexity", "val_ppl", "mse", "RMSE", "mae", "latency_ms", "regret", "WER"]
MINIMISED += ["cer", "nll", "train_seconds", "runtime", "rank", "1-acc", "100 - acc", "one_minus_acc", "bce", "CE"]
MINIMISED += ["mistakes", "kl_div", "failures", "rmsle", "SMAPE", "-acc"]
MINIMISED += ["neg_log_likelihood", "negative log likelihood"]
MAXIMISED = [
    "valid_acc",
    "acc",
    "accuracy",
    "top1",
    "f1",
    "mIoU",
    "auc",
    "valid",
    "final",
    "terrain",
    "merit",
    "x",
    "top-1",
    "acc@1",
]
MAXIMISED += ["onemax", "100_epochs", "1", "log_likelihood"]
MAXIMISED += ["1-error", "100 - err", "neg_log_loss", "negative_class_acc"]
RISING = np.linspace(10, 90, 40)


@pytest.mark.parametrize("name", MINIMISED)
def test_what_is_to_be_made_small_is_known_by_its_name(name):
    assert lower_is_better(name)


@pytest.mark.parametrize("name", MAXIMISED)
def test_what_is_to_be_made_large_is_not(name):
    assert not lower_is_better(name)


def test_columns_that_go_with_accuracy_are_told_by_their_names():
    assert [expected(name) for name in ("params", "n_params", "FLOPs", "macs", "test_acc", "top-1")] == [1] * 6
    assert [expected(name) for name in ("perplexity", "valid_loss", "top1_error")] == [-1] * 3
    assert [expected(name) for name in ("latency_ms_pixel3", "train_seconds", "seed", "zc_naswot")] == [0] * 4
    assert [expected(name) for name in ("valid_acc_std", "acc_stderr", "acc_gap", "time_to_acc")] == [0] * 4
    assert [expected(name) for name in ("params_dropout", "param_alpha", "params.lr")] == [0] * 3
    assert [expected(name) for name in ("params_M", "params_total", "user_attrs_params")] == [1] * 3


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=60))
def test_the_correlation_is_spearmans(pairs):
    first, second = np.array(pairs, dtype=float).T
    if len(set(first)) > 1 and len(set(second)) > 1:
        assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)
    else:
        assert spearman(first, second) == 0


@pytest.mark.parametrize(
    ("name", "other", "way"),
    [
        ("params", -RISING, "falls with params"),
        ("macs", -RISING, "falls with macs"),
        ("test_acc", 100 - RISING, "falls with test_acc"),
        ("valid_loss", RISING / 10, "rises with valid_loss"),
        ("perplexity", RISING, "rises with perplexity"),
    ],
)
def test_an_objective_whose_ranks_are_inverted_is_refused_until_its_owner_vouches_for_it(tmp_path, name, other, way):
    frame = pd.DataFrame({"arch": TEXTS, "valid_acc": RISING, name: other})
    with pytest.raises(
        InvalidTable, match=rf"looks as if lower were better: it {way} \(Spearman .*1\.00 over 40 rows"
    ):
        Table.from_frame(frame, SPACE)
    assert Table.from_frame(frame, SPACE, higher_is_better=True).optimum.valid == 90
    path = write_table(tmp_path / "mine.parquet", dict(frame), {"space": SPACE.recipe["choices"]})
    with pytest.raises(InvalidTable, match=r"--option benchmark\.higher_is_better=true"):
        weaknas.benchmark(str(path))
    assert weaknas.benchmark(str(path), higher_is_better=True).optimum.valid == 90
    vouched = write_table(path, dict(frame), {"space": SPACE.recipe["choices"], "direction": "higher is better"})
    assert weaknas.benchmark(str(vouched)).optimum.valid == 90


@pytest.mark.parametrize(
    "card",
    [{"unit": "mean squared error"}, {"valid": "valid_error"}, {"valid": "Loss"}, {"direction": "lower is better"}],
)
def test_an_objective_that_its_card_calls_an_error_is_refused(tmp_path, card):
    columns = {"arch": TEXTS, "valid_acc": RISING}
    path = write_table(tmp_path / "mine.parquet", columns, {"space": SPACE.recipe["choices"], **card})
    with pytest.raises(InvalidTable, match="its card calls it"):
        weaknas.benchmark(str(path))
    described = {"valid": "accuracy on images for which the loss of the released network is known", "unit": "percent"}
    path = write_table(tmp_path / "mine.parquet", columns, {"space": SPACE.recipe["choices"], **described})
    assert weaknas.benchmark(str(path)).optimum.valid == 90


def test_fractions_are_no_percentages():
    with pytest.raises(InvalidTable, match=r"fractions, up to 0\.9, .* multiply it by 100"):
        Table.from_frame(pd.DataFrame({"arch": TEXTS, "valid_acc": RISING / 100}), SPACE)


def test_the_cost_that_a_space_counts_speaks_too():
    space = NasBench201()
    rows = space.enumerate()[::20]
    error = 60 - 50 * (space.cost(rows).params / space.cost(rows).params.max())
    frame = pd.DataFrame({"arch": space.to_str(rows), "valid_acc": error})
    with pytest.raises(InvalidTable, match="falls with macs"):
        Table.from_frame(frame, space)
    Table.from_frame(frame.assign(valid_acc=100 - error), space)


def test_columns_of_chance_text_or_nothing_speak_for_nothing():
    rng = np.random.default_rng(0)
    for _ in range(100):
        values = 100 * rng.random((3, 40))
        frame = pd.DataFrame({"arch": TEXTS, "valid_acc": values[0], "params": values[1], "valid_loss": values[2]})
        Table.from_frame(frame.assign(test_acc=np.nan, macs="many", accuracy=None), SPACE)
