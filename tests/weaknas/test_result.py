import json

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import WeaknasError
from weaknas.figures import curves
from weaknas.metrics import Metric


def test_save_and_load(result, tmp_path):
    loaded = weaknas.Result.load(result.save(tmp_path / "run.parquet"))
    pd.testing.assert_frame_equal(loaded.history, result.history)
    assert loaded.summary() == result.summary()
    assert loaded.best == result.best
    assert loaded.options == result.options
    assert loaded.optimum == result.optimum


def test_history_is_tidy(result):
    assert ",".join(result.history.columns) == (
        "benchmark,dataset,strategy,predictor,options,seed,query,arch,valid_acc,test_acc,train_seconds,fidelity,cost"
    )
    assert json.loads(result.history["options"][0])["explore"] == 0.3


def test_summary_is_plain_json_with_null_for_what_is_not_known(result):
    result.history["train_seconds"] = np.nan
    summary = json.loads(json.dumps(result.summary(), allow_nan=False))
    assert summary["simulated_hours"] is None
    assert summary["queries"] == 30
    assert str(result.best).endswith("training time not known")


def test_an_indicator_is_no_accuracy(result):
    metric = Metric("bn-last")
    result.metric, result.objective = metric, metric.valid
    result.history = result.history.rename(columns={"valid_acc": metric.valid}).assign(**{metric.test: np.nan})
    score, summary = result.best.valid, result.summary()
    assert str(result.best).splitlines()[1] == f"  bn-last {score:.6g}"
    assert (summary["bn-last"], summary["test_bn-last"]) == (score, None)
    assert "valid_acc" not in summary


def test_what_is_to_be_small_is_the_best_where_it_is_smallest(result):
    metric = Metric("loss", "nats", minimize=True, valid="valid_loss", test="test_loss")
    renamed = result.history.rename(columns={"valid_acc": metric.valid, "test_acc": metric.test})
    result.metric, result.objective, result.history = metric, metric.valid, renamed
    row = renamed.loc[renamed["valid_loss"].idxmin()]
    assert (result.best.valid, result.best.test) == (row["valid_loss"], row["test_loss"])
    assert str(result.best).splitlines()[1].startswith(f"  validation loss {row['valid_loss']:.6g} nats, test ")
    assert result.summary()["metric"] == {"name": "loss", "unit": "nats", "direction": "minimize"}
    best = curves(result)[1]
    assert (np.diff(best) <= 0).all()
    assert best[-1] == row["valid_loss"]


def test_estimated_time_says_so(result):
    result.estimated = True
    assert str(result.best).endswith("simulated hours (estimated)")


def test_without_a_success_there_is_no_best(result):
    result.history["valid_acc"] = np.nan
    with pytest.raises(WeaknasError, match="none of the 30 evaluations succeeded"):
        _ = result.best


def test_without_a_success_there_is_nothing_to_draw(result):
    result.history["valid_acc"] = np.nan
    with pytest.raises(WeaknasError, match="none of the 30 evaluations succeeded"):
        result.plot()


def test_the_best_architecture_is_drawn(result, tmp_path):
    path = result.draw(tmp_path / "best.svg")
    assert f"<title>{result.best.arch}</title>" in path.read_text("utf-8")
    drawn = result.draw(tmp_path / "again.svg", weaknas.space("nasbench201"))
    assert drawn.read_bytes() == path.read_bytes()
    with pytest.raises(WeaknasError, match="is not an architecture of NAS-Bench-101"):
        result.draw(tmp_path / "best.svg", weaknas.space("nasbench101"))
