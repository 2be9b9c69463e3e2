"""The file that a stopped run goes on from."""

import io
import random

import pytest
import torch

from weaknas.errors import InvalidCheckpoint, WeaknasError
from weaknas.supernet.training.state import read_state, write_state

STATE = {"done": 3, "supernet": {"weight": torch.arange(6.0)}, "optimizer": {}, "average": None, "scheme": {}}


@pytest.fixture
def file(tmp_path):
    write_state(tmp_path / "state.pt", STATE)
    return tmp_path / "state.pt"


def test_a_state_comes_back(file):
    assert torch.equal(read_state(file)["supernet"]["weight"], STATE["supernet"]["weight"])
    assert torch.load(file, weights_only=True)["done"] == 3  # torch itself reads it, too


def test_a_changed_bit_is_noticed(file):
    rng, whole = random.Random(0), file.read_bytes()
    for number in range(400):
        content = bytearray(whole)
        content[number % len(content) if number < 100 else -rng.randrange(1, len(content))] ^= 1 << rng.randrange(8)
        file.write_bytes(content)
        with pytest.raises(InvalidCheckpoint, match="from which the run would go on, cannot be read"):
            read_state(file)


def test_a_state_of_an_older_version_has_no_seal(file):
    torch.save(STATE, file)
    assert read_state(file)["done"] == 3


class Evil:
    def __reduce__(self):
        return (print, ("ran",))


@pytest.mark.parametrize("content", [b"", b"PK", b"nothing", [1], Evil()])
def test_what_is_no_state_is_refused_and_runs_nothing(file, content, capsys):
    if not isinstance(content, bytes):
        kept = io.BytesIO()
        torch.save(content, kept)
        content = kept.getvalue()
    file.write_bytes(content)
    with pytest.raises(InvalidCheckpoint, match=r"cannot be read \(.*\); begin it anew\.$") as caught:
        read_state(file)
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_a_full_disk_leaves_the_last_state(file, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    before = file.read_bytes()
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(WeaknasError, match="No space left on device"):
        write_state(file, STATE | {"done": 4})
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["state.pt"]
