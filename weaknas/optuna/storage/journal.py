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
from optuna.exceptions import OptunaError, UpdateFinishedTrialError
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.storages.journal import BaseJournalBackend, JournalFileSymlinkLock, JournalStorage
from optuna.trial import FrozenTrial, TrialState

from ...errors import WeaknasError, system_sentence
from ...files import check_writable

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
        """Write a sign of life; one that cannot be written is one that the others miss, and what ended needs none."""
        with suppress(WeaknasError, UpdateFinishedTrialError):
            self.set_trial_system_attr(trial_id, _BEAT, time.time())

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        late = time.time() - self._grace
        running = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.RUNNING,))
        return [trial._trial_id for trial in running if trial.system_attrs.get(_BEAT, 0.0) < late]

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
    before the next one is written (what is cut is kept beside the file), and each line has a checksum of all up to it,
    which Optuna ignores.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = JournalFileSymlinkLock(str(path))
        self._marks = {0: (0, 0)}  # by number of lines: where the next one begins, and their checksum
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
        with self._spoken(), self._path.open("rb") as file:
            file.seek(self._marks[log_number_from][0])
            complete = [line for line in file if line.endswith(b"\n")]
        for number, line in enumerate(complete, log_number_from):
            yield self._operation(line, number)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write operations; a failure leaves those that were there."""
        with self._spoken(), self._locked(), self._path.open("r+b", buffering=0) as file:
            left = memoryview(self._lines(logs))
            end = self._mended(file)
            try:
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except BaseException:
                file.truncate(end)
                raise

    def _lines(self, logs: list[dict[str, Any]]) -> bytes:
        """Return operations as the lines that follow those in the file."""
        last = max(self._marks)
        last += sum(1 for _ in self.read_logs(last))
        _, checksum = self._marks[last]
        lines = []
        for log in logs:
            text = json.dumps(log, separators=(",", ":")).encode()
            checksum = crc32(text, checksum)
            lines.append(text[:-1] + _end(checksum))
        return b"".join(lines)

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
            offset, before = self._marks[number]
            # the bytes as they are: 0.30000000000000005 would be read, and written again, as 0.30000000000000004
            text = line.removesuffix(b"\n") if stated is None else line[: -len(_end(0))] + b"}"
            checksum = crc32(text, before)
            good = "op_code" in operation and (stated is None or line.endswith(_end(checksum)))
        except (ValueError, AttributeError, RecursionError):
            good = False
        if not good:
            raise _damaged(self._path, number + 1)
        self._marks[number + 1] = offset + len(line), checksum
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


def _end(checksum: int) -> bytes:
    return f',"{_CHECKSUM}":"{checksum:08x}"}}\n'.encode()


def _damaged(path: Path, line: int) -> WeaknasError:
    return WeaknasError(
        f"{path} is no journal of Optuna, or it is damaged (line {line}); restore it, or name another file."
    )
