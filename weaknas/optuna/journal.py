"""Optuna's journal file, for searches: with heartbeats, checksums, and a last line that may be torn."""

import json
import os
import time
from binascii import crc32
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import optuna
from optuna.exceptions import OptunaError
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.storages.journal import BaseJournalBackend, JournalFileSymlinkLock, JournalStorage
from optuna.trial import FrozenTrial, TrialState

from ..errors import WeaknasError, system_sentence
from ..files import check_writable

__all__ = ["Journal"]

_BEAT = "weaknas:heartbeat"
_BEGINS = b'{"op_code":'
_CHECKSUM = "checksum"


class Journal(JournalStorage, BaseHeartbeat):
    """Optuna's journal storage over a file, with the heartbeat that only its databases have.

    The time is that of each process's own clock, so clocks should agree within the grace period.

    Args:
        path: the file.
        heartbeat: seconds between two signs of life of an evaluation.
        grace: seconds without one after which it counts as dead.
        retry: what is done then.

    Raises:
        WeaknasError: the file is no journal, damaged, or cannot be written to.
    """

    def __init__(
        self,
        path: Path,
        heartbeat: int,
        grace: float,
        retry: Callable[[optuna.Study, FrozenTrial], None],
    ) -> None:
        self._path = path
        self._interval = heartbeat
        self._grace = grace
        self._retry = retry
        super().__init__(_Lines(path))

    def _sync_with_backend(self) -> None:
        try:
            super()._sync_with_backend()
        except (OptunaError, WeaknasError):
            raise
        except Exception as error:  # an operation that the ones before it do not allow
            raise _damaged(self._path, self._replay_result.log_number_read) from error

    def record_heartbeat(self, trial_id: int) -> None:
        """Write a sign of life; one that cannot be written is one that the others miss."""
        with suppress(WeaknasError):
            self.set_trial_system_attr(trial_id, _BEAT, time.time())

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        late = time.time() - self._grace
        running = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.RUNNING,))
        return [trial._trial_id for trial in running if trial.system_attrs.get(_BEAT, late) < late]

    def get_heartbeat_interval(self) -> int:
        """Return the seconds between two signs of life."""
        return self._interval

    def get_heartbeat_stale_trial_callback(self) -> Callable[[optuna.Study, FrozenTrial], None]:
        """Return what is done with a trial whose worker died."""
        return self._retry


class _Lines(BaseJournalBackend):
    """A journal's file: one operation a line, in Optuna's format, and locked as Optuna locks it.

    Optuna's own backend appends to whatever is there, so that one torn line, of a process that was killed or a disk
    that was full, makes the next one unreadable too, for good. Here a line that was not written to its end is cut off
    before the next one is written (what is cut is kept beside the file), and each line has a checksum, which Optuna
    ignores.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = JournalFileSymlinkLock(str(path))
        self._offsets = {0: 0}  # where the lines begin that follow so many others
        check_writable(path)
        if path.exists() and not path.is_file():
            raise WeaknasError(f"{path} is no file; name one.")
        with self._spoken(), path.open("ab+") as file:
            file.seek(0)
            first = file.read(len(_BEGINS))
        if not _BEGINS.startswith(first):
            raise _damaged(path, 1)

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the operations after so many; a last line without its end is still being written, or torn."""
        number, offset = log_number_from, self._offsets[log_number_from]
        with self._spoken(), self._path.open("rb") as file:
            file.seek(offset)
            whole = [line for line in file if line.endswith(b"\n")]
        for line in whole:
            number, offset = number + 1, offset + len(line)
            self._offsets[number] = offset
            yield self._operation(line, number)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write operations; a failure leaves those that were there."""
        left = memoryview("".join(map(_line, logs)).encode())
        with self._spoken(), self._locked(), self._path.open("r+b", buffering=0) as file:
            end = self._mended(file)
            try:
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except BaseException:
                file.truncate(end)
                raise

    def _mended(self, file: BinaryIO) -> int:
        """Cut off a last line that was not written to its end, and go there."""
        end = file.seek(0, os.SEEK_END)
        if end == 0 or (file.seek(end - 1), file.read(1))[1] == b"\n":
            return end
        file.seek(0)
        content = file.read()
        end = content.rfind(b"\n") + 1
        with self._path.with_name(f"{self._path.name}.torn").open("ab") as torn:
            torn.write(content[end:] + b"\n")
        file.truncate(end)
        return file.seek(end)

    def _operation(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            operation = json.loads(line)
            stated = operation.pop(_CHECKSUM, None)
            good = "op_code" in operation and stated in (None, _checksum(_text(operation)))
        except (ValueError, AttributeError, RecursionError):
            good = False
        if not good:
            raise _damaged(self._path, number)
        found: dict[str, Any] = operation
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._lock.acquire()
        try:
            yield
        finally:
            with suppress(RuntimeError):  # so slow a disk that another process has taken the lock from us
                self._lock.release()

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WeaknasError(
                f"the journal {self._path} cannot be used: {system_sentence(error)}; mend that and start again, "
                "nothing that was finished is lost."
            ) from error


def _text(operation: dict[str, Any]) -> str:
    return json.dumps(operation, separators=(",", ":"))


def _checksum(text: str) -> str:
    return f"{crc32(text.encode()):08x}"


def _line(operation: dict[str, Any]) -> str:
    text = _text(operation)
    return f'{text[:-1]},"{_CHECKSUM}":"{_checksum(text)}"}}\n'


def _damaged(path: Path, line: int) -> WeaknasError:
    return WeaknasError(
        f"{path} is no journal of Optuna, or it is damaged (line {line}); restore it, or name another file."
    )
