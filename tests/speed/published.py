"""Our strategies beside published results on NAS-Bench-101.

    python tests/speed/published.py optimum --seeds 20
    python tests/speed/published.py errors --seeds 200 --only random local-search
    python tests/speed/published.py tables --out docs/results/published.jsonl

`optimum` counts the queries until the best mean test accuracy of the table is met, searching on mean test accuracy as
LaNAS's released runs did. `errors` spends 150 queries, searching on the mean of three emulated validation runs among
raw encodings, and takes the mean test error of the architecture with the best validation accuracy; `errors-one-run`
searches on one run, among the rows of the table. Each run is one line of the file `--out`, written when it ends and
not run again. `tables` prints the tables from the file.
"""

import argparse
import functools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weaknas
from weaknas.files import write_atomically

CAP = 10_000
QUERIES = 150
RUNS = 3
ADJACENCY = {"encoding": "adjacency"}
OPTIMUM = {
    "lanas": ("lanas", {}),
    "lanas, wl": ("lanas", {"encoding": "wl"}),
    "lanas, adjacency": ("lanas", ADJACENCY),
}
ERRORS = {name: (name, {}) for name in ("random", "regularized-evolution", "dngo", "local-search", "bananas", "lanas")}
# Mean of 200 trials, from White et al. (AAAI 2021) as in Scientific Reports 2025, s41598-025-94187-8, table 1.
PUBLISHED = {"random": 6.341, "regularized-evolution": 6.109, "dngo": 6.085, "local-search": 5.932, "bananas": 5.923}


@functools.cache
def opened(**options: int | str) -> weaknas.Benchmark:
    """Open the benchmark once for all seeds."""
    return weaknas.benchmark("nasbench101", **options)


def queries_to_optimum(name: str, options: dict[str, Any], seed: int) -> int | None:
    """Return the query that meets the optimum; None if the cap comes first."""
    bench = opened(objective="test")
    best = bench.report(bench.space.sample(1, np.random.default_rng(0))).optimum.test
    strategy = weaknas.strategy(name, bench.space, seed=seed, **options)
    spent = 0
    while spent < CAP:
        batch = strategy.ask(min(strategy.wants, CAP - spent)).batch
        scores = bench.evaluate(batch).scores
        if (scores >= best).any():
            return spent + int(np.argmax(scores >= best)) + 1
        strategy.tell(batch, scores)
        spent += len(batch)
    return None


def error_of_mean(name: str, options: dict[str, Any], seed: int) -> float:
    return error(opened(run="mean", universe="raw"), name, options, seed)


def error_of_one_run(name: str, options: dict[str, Any], seed: int) -> float:
    return error(opened(run=seed % RUNS), name, options, seed)


def error(bench: weaknas.Benchmark, name: str, options: dict[str, Any], seed: int) -> float:
    """Return the mean test error, in percent, of the architecture with the best validation accuracy."""
    strategy = weaknas.strategy(name, bench.space, seed=seed, **options)
    return round(100 - weaknas.search(bench, strategy, QUERIES).best.test, 4)


KINDS = {
    "optimum": (queries_to_optimum, OPTIMUM),
    "errors": (error_of_mean, ERRORS),
    "errors-one-run": (error_of_one_run, ERRORS),
}


def read(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def measure(kind: str, labels: list[str], seeds: range, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = read(out)
    done = {(row["kind"], row["label"], row["seed"]) for row in rows}
    function, contestants = KINDS[kind]
    for seed in seeds:
        for label in labels or contestants:
            if (kind, label, seed) in done:
                continue
            start = time.process_time()
            value = function(*contestants[label], seed)
            row = {"kind": kind, "label": label, "seed": seed, "value": value}
            rows.append({**row, "seconds": round(time.process_time() - start, 1)})
            write_atomically(
                out, lambda part, rows=rows: part.write_text("".join(json.dumps(row) + "\n" for row in rows))
            )
            print(f"{kind}, {label}, seed {seed}: {value}", flush=True)


def optimum_table(runs: pd.DataFrame) -> str:
    """Success rate, expected running time (all queries of all runs a success) and median, with 95 % intervals."""
    lines = ["| | runs | success | ERT | median | seconds a run |", "|---|---|---|---|---|---|"]
    for label, rows in runs[runs.kind == "optimum"].groupby("label"):
        queries = rows.value.astype(float).fillna(np.inf).to_numpy()
        again = np.random.default_rng(0).integers(0, len(queries), (10_000, len(queries)))
        cells = [_interval(statistic, queries, queries[again]) for statistic in (_running_time, np.median)]
        success, seconds = np.isfinite(queries).mean(), rows.seconds.mean()
        lines.append(f"| {label} | {len(rows)} | {success:.0%} | {cells[0]} | {cells[1]} | {seconds:.0f} |")
    return "\n".join(lines)


def _running_time(queries: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the ERT; runs that did not find it are infinite, and have spent the cap."""
    with np.errstate(divide="ignore"):
        return np.minimum(queries, CAP).sum(axis) / np.isfinite(queries).sum(axis)


def _interval(statistic: Callable[..., np.ndarray], queries: np.ndarray, again: np.ndarray) -> str:
    low, high = np.quantile(statistic(again, axis=1), [0.025, 0.975], method="nearest")
    return f"{statistic(queries):,.0f} ({low:,.0f} to {high:,.0f})"


def error_table(runs: pd.DataFrame, kind: str) -> str:
    """Mean test error with its standard error, beside the published mean; seconds are of processor."""
    published = PUBLISHED if kind == "errors" else {}  # the other protocol is not theirs
    lines = ["| | runs | test error | published | seconds a run |", "|---|---|---|---|---|"]
    for label, rows in runs[runs.kind == kind].groupby("label"):
        spread = rows.value.std() / np.sqrt(len(rows))
        lines.append(
            f"| {label} | {len(rows)} | {rows.value.mean():.3f} ± {spread:.3f} | {published.get(label, '-')} "
            f"| {rows.seconds.mean():.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[*KINDS, "tables"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--only", nargs="*", default=[], help="some of the contestants")
    parser.add_argument("--out", type=Path, default=Path("out/published.jsonl"))
    args = parser.parse_args()
    if args.what == "tables":
        runs = pd.DataFrame(read(args.out))
        print(optimum_table(runs))
        for kind in ("errors", "errors-one-run"):
            print(f"\n{kind}\n", error_table(runs, kind), sep="\n")
    else:
        measure(args.what, args.only, range(args.first, args.first + args.seeds), args.out)


if __name__ == "__main__":
    main()
