"""Where the trials of an expensive search are kept: a database or a journal file."""

import copy
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from ...errors import InvalidOption, NotFound, WeaknasError, system_sentence
from .address import hidden, journal_of, scrubbed, server_of, sqlite_of
from .journal import Journal

__all__ = ["GRACE", "RETRIES", "close", "reading", "retry", "storage_at", "unreachable"]

RETRIES = 3
"""How often an evaluation whose worker died is tried again."""

GRACE = 4
"""An evaluation is given up after so many heartbeats were missed."""

_ANY_FILE = "sqlite:///file"  # opened by us, whatever its name
_ATTEMPTS = 10  # to open a database that another process is just making


def retry(study: optuna.Study, trial: FrozenTrial) -> None:
    """Queue up a trial whose worker died, unless that has happened too often."""
    trial = copy.deepcopy(trial)  # the callback writes into it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        RetryHeartbeatStaleTrialCallback(max_retry=RETRIES)(study, trial)


def storage_at(address: str, heartbeat: int) -> BaseStorage:
    """Open a storage: `sqlite:///runs.db`, `postgresql://user@host/database`, `journal:runs.log`.

    Args:
        address: an SQLite file, a database that SQLAlchemy knows, or a journal file.
        heartbeat: seconds between two signs of life of an evaluation.

    Raises:
        InvalidOption: the address is none, or the heartbeat is no whole number from 1.
        NotFound: the database cannot be reached, or its driver is not installed.
        WeaknasError: it was written by another version of Optuna, or cannot be written to.
    """
    if isinstance(heartbeat, bool) or not isinstance(heartbeat, int) or heartbeat < 1:
        raise InvalidOption(f"heartbeat is a whole number of seconds from 1, not {heartbeat!r}.")
    if not isinstance(address, str):
        raise InvalidOption(
            f"a storage is named by its address, such as sqlite:///runs.db, not {type(address).__name__}."
        )
    if (journal := journal_of(address)) is not None:
        return Journal(Path(journal), heartbeat, GRACE * heartbeat, retry)
    return _database(address, heartbeat)


def close(storage: BaseStorage) -> None:
    """Close a database's connections."""
    if isinstance(storage, RDBStorage):
        storage.remove_session()
        storage.engine.dispose()


def unreachable(address: str, error: BaseException) -> NotFound:
    """Return the error for a database that does not answer.

    It is to be raised from nothing: what others say of an address may show its password.
    """
    while error.__cause__ is not None:  # Optuna's words, then SQLAlchemy's, then those of the driver
        error = error.__cause__
    reason = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".?")
    return NotFound(f"the database {hidden(address)} cannot be used: {scrubbed(reason, address)}.")


@contextmanager
def reading(study: str) -> Iterator[None]:
    """Read a study: what makes no sense there is the storage's fault.

    Raises:
        WeaknasError: a part of it cannot be read.
    """
    try:
        yield
    except WeaknasError:
        raise
    except (ValueError, LookupError) as error:
        raise WeaknasError(
            f"the study {study!r} holds what cannot be read ({system_sentence(error)}); restore its storage, or name "
            "another study."
        ) from error


def _database(address: str, heartbeat: int) -> RDBStorage:
    path = sqlite_of(address)
    if path is None:
        server_of(address)
    try:
        if path is None:
            return _connected(address, heartbeat, {"pool_pre_ping": True})
        storage = _connected(_ANY_FILE, heartbeat, {"creator": lambda: _sqlite(path)})
        event.listen(storage.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return storage
    except ImportError:
        extra = " (for PostgreSQL: pip install 'weaknas[postgresql]')" if "postgres" in address else ""
        raise NotFound(f"the driver of {hidden(address)} is not installed{extra}.") from None
    except RuntimeError as error:  # Optuna's check of the tables
        raise WeaknasError(
            f"the database {hidden(address)} was written by another version of Optuna than {optuna.__version__}; "
            "install that one, or run: optuna storage upgrade."
        ) from error
    except Exception as error:  # of SQLAlchemy, the driver, or what Optuna finds
        raise unreachable(address, error) from None


class _Database(RDBStorage):
    """Optuna's database storage; a sign of life that cannot be written is one that the others miss."""

    def record_heartbeat(self, trial_id: int) -> None:
        """Write a sign of life."""
        with suppress(SQLAlchemyError, StorageInternalError):
            super().record_heartbeat(trial_id)


def _connected(address: str, heartbeat: int, options: dict[str, Any]) -> RDBStorage:
    """Open a database, again where another process is just making its tables."""
    for attempt in range(_ATTEMPTS):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                return _Database(
                    address.replace("{", "{{").replace("}", "}}"),  # which Optuna formats
                    options,
                    heartbeat_interval=heartbeat,
                    grace_period=GRACE * heartbeat,
                    heartbeat_stale_trial_callback=retry,
                )
        except (SQLAlchemyError, StorageInternalError) as error:
            made = isinstance(error, IntegrityError | ProgrammingError) or "already exists" in str(error)
            if not made or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.2)
    raise AssertionError("not reached")


def _sqlite(path: str) -> sqlite3.Connection:
    """Open an SQLite file for several processes.

    Transactions are begun by us, with a lock: else two processes could both read that a trial waits and both take it.
    (SQLAlchemy's own recipe, "Serializable isolation / Savepoints / Transactional DDL" of its SQLite dialect.) The
    write-ahead log lets others read meanwhile, and needs no flush of the disk for each transaction.
    """
    connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection
