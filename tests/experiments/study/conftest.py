"""Strategies that are slow, are killed or break."""

from pathlib import Path

import pytest

SLOW = """
import os
import signal
import time
from weaknas.strategies.random import RandomSearch
class Slow(RandomSearch):
    name = "slow"
    def __init__(self, space, *, wait=0.0, seed=0):
        super().__init__(space, seed=seed)
        self.wait = wait
    @property
    def wants(self):
        return 10
    def ask(self, n=None):
        time.sleep(self.wait)
        return super().ask(n)
class Killed(Slow):
    name = "killed"
    def ask(self, n=None):
        if self.seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().ask(n)
class Broken(Slow):
    name = "broken"
    def ask(self, n=None):
        raise RuntimeError("out of order")
"""


@pytest.fixture
def slow_file(tmp_path: Path) -> Path:
    """A file of plug-ins: `Slow`, `Killed` (with seed 1) and `Broken`."""
    path = tmp_path / "slow.py"
    path.write_text(SLOW)
    return path
