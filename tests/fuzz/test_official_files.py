"""Official files whose content nobody published, their checksums right: each is read, or refused in a sentence."""

import base64
import bz2
import copy
import json
import pickle
import random

import pytest

import weaknas
from weaknas.errors import WeaknasError, as_sentence
from weaknas.spaces import NasBench101
from weaknas_benchmarks.importing.nasbench101 import NasBench101File
from weaknas_benchmarks.importing.nasbench201 import NasBench201File
from weaknas_benchmarks.importing.nats import NatsBenchFolder
from weaknas_benchmarks.importing.official import console
from weaknas_benchmarks.importing.tfrecord import masked_crc

TEXT = "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
EVALUATED = [f"{split}@{epoch}" for split in ("x-valid", "x-test", "ori-test") for epoch in (11, 199)]
TRAINING = {
    "eval_acc1es": dict.fromkeys(EVALUATED, 50.0),
    "eval_losses": dict.fromkeys(EVALUATED, 0.5),
    "train_times": {0: 2.0, 1: 3.0},
    "latency": [0.1, 0.2],
}
RECORD = {
    "arch_index": 11,
    "arch_str": TEXT,
    "all_results": {(name, 777): TRAINING for name in ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")},
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(console, "quiet", True)


def read(official) -> str:
    """Return the refusal of an official file, empty if it is imported."""
    said = ""
    try:
        for table in official().tables():
            table.check(weaknas.space(official().name))
    except WeaknasError as error:
        said = as_sentence(error)
    assert len(said) < 900
    return said


def test_folders_of_nats_bench(odd_values, tmp_path):
    def official(content):
        with bz2.open(tmp_path / "000011.pickle.pbz2", "wb") as stream:
            pickle.dump(content, stream)
        return lambda: NatsBenchFolder(tmp_path)

    sound = {"12": RECORD, "200": RECORD}
    assert not read(official(sound))
    refusals = [bool(read(official(mutant))) for mutant in odd_values(sound)]
    assert sum(refusals) > len(refusals) / 2


def test_pth_files(odd_values, tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "official.pth"
    sound = {"meta_archs": [TEXT], "arch2infos": {0: {"less": RECORD, "full": RECORD}}}
    for mutant in (sound, *odd_values(sound)):
        torch.save(copy.deepcopy(mutant), path)
        refused = read(lambda: NasBench201File(path))
        assert bool(refused) == bool(read(lambda: NasBench201File(path, allow_pickle=True)))
        assert not refused or mutant is not sound


def test_a_bit_that_changes_a_pth_file_is_noticed(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "official.pth"
    torch.save({"meta_archs": [TEXT], "arch2infos": {0: {"less": RECORD, "full": RECORD}}}, path)
    content = bytearray(path.read_bytes())
    at = content.index(b"eval_acc1es") + 60  # among the accuracies
    content[at] ^= 1
    path.write_bytes(content)
    assert "is truncated, altered or no file of torch.save" in read(lambda: NasBench201File(path))


def test_tfrecords(odd_values, tmp_path):
    space = NasBench101()
    (module_hash,), params = space.module_hash(space.from_str(["i3o:101"])), 1
    evaluation = b"".join(bytes([field << 3 | 1]) + b"\x9a\x99\x99\x99\x99\x99\xe9\x3f" for field in range(1, 6))
    message = 3 * (b"\x0a" + bytes([len(evaluation)]) + evaluation) + bytes([0x10, params])
    operations = "input,conv3x3-bn-relu,output"
    sound = [[module_hash, 108, "010001000", operations, base64.b64encode(message).decode()] for _ in range(3)]

    def official(contents):
        path = tmp_path / "nasbench_only108.tfrecord"
        path.write_bytes(b"".join(map(framed, contents)))
        return lambda: NasBench101File(path)

    assert "the parameters of cell" in read(official([json.dumps(record).encode() for record in sound]))
    for mutant in odd_values(sound):
        assert read(
            official(
                [
                    json.dumps(record).encode()
                    for record in (mutant if isinstance(mutant, list) and mutant else [mutant])
                ]
            )
        )
    rng = random.Random(0)
    for _ in range(60):
        altered = bytearray(message)
        altered[rng.randrange(len(altered))] = rng.randrange(256)
        record = [*sound[0][:4], base64.b64encode(altered).decode()]
        assert read(official([json.dumps(record).encode()]))


def framed(data: bytes) -> bytes:
    length = len(data).to_bytes(8, "little")
    return length + masked_crc(length).to_bytes(4, "little") + data + masked_crc(data).to_bytes(4, "little")
