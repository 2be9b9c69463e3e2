"""How the defaults of `parsec` and `fp-nas` were found: 30 trials of Optuna's TPE each, on seeds of their own.

    python docs/figures/sampling_tuning.py            # goes on where it was stopped

A trial learns `digits` and a made-up chain of rewards, five seeds each, with 14 samples to begin with, and is worth
the mean quality of the mode after 200, 400, 800 and 1,600 samples. Trials are rows of sampling-tuning.csv.
"""

from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from sampling_rewards import TUNING, Way, at, chain, learn, table

RESULTS = Path(__file__).with_name("sampling-tuning.csv")
DRAWN = [200, 400, 800, 1600]
TRIALS, SEEDS = 30, 5
KINDS = {"parsec": False, "fp-nas": True}


def worth(way: Way) -> float:
    """Return the mean quality over rewards, seeds and numbers of samples."""
    runs = [(reward, TUNING + s) for s in range(SEEDS) for reward in (table("digits"), chain(TUNING + s))]
    found = [at(learn(reward, way, seed, DRAWN[-1]), DRAWN)["quality"] for reward, seed in runs]
    return float(np.mean(found))


def best(kind: str) -> dict[str, Any]:
    """Return the options of the best trial."""
    trials = pd.read_csv(RESULTS).query("kind == @kind")
    return trials.loc[trials["quality"].idxmax(), ["rate", "sharpness", "ess", "centred"]].to_dict()


def main() -> None:
    known = pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []
    for kind, adaptive in KINDS.items():
        if sum(row["kind"] == kind for row in known) >= TRIALS:
            continue
        known = [row for row in known if row["kind"] != kind]
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
        for number in range(TRIALS):
            trial = study.ask()
            options = {
                "rate": trial.suggest_float("rate", 0.01, 1.0, log=True),
                "sharpness": trial.suggest_float("sharpness", 0.01, 10.0, log=True),
                "ess": trial.suggest_float("ess", 1.0, 6.0),
                "centred": trial.suggest_categorical("centred", [False, True]),
            }
            quality = worth(Way(14, adaptive, **options))
            study.tell(trial, quality)
            known.append({"kind": kind, "trial": number, **options, "quality": quality})
            print(kind, number, {k: round(float(v), 3) for k, v in options.items()}, round(quality, 4), flush=True)
        pd.DataFrame(known).to_csv(RESULTS, index=False)
    for kind in KINDS:
        print(kind, best(kind))


if __name__ == "__main__":
    main()
