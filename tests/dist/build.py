"""Build the wheel from the sdist, compare it with the sources, and try it in a fresh environment.

python tests/dist/build.py
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAPPING = PROJECT["tool"]["setuptools"]["package-dir"]
EXTRAS = ("torch", "filelock", "safetensors")
TRIAL = """
import pkgutil, importlib
for name in {packages!r}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if error.name not in {extras!r}:
                raise
            print(module.name, "needs the extra with", error.name)
import pandas as pd, weaknas
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table
space = NasBench201()
rows = space.enumerate()
frame = pd.DataFrame({{"arch": space.to_str(rows), "valid_acc": 50 + (rows == 3).sum(1)}})
bench = Table.from_frame(frame, space, name="trial")
result = weaknas.search(bench, weaknas.strategy("weaknas", bench.space, seed=0), 40)
assert result.best.queries == 40
print(result.best)
"""


def run(*command: object, **options: object) -> None:
    print("$", *command, flush=True)
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]


def main() -> None:
    for old in ("build", "dist"):
        shutil.rmtree(ROOT / old, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", ROOT / "dist", ROOT)
    (wheel,) = (ROOT / "dist").glob("*.whl")
    compare(wheel)
    with tempfile.TemporaryDirectory() as folder:
        try_out(wheel, Path(folder))
    print(f"{wheel.name} is sound.")


def compare(wheel: Path) -> None:
    """Every tracked file of the four packages is in the wheel, and nothing else is."""
    folders = {MAPPING.get(name, name): name for name in packages()}
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    expected = {folders[Path(file).parts[0]] + file.removeprefix(Path(file).parts[0]) for file in tracked}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    if found != expected:
        sys.exit(f"the wheel lacks {sorted(expected - found)} and has {sorted(found - expected)} too much.")
    print(f"the wheel holds the {len(found)} files of {', '.join(sorted(folders.values()))} and nothing else.")


def packages() -> list[str]:
    return [name for name in PROJECT["tool"]["setuptools"]["packages"] if "." not in name]


def try_out(wheel: Path, folder: Path) -> None:
    """Install in a fresh environment; run from a foreign folder that has a `benchmarks` package of its own."""
    foreign = folder / "foreign"
    (foreign / "benchmarks").mkdir(parents=True)
    (foreign / "benchmarks" / "__init__.py").write_text("raise ImportError('the wrong benchmarks package')\n")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel)
    (foreign / "trial.py").write_text(TRIAL.format(packages=packages(), extras=EXTRAS))
    run(python, "trial.py", cwd=foreign)
    run(python.with_name("weaknas"), "list", "strategies", cwd=foreign)


if __name__ == "__main__":
    main()
