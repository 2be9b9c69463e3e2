import os
import signal
import subprocess
import sys
import time

CODE = """
import os, time
from joblib import Parallel, delayed
from weaknas.parallel import workers

def work(_):
    print(os.getpid(), flush=True)
    time.sleep(600)

with workers(2):
    Parallel()(delayed(work)(i) for i in range(2))
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_workers_end_when_what_started_them_is_killed():
    started = subprocess.Popen([sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    pids = [int(started.stdout.readline()) for _ in range(2)]
    assert all(map(alive, pids))
    started.send_signal(signal.SIGKILL)
    started.wait()
    started.stdout.close()
    end = time.monotonic() + 60
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(alive, pids))
