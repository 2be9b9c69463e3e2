"""Install the lowest versions that pyproject.toml allows in a fresh environment, and run a part of the tests there.

python tests/dist/lowest.py

Without torch, whose old versions come with gigabytes of CUDA.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TOOLS = ("hypothesis", "pytest", "pytest-benchmark")
SMOKE = (
    *("weaknas/cli/test_searching.py", "weaknas/test_loop.py", "weaknas/test_result.py", "weaknas/test_figures.py"),
    *("weaknas/spaces/test_base.py", "weaknas/strategies/test_weak.py", "weaknas/optuna/sampler/test_weaknas_sampler.py"),
    *("benchmarks/test_store.py", "benchmarks/test_table.py", "benchmarks/test_commands.py"),
    *("experiments/study/test_runner.py", "experiments/report/test_writer.py", "experiments/leaderboard/test_board.py"),
    *("experiments/statistics", "predictors/test_random_forest.py", "predictors/test_gp.py", "predictors/test_xgboost.py"),
)


def lowest() -> list[str]:
    """Return every dependency at the lowest version allowed."""
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["xgboost"]]
    return [re.sub(">=", "==", requirement) for requirement in wanted]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *lowest(), *TOOLS, "setuptools>=77"], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT], check=True)
        tests = [str(ROOT / "tests" / path) for path in SMOKE]
        options = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not browser", "-W", "default"]
        sys.exit(subprocess.run([python, "-m", "pytest", *options, *tests], cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
