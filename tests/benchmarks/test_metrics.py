import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.metrics import ACCURACY, Metric
from weaknas.spaces import Choices
from weaknas.table_file import write_table
from weaknas_benchmarks.metrics import chosen, metrics_of
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.table_data import FrameData

SPACE = Choices({"op": ["a", "b", "c"], "depth": [1, 2]})
TEXTS = SPACE.to_str(SPACE.enumerate())


def data(card=None, **columns):
    return FrameData(pd.DataFrame({"arch": TEXTS, **columns}), {"space": "choices", **(card or {})})


def test_the_names_of_the_first_format_say_what_columns_are():
    found = {m.valid: m for m in metrics_of(data(valid_acc_run1=1.0, valid_loss=1.0, latency_ms_gpu=1.0, other=1.0))}
    assert [*found] == ["valid_acc", "valid_loss", "latency_ms_gpu", "params", "macs"]
    assert found["latency_ms_gpu"] == Metric("latency_ms_gpu", "ms", minimize=True, free=True)
    assert metrics_of(data(valid_loss_run0=1.0))[0] == Metric(
        "loss", minimize=True, valid="valid_loss", test="test_loss"
    )
    assert metrics_of(data())[0] == ACCURACY


def test_what_a_card_lists_comes_first_and_is_believed():
    metrics = [{"name": "f1"}, {"name": "latency_ms_gpu", "direction": "maximize"}]
    found = metrics_of(data({"metrics": metrics}, f1=1.0, latency_ms_gpu=1.0, valid_acc=1.0))
    assert found[:2] == [Metric("f1"), Metric("latency_ms_gpu")]
    assert ACCURACY not in found


def test_an_objective_is_the_tables_own_or_a_column_or_several():
    metrics = [ACCURACY, Metric("energy", minimize=True)]
    assert chosen("valid", metrics, "t") == (ACCURACY, False, [])
    assert chosen("test", metrics, "t") == (ACCURACY, True, [])
    assert chosen("test_acc, energy", metrics, "t") == (ACCURACY, True, [metrics[1]])
    assert chosen(["energy", "valid_acc"], metrics, "t") == (metrics[1], False, [ACCURACY])
    for wrong in ("valid,accuracy", "energy,test_energy"):
        with pytest.raises(InvalidOption, match="twice"):
            chosen(wrong, metrics, "t")


def test_several_objectives_are_columns_of_the_scores(tmp_path):
    columns = {"arch": TEXTS, "loss": np.arange(6.0), "params": np.arange(6) * 10}
    card = {"space": SPACE.recipe["choices"], "metrics": [{"name": "loss", "direction": "minimize"}]}
    write_table(tmp_path / "t.parquet", columns, card)
    bench = weaknas.benchmark(str(tmp_path / "t.parquet"), objective="loss,params")
    rows = SPACE.from_str(TEXTS[2:4])
    assert bench.evaluate(rows).scores.tolist() == [[2, 20], [3, 30]]
    assert bench.objective == "loss"
    result = weaknas.search(bench, weaknas.strategy("nsga2", bench.space, costs="params", population=4), 6)
    assert result.history[result.history["front"]]["arch"].tolist() == [TEXTS[0]]
    assert [metric.valid for metric in result.tradeoff] == ["loss", "params"]
    with pytest.raises(InvalidOption, match=r"is told 1 of each architecture.s scores, and t has 2 \(loss, params\)"):
        weaknas.search(bench, weaknas.strategy("local-search", bench.space), 6)


def test_a_missing_cell_is_a_failure_only_where_the_card_says_so():
    loss = [1.0, np.nan, np.inf, 2.0, 3.0, 4.0]
    frame = pd.DataFrame({"arch": TEXTS, "loss": loss})
    bench = Table.from_frame(frame, SPACE, metrics=[Metric("loss", minimize=True)])
    result = weaknas.search(bench, weaknas.strategy("random", bench.space), 6)
    assert (len(result.history), result.history["loss"].isna().sum(), result.best.valid) == (6, 2, 1.0)
    assert bench.optimum.valid == 1.0
    card = {"metrics": [{"name": "loss", "direction": "minimize"}]}
    with pytest.raises(InvalidOption, match="loss is not known for 2 of 6 rows"):
        Table(data(card, loss=loss), SPACE)
