"""Addresses of storages: secrets are never shown, and an SQLite path is taken to the letter."""

import re
import traceback

import hypothesis.strategies as st
import optuna
import pytest
from hypothesis import given

from weaknas.errors import InvalidOption, WeaknasError
from weaknas.optuna.storage.address import hidden, scrubbed, sqlite_of
from weaknas.optuna.storage.backend import close, storage_at

SECRET = "s3cret"
NOWHERE = "127.0.0.1:1"  # nobody listens there


def refused(address):
    """Return what a refusal says, and all that its traceback would say."""
    with pytest.raises(WeaknasError) as refusal:
        close(storage_at(address, 15))
    said = str(refusal.value)
    assert "\n" not in said
    assert said.endswith(".")
    shown, error = [said], refusal.value
    while error is not None:
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        shown.append("" if error is None else "".join(traceback.format_exception_only(error)))
    return said, "\n".join(shown)


@pytest.mark.parametrize(
    "address",
    [
        "postgres://me:{}@host/db",
        "sqlite:///postgres://me:{}@host/db",
        "postgresql://me:{}@127.0.0.1:99999999/db",
        "postgresql://me:{}@127.0.0.1:abc/db",
        f"postgresql://me:{{}}@{NOWHERE}/db",
        f"postgresql://me:a@{{}}@{NOWHERE}/db",
        f"postgresql://me:a%40{{}}@{NOWHERE}/db",
        f"postgresql://me:a?{{}}#/@{NOWHERE}/db",
        f"postgresql://me:{{{{}}}}{{}}@{NOWHERE}/db",
        "postgresql://me:{}",
        "postgresql:/me:{}@host/db",
        "postgresql//me:{}@host/db",
        "me:{}@host/db",
        "host=here password={} user=me",
        f"postgresql://{NOWHERE}/db?password={{}}",
        f"postgresql://{NOWHERE}/db?user=me&sslpassword={{}}&nonsense=1",
        "oracle://me:{}@host/db",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3D;PWD%3D{}",
        "redis://:{}@host:1",
        "journal:redis://:{}@host:1",
        "://me:{}@host",
    ],
)
def test_no_password_is_shown(address, monkeypatch):
    monkeypatch.setattr("weaknas.optuna.storage.backend._ATTEMPTS", 1)
    said, shown = refused(address.format(SECRET))
    assert SECRET not in shown
    assert "***" in said


def test_no_password_is_shown_on_the_command_line(cli):
    code, out, err = cli("search", "digits", "--storage", f"postgres://me:{SECRET}@host/db")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "'postgres://me:***@host/db' is no address" in err


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=4))
def test_whatever_a_password_holds_it_is_hidden(password):
    address = f"postgresql://me:{password}@host/db"
    assert hidden(address) == "postgresql://me:***@host/db"
    told = scrubbed(f"cannot log in with <{password}>, says the server", address)
    assert f"<{password}>" not in told


@pytest.mark.parametrize("port", ["99999999", "65536", "abc", "-1", "0"])
def test_a_port_that_is_none_is_named(port):
    said, _ = refused(f"postgresql://host:{port}/db")
    assert said.endswith("has another port than a number from 1 to 65535.")


@pytest.mark.parametrize("name", ["a?b.db", "a#b.db", "a%20b.db", "a b.db", "a{b}.db", "a@b:c.db", "é.db"])
def test_an_sqlite_path_is_taken_to_the_letter(tmp_path, name):
    storage = storage_at(f"sqlite:///{tmp_path / name}", 15)
    optuna.create_study(storage=storage, study_name="mine")
    close(storage)
    assert {path.name.removesuffix("-wal").removesuffix("-shm") for path in tmp_path.iterdir()} == {name}
    again = storage_at(f"sqlite:///{tmp_path / name}", 15)
    assert [study.study_name for study in again.get_all_studies()] == ["mine"]
    close(again)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlite://", "names no file; write sqlite:///runs.db, with three slashes"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://runs.db", "names no file"),
        ("sqlite:///runs.db?timeout=3", "has options, which an SQLite file cannot have"),
        ("sqlite:///file:runs.db?mode=ro&uri=true", "has options"),
    ],
)
def test_an_sqlite_address_that_names_no_file_is_refused(address, message):
    with pytest.raises(InvalidOption, match=re.escape(message)):
        sqlite_of(address)
