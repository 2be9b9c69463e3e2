"""A small file in the official layout, written here: framing, JSON, base64, protocol buffer."""

import base64
import json
import struct

import numpy as np
import pytest

import weaknas
from weaknas.spaces import NasBench101
from weaknas.spaces.cells import cells101 as cells
from weaknas.table_file import TableFile
from weaknas_benchmarks.importing.tfrecord import masked_crc

SPACE = NasBench101()
CELLS = 12
NAMES = ("", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3")
EPOCHS = (4, 12, 36, 108)


def frame(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def varint(number):
    return bytes([number & 0x7F | 0x80]) + varint(number >> 7) if number > 0x7F else bytes([number])


def message(measured, params):
    """Encode ModelMetrics: (epoch, seconds, train, valid, test) at the start, halfway and at the end."""
    parts = []
    for numbers in measured:
        doubles = b"".join(bytes([(field + 1) << 3 | 1]) + struct.pack("<d", x) for field, x in enumerate(numbers))
        parts.append(b"\x0a" + varint(len(doubles)) + doubles)
    return b"".join(parts) + b"\x10" + varint(params) + b"\x19" + struct.pack("<d", 9999.0)


def measurements(cell, epochs, repeat):
    """Return made-up (epoch, seconds, train, valid, test), distinct for every place."""
    final = 0.5 + cell / 100 + repeat / 1000 + epochs / 1000
    return [
        (0.0, 0.0, 0.1, 0.1, 0.1),
        (epochs / 2, 5.0 * epochs, 0.6, final - 0.2, final - 0.25),
        (float(epochs), 10.0 * epochs + repeat, 1.0, final, final - 0.05),
    ]


def official(rows, epochs=EPOCHS, repeats=3):
    """Return the records of some cells, repeats apart as in the official file."""
    matrices, ops = cells.graphs(rows)
    params = SPACE.cost(rows).params.tolist()
    found = []
    for repeat in range(repeats):
        for cell, module_hash in enumerate(SPACE.module_hash(rows)):
            here = cells.present(ops[cell][None])[0]
            adjacency = "".join(str(int(bit)) for bit in matrices[cell][here][:, here].ravel())
            names = ["input", *(NAMES[op] for op in ops[cell] if op), "output"]
            for schedule in epochs:
                metrics = message(measurements(cell, schedule, repeat), params[cell])
                found.append([module_hash, schedule, adjacency, ",".join(names), base64.b64encode(metrics).decode()])
    return found


@pytest.fixture(scope="module")
def rows():
    rows = SPACE.sample(40, np.random.default_rng(3))
    return rows[np.sort(np.unique(SPACE.key(rows), return_index=True)[1])][:CELLS]


@pytest.fixture
def write(tmp_path):
    def write(records, name="nasbench_full.tfrecord"):
        path = tmp_path / name
        path.write_bytes(b"".join(frame(json.dumps(record).encode()) for record in records))
        return path

    return write


def test_every_training_gets_its_column(cli, write, rows, tmp_path):
    code, out, _ = cli("data", "import", write(official(rows)), "--out", tmp_path)
    assert (code, out) == (0, f"{tmp_path}/nasbench101-cifar10.parquet: {CELLS} of 423,624 architectures\n")
    table = TableFile(tmp_path / "nasbench101-cifar10.parquet")
    assert table.texts() == SPACE.to_str(rows)
    assert table.texts("module_hash") == SPACE.module_hash(rows)
    assert table.numbers("params").tolist() == SPACE.cost(rows).params.tolist()
    for epochs in EPOCHS:
        ending = "" if epochs == 108 else f"_e{epochs}"
        for place, column in ((1, "train_seconds"), (3, "valid_acc"), (4, "test_acc")):
            scale = 1 if place == 1 else 100
            truth = scale * np.array(
                [[[m[place] for m in measurements(c, epochs, r)] for r in range(3)] for c in range(CELLS)]
            )
            np.testing.assert_allclose(table.numbers(column + ending), truth[:, :, 2].mean(1), rtol=1e-6)
            for run in range(3):
                np.testing.assert_allclose(table.numbers(f"{column}_run{run}{ending}"), truth[:, run, 2], rtol=1e-6)
                half = table.numbers(f"{column}_run{run}_e{epochs}_half")
                np.testing.assert_allclose(half, truth[:, run, 1], rtol=1e-6)
    assert (table.card["epochs"], table.card["source"]) == (108, "nasbench_full.tfrecord")
    assert "held out" in table.card["valid"]


def test_a_file_of_108_epochs_has_no_shorter_schedules(cli, write, rows, tmp_path):
    cli("data", "import", write(official(rows, epochs=[108]), "nasbench_only108.tfrecord"), "--out", tmp_path)
    columns = TableFile(tmp_path / "nasbench101-cifar10.parquet").columns
    assert "valid_acc_run2_e108_half" in columns
    assert not any("_e36" in column for column in columns)


def test_an_imported_table_shows_its_true_validation_runs(cli, write, rows, tmp_path, monkeypatch):
    cli("data", "import", write(official(rows)), "--out", tmp_path)
    monkeypatch.setenv("WEAKNAS_DATA", str(tmp_path))
    for options, column in [
        ({}, "valid_acc_run0"),
        ({"run": 2}, "valid_acc_run2"),
        ({"run": "mean", "fidelity": 36}, "valid_acc_e36"),
        ({"validation": "measured", "run": 1}, "valid_acc_run1"),
        ({"objective": "test", "run": 1}, "test_acc_run1"),
    ]:
        bench = weaknas.benchmark("nasbench101", **options)
        seen = bench.evaluate(bench.space.rows)
        np.testing.assert_array_equal(seen.scores, bench.data.numbers(column))
        assert not seen.estimated
    checks = cli("data", "check", "nasbench101")
    assert checks[0] == 0
    assert "a part of nasbench101" in checks[1]
    assert f"module hashes of {CELLS} random rows reproduced  [{CELLS}]" in checks[1]


def test_a_truncated_file_is_refused(write, rows, refusal):
    path = write(official(rows))
    path.write_bytes(path.read_bytes()[:-100])
    assert "nasbench_full.tfrecord is truncated: it ends within record 144" in refusal(path)


def test_a_flipped_bit_is_refused(write, rows, refusal):
    path = write(official(rows))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    assert "checksum of record" in refusal(path)


def test_a_file_cut_between_records_is_refused(write, rows, refusal):
    assert f"1 of {CELLS} cells do not have all 3 trainings" in refusal(write(official(rows)[:-1]))
    assert "is empty" in refusal(write([]))


def altered(record, place, value):
    return [*record[:place], value, *record[place + 1 :]]


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (0, "0" * 32, "the hash or the parameters of cell 00000000000000000000000000000000 do not follow"),
        (1, 5, "training 1 cannot be read"),
        (2, "0101", "is no upper triangular matrix"),
        (3, "input,conv5x5,output", "training 1 cannot be read ('conv5x5')"),
        (4, "?", "training 1 cannot be read"),
        (4, base64.b64encode(message(measurements(0, 108, 0)[:2], 9)).decode(), "2 evaluations where 3 are expected"),
    ],
)
def test_an_altered_cell_is_refused(write, rows, refusal, place, value, sentence):
    assert sentence in refusal(write([altered(record, place, value) for record in official(rows[:1], epochs=[108])]))


def test_other_contradictions_are_refused(write, rows, refusal):
    records = official(rows[:1], epochs=[108])
    assert "more than 3 trainings of 108 epochs" in refusal(write([*records, records[0]]))
    assert "is no file of NAS-Bench-101" in refusal(write([{"some": "json"}]))
    other = altered(records[0], 4, base64.b64encode(message(measurements(0, 108, 0), 77)).decode())
    assert "parameters that differ" in refusal(write([records[0], other]))
    wrong = [altered(record, 4, other[4]) for record in records]
    assert "the hash or the parameters of cell" in refusal(write(wrong))


def test_buffers_grow(write, cli, tmp_path, monkeypatch, rows):
    from weaknas_benchmarks.importing import nasbench101

    monkeypatch.setattr(nasbench101, "ROOM", 5)
    assert cli("data", "import", write(official(rows)), "--out", tmp_path)[0] == 0
    table = TableFile(tmp_path / "nasbench101-cifar10.parquet")
    truth = [100 * measurements(cell, 108, 2)[2][3] for cell in range(CELLS)]
    np.testing.assert_allclose(table.numbers("valid_acc_run2"), truth, rtol=1e-6)
