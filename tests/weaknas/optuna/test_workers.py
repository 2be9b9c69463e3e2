"""Four processes train real networks for one search, and one of them is killed in the middle of it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import optuna
import pytest

import weaknas
from weaknas.optuna.storage.backend import close, storage_at

pytestmark = pytest.mark.slow  # CI runs them all the same

BUDGET = 12
WORKER = """
import os, sys
import weaknas
from weaknas.optuna import search
from weaknas_benchmarks.building.trainer import DigitsTrain

folder, storage = sys.argv[1:]

class Logged(DigitsTrain):
    def evaluate(self, batch, fidelity=None):
        self.write("begins", batch)
        measured = super().evaluate(batch, fidelity)
        self.write("ends", batch)
        return measured

    def write(self, what, batch):
        with open(f"{folder}/log", "a") as file:
            file.write(f"{os.getpid()} {what} {self.space.to_str(batch)[0]}\\n")

bench = Logged(fidelity=2)
strategy = weaknas.strategy("weaknas", bench.space, predictor="ridge", initial=8, explore=0.2)
result = search(bench, strategy, BUDGET, storage=storage, study="digits", heartbeat=1)
result.save(f"{folder}/{os.getpid()}.parquet")
""".replace("BUDGET", str(BUDGET))


def start(folder: Path, storage: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), storage], env=os.environ | {"OMP_NUM_THREADS": "1"}
    )


def log(folder: Path) -> list[list[str]]:
    path = folder / "log"
    return [line.split(maxsplit=2) for line in path.read_text().splitlines()] if path.exists() else []


def kill_one_at_work(workers: list[subprocess.Popen], folder: Path) -> tuple[int, str]:
    """Kill the first worker that is in an evaluation once a few are done; return its number and what it was at."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        lines = log(folder)
        if sum(what == "ends" for _, what, _ in lines) >= 4:
            pid, what, arch = lines[-1]
            if what == "begins":
                os.kill(int(pid), signal.SIGKILL)
                if log(folder)[-1] == [pid, what, arch] or [pid, "ends", arch] not in log(folder):
                    return int(pid), arch
                pytest.fail("the evaluation was over before its worker was killed; it takes too little time here")
        time.sleep(0.002)
    pytest.fail("the workers did not begin within two minutes")


def check_four_workers(folder: Path, storage: str) -> weaknas.Result:
    """Run the search in four workers of which one is killed, and return what they found."""
    workers = [start(folder, storage) for _ in range(4)]
    try:
        killed, arch = kill_one_at_work(workers, folder)
        codes = {worker.pid: worker.wait(timeout=240) for worker in workers}
    finally:
        for worker in workers:
            worker.kill()
    assert codes.pop(killed) == -signal.SIGKILL
    assert set(codes.values()) == {0}
    # Nothing is lost: every survivor has the whole search, and the same one.
    results = [weaknas.Result.load(folder / f"{pid}.parquet") for pid in codes]
    history = results[0].history
    assert len(history) == history["arch"].nunique() == BUDGET
    assert history["valid_acc"].notna().all()
    assert arch in history["arch"].tolist()
    assert all(result.history.equals(history) for result in results)
    # Nothing is evaluated twice, but for what the killed one was at.
    begun = Counter(text for _, what, text in log(folder) if what == "begins")
    assert begun == Counter([*history["arch"].tolist(), arch])
    assert len({pid for pid, _, _ in log(folder)}) == 4
    opened = storage_at(storage, 1)
    states = Counter(trial.state.name for trial in optuna.load_study(study_name="digits", storage=opened).trials)
    close(opened)
    assert states["COMPLETE"] == BUDGET
    assert set(states) == {"COMPLETE", "FAIL"}
    return results[0]


def test_four_workers_share_an_sqlite_file(tmp_path):
    check_four_workers(tmp_path, f"sqlite:///{tmp_path / 'runs.db'}")


@pytest.fixture
def postgresql(tmp_path_factory):
    """Start Debian's PostgreSQL on the loopback as an ordinary user, and stop it afterwards."""
    pytest.importorskip("psycopg", reason="needs PostgreSQL's driver: pip install 'weaknas[postgresql]'")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        pytest.skip("needs PostgreSQL's server: apt-get install postgresql")
    folder = tmp_path_factory.mktemp("postgresql")
    ordinary = []
    if os.geteuid() == 0:  # the server refuses root
        ordinary = ["runuser", "-u", "postgres", "--"]
        folder = Path(f"/tmp/weaknas-postgresql-{os.getpid()}")  # pytest's own folder is closed to others
        folder.mkdir(mode=0o700)
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(tool, *arguments):
        subprocess.run([*ordinary, found[-1] / tool, *arguments], cwd="/", check=True, stdout=subprocess.DEVNULL)

    server = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        run("initdb", "-D", folder / "data", "-U", "weaknas", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-D", folder / "data", "-l", folder / "log", "-o", server, "-w", "start")
        try:
            yield f"postgresql://weaknas@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgresql
def test_four_workers_share_a_postgresql_database(postgresql, tmp_path):
    together = check_four_workers(tmp_path, postgresql)
    (alone := tmp_path / "alone").mkdir()
    assert start(alone, f"journal:{alone / 'runs.log'}").wait(timeout=240) == 0
    (saved,) = alone.glob("*.parquet")
    assert together.best.valid > weaknas.Result.load(saved).best.valid - 10
