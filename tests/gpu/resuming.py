"""A run that is killed halfway and goes on, beside runs that were never stopped.

python tests/gpu/resuming.py SETTING    # the process that kills itself; `resume` starts it
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from setting import SMOKE, USEFUL, Setting

from weaknas.supernet import load
from weaknas.supernet.run import METRICS, WEIGHTS
from weaknas.supernet.training import train

MOST = 1e-3  # how far, relative to their size, weights may lie apart where runs that were not stopped agree
WIDER = 3.0  # how much farther than two of those, where these do not


def resume(setting: Setting) -> Iterator[dict[str, Any]]:
    """Train to the end twice, and once with a kill halfway; compare losses and weights."""
    folders = [setting.folder / name for name in ("first", "again", "killed")]
    for folder in folders[:2]:
        trained(setting, folder)
    yield {"what": "not stopped, twice", **apart(folders[0], folders[1])}
    given = {
        "device": str(setting.device),
        "smoke": setting.sizes is SMOKE,
        "images": str(setting.images_file.parent),
        "folder": str(folders[2]),
    }
    killed = subprocess.run([sys.executable, __file__, json.dumps(given)], capture_output=True, text=True)
    if killed.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the process was to kill itself and ended otherwise: {killed.stderr.strip()[-300:]}")
    trained(setting, folders[2])
    repeated, resumed = apart(folders[0], folders[1]), apart(folders[0], folders[2])
    most = max(MOST, WIDER * repeated["weights_apart"])
    yield {"what": "killed halfway", **resumed, "within_tolerance": resumed["weights_apart"] <= most}


def trained(setting: Setting, folder: Path, kill_at: int | None = None) -> None:
    """Train, or go on, with convolutions that add up in one order."""

    def on_step(progress: Any) -> None:
        if progress.done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    run = setting.run("bignas", {}, {}, batch=setting.sizes.resumed_batch, steps=setting.sizes.resumed)
    with torch.backends.cudnn.flags(enabled=True, deterministic=True):
        train(run, folder, data=setting.images, device=str(setting.device), on_step=on_step, save_seconds=0.0)


def apart(first: Path, second: Path) -> dict[str, float]:
    """Return how far two finished runs are apart: their last losses, and their weights relative to their size."""
    last = [pd.read_parquet(folder / METRICS).iloc[-1].drop("images_per_second") for folder in (first, second)]
    weights = [
        torch.cat([value.double().flatten() for value in load(folder / WEIGHTS).net.state_dict().values()])
        for folder in (first, second)
    ]
    return {
        "losses_apart": float((last[0] - last[1]).abs().max()),
        "weights_apart": float((weights[0] - weights[1]).norm() / weights[0].norm()),
    }


def main() -> None:
    given = json.loads(sys.argv[1])
    setting = Setting(torch.device(given["device"]), SMOKE if given["smoke"] else USEFUL, Path(given["images"]))
    trained(setting, Path(given["folder"]), kill_at=setting.sizes.resumed // 2)


if __name__ == "__main__":
    main()
