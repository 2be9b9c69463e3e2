"""What was found, trained alone: every way of searching one supernet, with the same budget of multiply-accumulates.

    python docs/figures/supernet_derived.py IMAGES --weights out/tiny [--runs FOLDER] [--seeds 3] [--steps 1125]

Takes what PARSEC, FP-NAS (14 samples) and DMaskingNAS found in the part `fixed` of supernet-searching.csv; searches
the same supernet (`--weights`) for a network of at most 800,000 multiply-accumulates by `weaknas`, by random search
and by size alone (the largest of many random ones); and trains all that was found alone, alike, from random weights
and the same seeds. Every network is a row of supernet-derived.csv, and is not trained again.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from supernet_evidence import TABLE, evaluator_of, run_of, train_one
from supernet_searching import CONSTRAINT, STEPS
from supernet_searching import RESULTS as SEARCHED

import weaknas
from weaknas.spaces import UserMobile
from weaknas.supernet.run import WEIGHTS
from weaknas.supernet.schemes import make_scheme

RESULTS = Path(__file__).with_name("supernet-derived.csv")
BUDGET = 60
WAYS = ("parsec 14", "fp-nas 14", "dmasking", "weaknas", "random", "largest")
DRAWN = 20_000


def by_search(strategy: str, seed: int, images: Path, weights: Path) -> dict[str, Any]:
    """Search the supernet as a benchmark, within the constraint."""
    bench = weaknas.benchmark(f"supernet:{weights}", data=images, test=False)
    space = bench.space.where(CONSTRAINT)
    began = time.process_time()
    result = weaknas.search(bench, weaknas.strategy(strategy, space, seed=seed), budget=BUDGET)
    return {"arch": result.best.arch, "seconds": time.process_time() - began, "evaluations": BUDGET}


def by_size(seed: int) -> dict[str, Any]:
    """Return the largest network within the constraint among many random ones."""
    space = UserMobile(TABLE)
    rows = space.where(CONSTRAINT).sample(DRAWN, np.random.default_rng(seed))
    return {"arch": space.to_str(rows[[int(space.cost(rows).macs.argmax())]])[0], "seconds": 0.0, "evaluations": 0}


def found(way: str, seed: int, images: Path, weights: Path) -> dict[str, Any]:
    """Return what a way found, and what it spent."""
    if way == "largest":
        return by_size(seed)
    if way in ("weaknas", "random"):
        return by_search(way, seed, images, weights)
    rows = pd.read_csv(SEARCHED)
    last = rows[(rows["part"] == "fixed") & (rows["way"] == way) & (rows["seed"] == seed)]
    row = last[last["step"] == STEPS["fixed"]].iloc[0]
    return {"arch": row["arch"], "seconds": row["seconds"], "evaluations": int(row["forwards"])}


def main() -> None:
    """Find, train alone, and print means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("out") / RESULTS.stem)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1125)
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    args = parser.parse_args()
    judge = evaluator_of(run_of(TABLE, make_scheme("spos", {}), 0.1, 0, 1, args.images), args.weights / WEIGHTS)
    space = UserMobile(TABLE)
    for seed in range(args.seeds):
        for way in args.ways:
            known = pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []
            if (way, seed) in {(row["way"], row["seed"]) for row in known}:
                continue
            row: dict[str, Any] = {"way": way, "seed": seed, **found(way, seed, args.images, args.weights)}
            scheme = make_scheme("single", {"arch": row["arch"]})
            run = run_of(TABLE, scheme, 0.1, seed, args.steps, args.images)
            alone = train_one(run, args.runs / f"{way.replace(' ', '-')}-{seed}")
            arch = space.from_str([row["arch"]])
            row |= {"macs": int(space.cost(arch).macs[0]), "supernet": judge.score(arch).top1}
            row["alone"] = alone.score(arch).top1
            row["test"] = alone.score(arch, "val").top1
            print(row, flush=True)
            pd.DataFrame([*known, row]).to_csv(RESULTS, index=False)
    results = pd.read_csv(RESULTS).drop(columns=["arch", "seed"])
    print(results.groupby("way", sort=False).agg(["mean", "sem"]).round(2).to_string())


if __name__ == "__main__":
    main()
