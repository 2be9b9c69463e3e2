"""What was evaluated before, on disk: one small SQLite file, which any number of processes share."""

import math
import sqlite3
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_cache_path

__all__ = ["Score", "ScoreCache"]

_CREATE = (
    "CREATE TABLE IF NOT EXISTS scores (settings TEXT, arch TEXT, top1 REAL, top5 REAL, loss REAL, seconds REAL, "
    "seal TEXT, PRIMARY KEY (settings, arch))"
)
_ADD_SEAL = "ALTER TABLE scores ADD COLUMN seal TEXT"  # which files of older versions lack


class Score(NamedTuple):
    """How well a network does on a split.

    Attributes:
        top1: images whose class is the network's first guess, percent.
        top5: among its first five, percent.
        loss: mean cross-entropy.
        seconds: what it took to find out.
    """

    top1: float
    top5: float
    loss: float
    seconds: float


class ScoreCache:
    """Scores by settings (a digest of weights, images and recipe) and the text of an architecture.

    Each has a checksum beside it; one that was altered is not used. Without a place to write, or with a file that is
    damaged, they are kept for the process only. The file can be deleted at any time.

    Args:
        path: the file; `scores.sqlite` in the cache directory by default.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or user_cache_path("weaknas") / "scores.sqlite"
        self._known: dict[tuple[str, str], Score] = {}

    def get(self, settings: str, arch: str) -> Score | None:
        """Return a score, None where there is none yet."""
        if (settings, arch) not in self._known:
            query = "SELECT top1, top5, loss, seconds, seal FROM scores WHERE settings = ? AND arch = ?"
            try:
                with closing(self._connect()) as connection:
                    row = connection.execute(query, (settings, arch)).fetchone()
            except (sqlite3.Error, OSError):
                row = None
            if row is None:
                return None
            score = Score(*(math.nan if value is None else value for value in row[:4]))  # SQLite has no NaN
            if row[4] != _seal(settings, arch, score):
                return None
            self._known[settings, arch] = score
        return self._known[settings, arch]

    def put(self, settings: str, arch: str, score: Score) -> None:
        """Keep a score."""
        self._known[settings, arch] = score
        try:
            with closing(self._connect()) as connection, connection:
                row = (settings, arch, *score, _seal(settings, arch, score))
                connection.execute("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        except (sqlite3.Error, OSError):
            pass  # kept in memory

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=60)
        connection.execute(_CREATE)
        with suppress(sqlite3.OperationalError):
            connection.execute(_ADD_SEAL)
        return connection


def _seal(settings: str, arch: str, score: Score) -> str:
    return blake2b(repr((settings, arch, *score)).encode(), digest_size=8).hexdigest()
