"""All that is to be measured on a GPU, in one go: a table on the terminal, and a JSON file.

    python tests/gpu/run.py                 # on a machine with a GPU; docs/results/gpu/<card>.json
    python tests/gpu/run.py --only resume   # one part of it
    python tests/gpu/run.py --smoke         # every part at a tiny size, on a CPU

It needs no network, and no images but those that it makes. Where there is no GPU it says so and is content.
"""

import argparse
import faulthandler
import gc
import json
import platform
import re
import shlex
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NEEDED = {  # modules, by the names that pip knows them by
    **{
        name: name
        for name in (
            *("filelock", "joblib", "kornia", "numpy", "pandas", "platformdirs", "pyarrow", "pydantic", "rich"),
            *("safetensors", "scipy", "threadpoolctl", "torch", "typer"),
        )
    },
    "PIL": "Pillow",
    "sklearn": "scikit-learn",
}
PARTS = {  # what is measured: a module and its function that yields figures, and its seconds at most
    "train": ("training:schemes", 170),
    "cells": ("training:cells", 90),
    "busy": ("training:busy", 45),
    "sandwich": ("training:sandwich", 60),
    "train-naive": ("training:naive", 60),
    "evaluate": ("evaluating:subnets", 90),
    "resume": ("resuming:resume", 90),
    "build": ("building:build_table", 60),
    "predict": ("building:predictors", 45),
}
SECONDS = 480.0
GRACE = 60.0  # beyond which a part that hangs is ended


def refusal() -> str | None:
    """Return what is missing here, in a sentence."""
    if absent := [package for module, package in NEEDED.items() if find_spec(module) is None]:
        return f"{' and '.join(absent)} missing; run: {sys.executable} -m pip install {' '.join(absent)}"
    try:
        version("weaknas")
    except PackageNotFoundError:
        return (
            f"weaknas is not installed; run: {sys.executable} -m pip install --no-deps --no-build-isolation -e {ROOT}"
        )
    return None


def measured(name: str, setting: Any, left: float) -> dict[str, Any]:
    """Return the figures of a part, and what kept it from giving all."""
    where, most = PARTS[name]
    seconds = min(most, left)
    found: dict[str, Any] = {"figures": []}
    started = time.perf_counter()
    try:
        module, function = where.split(":")
        for figure in getattr(import_module(module), function)(setting):
            found["figures"].append(figure)
            if time.perf_counter() - started > seconds:
                found["stopped"] = f"its {seconds:.0f} seconds were over"
                break
    except Exception as error:  # the other parts are measured all the same
        found["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
    gc.collect()
    return {"seconds": round(time.perf_counter() - started, 1), **found}


def about(setting: Any) -> dict[str, Any]:
    """Return where and with what it is measured."""
    import torch

    names = ("weaknas", "torch", "kornia", "numpy", "pyarrow", "scikit-learn")
    return {
        "card": setting.card,
        "memory_gib": setting.memory_gib,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", *sys.argv]),
        "python": platform.python_version(),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "versions": {name: version(name) for name in names},
        "sizes": setting.sizes.as_dict(),
    }


def show(console: Any, report: dict[str, Any]) -> None:
    """Print the table."""
    from rich.table import Table

    table = Table("part", "what", "found", title=report["card"])
    for name, part in report["parts"].items():
        for figure in part["figures"]:
            said = ", ".join(f"{key.replace('_', ' ')} {_short(figure[key])}" for key in figure if key != "what")
            table.add_row(name, figure["what"], said)
        if why := [f"{key}: {part[key]}" for key in ("skipped", "stopped", "error") if key in part]:
            table.add_row(name, "", why[0], style="red")
    console.print(table)


def _short(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="every part at a tiny size, on a CPU")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be given several times")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the JSON file")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all parts together (%(default).0f)")
    given = parser.parse_args()
    if (why := refusal()) is not None:
        print(why, file=sys.stderr)
        return 2
    import torch
    from rich.console import Console
    from setting import SMOKE, USEFUL, Setting

    if not given.smoke and not torch.cuda.is_available():
        print("there is no GPU that torch can use here, so nothing is measured; --smoke tries all parts on a CPU")
        return 0
    faulthandler.dump_traceback_later(given.seconds + GRACE, exit=True)
    ends = time.perf_counter() + given.seconds
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(
            torch.device("cpu" if given.smoke else "cuda"), SMOKE if given.smoke else USEFUL, Path(folder)
        )
        report = {**about(setting), "parts": {}}
        out = given.out
        if out is None and not given.smoke:
            out = ROOT / "docs" / "results" / "gpu" / (re.sub(r"\W+", "-", setting.card.lower()) + ".json")
        for name in given.only or PARTS:
            if (left := ends - time.perf_counter()) > 0:
                with console.status(f"{name}, {left:.0f} seconds left"):
                    found = measured(name, setting, left)
                console.print(f"{name}: {found['seconds']} s{', ' + found['error'] if 'error' in found else ''}")
            else:
                found = {"figures": [], "skipped": f"the {given.seconds:.0f} seconds were over"}
            report["parts"][name] = found
            if out is not None:  # after every part, so that a machine that is taken away leaves what was found
                out.parent.mkdir(parents=True, exist_ok=True)
                out.write_text(json.dumps(report, indent=1) + "\n")
    faulthandler.cancel_dump_traceback_later()
    show(Console(), report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
