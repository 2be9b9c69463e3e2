"""Made-up records of the published form."""

import json

import numpy as np
import pytest

KINDS = {"e": 6, "k": 3, "l": 2, "se": "True"}
TEXT = ";".join(["6;3;2;1"] * 7)


def record(top1, **changed):
    devices = {
        "latency_zcu102": {"latency_mean": 5.5, "latency_std": 0.1},
        "throughput_3090": {"throughput_mean": 4500.0},
    }
    return {
        "architecture": {f"block{block}_{kind}": value for block in range(7) for kind, value in KINDS.items()}
        | changed,
        "metrics": {"val_top1": top1, "val_top5": 85.0, "train_time": 2660.5},
        "platform_perf": devices,
    }


@pytest.fixture
def records(tmp_path):
    def records(**contents):
        folder = tmp_path / "records"
        folder.mkdir()
        for name, content in contents.items():
            (folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))
        return folder

    return records


def test_records_become_the_benchmark(imported, records):
    folder = records(result_2=record(61.0, block3_se=False), result_10=record(59.2), result_0=record(59.4))
    bench = imported(folder)("accel-nasbench", objective="valid_acc,latency_ms_zcu102,throughput_ips_rtx3090")
    blocks = ["6;3;2;1"] * 7
    blocks[3] = "6;3;2;0"
    assert bench.data.texts() == [TEXT, ";".join(blocks)]
    assert bench.data.numbers("record").tolist() == [0, 2]
    batch = bench.space.from_str([TEXT])
    measured = bench.evaluate(batch)
    np.testing.assert_allclose(measured.scores, [[59.3, 5.5, 4500]], rtol=1e-6)
    assert measured.train_seconds == [2660.5]
    assert np.isnan(bench.data.numbers("throughput_ips_tpuv2")).all()
    assert "a part of the published benchmark: 2 of 5,125" in bench.note


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("result_0", "{", "is damaged or no record of Accel-NASBench"),
        ("result_0", {"architecture": {}}, "is damaged or no record of Accel-NASBench"),
        ("result_0", record(50, block0_k=7), "is damaged or no record of Accel-NASBench"),
        ("result_0", record("high"), "is damaged or no record of Accel-NASBench"),
        ("result_x", record(50), "these are called result_0.json"),
    ],
)
def test_damaged_records_are_refused(refusal, records, name, content, reason):
    assert reason in refusal(records(**{name: content}))
