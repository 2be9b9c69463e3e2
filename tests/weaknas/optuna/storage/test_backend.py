"""Opening a storage: what cannot be used is refused in one sentence."""

import sqlite3

import pytest

from weaknas.errors import InvalidOption, NotFound, WeaknasError
from weaknas.optuna.storage.backend import close, storage_at


def test_a_database_that_is_locked_damaged_or_a_folder_is_refused_in_a_sentence(tmp_path, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr("sqlite3.connect", lambda *a, timeout=0, **options: connect(*a, timeout=0.05, **options))
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\x00" + bytes(500))
    holder = connect(tmp_path / "locked.db", isolation_level=None)
    holder.execute("CREATE TABLE anything(x)")
    holder.execute("BEGIN EXCLUSIVE")
    for name, reason in {"folder": "unable to open", "damaged": "not a database", "locked": "is locked"}.items():
        with pytest.raises(NotFound, match=f"the database sqlite:///.*{name}.db cannot be used: .*{reason}"):
            storage_at(f"sqlite:///{tmp_path}/{name}.db", 15)
    holder.close()


@pytest.mark.parametrize("address", [None, 5, object()])
def test_an_address_is_text(address):
    with pytest.raises(InvalidOption, match="is named by its address"):
        storage_at(address, 15)


@pytest.mark.parametrize(
    ("address", "kind", "message"),
    [
        ("runs.db", InvalidOption, "the storage 'runs.db' is no address; write sqlite:///runs.db"),
        ("nosql://x/y", InvalidOption, "the storage 'nosql://x/y' is no address"),
        ("sqlite:////missing/runs.db", NotFound, "cannot be used: unable to open database file"),
        (
            "postgresql://me:secret@127.0.0.1:9/x",
            NotFound,
            r"the database postgresql://me:\*\*\*@127.0.0.1:9/x cannot be",
        ),
        ("oracle://me:secret@127.0.0.1/x", NotFound, r"the driver of oracle://me:\*\*\*@127.0.0.1/x is not installed"),
        ("journal:/missing/runs.log", WeaknasError, "cannot write /missing/runs.log"),
        ("journal:{}/bad.log", WeaknasError, "bad.log is no journal of Optuna, or it is damaged"),
        ("sqlite:///{}/bad.log", NotFound, "cannot be used: file is not a database"),
    ],
)
def test_a_storage_that_cannot_be_used_is_refused_in_one_sentence(tmp_path, address, kind, message):
    (tmp_path / "bad.log").write_text("hello\n")
    with pytest.raises(kind, match=message) as refusal:
        close(storage_at(address.format(tmp_path), 15))
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert (tmp_path / "bad.log").read_text() == "hello\n"


@pytest.mark.parametrize("heartbeat", [0, 1.5, True])
def test_a_heartbeat_is_a_whole_number_of_seconds(tmp_path, heartbeat):
    with pytest.raises(InvalidOption, match="heartbeat is a whole number of seconds from 1"):
        storage_at(f"journal:{tmp_path}/runs.log", heartbeat)
