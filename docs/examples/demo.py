"""WeakNAS against random search and regularized evolution: a summary and a figure of the search curves.

python docs/examples/demo.py [BENCHMARK] [--seeds N] [--budget N] [--out FILE.png]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from rich.progress import track

import weaknas
from weaknas.figures import save, search_curves

STRATEGIES = ("random", "regularized-evolution", "weaknas")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", nargs="?", default="digits")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("out/demo.png"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)

    bench = weaknas.benchmark(args.benchmark)
    runs = [(name, seed) for name in STRATEGIES for seed in range(args.seeds)]
    results = []
    for name, seed in track(runs, f"{len(runs)} searches of {args.budget} queries on {bench.name}"):
        strategy = weaknas.strategy(name, bench.space, seed=seed)
        results.append(weaknas.search(bench, strategy, budget=args.budget))

    print(f"\n{bench.name}: best of {args.budget} queries, mean ± standard error over {args.seeds} seeds")
    print("(test accuracy of the architecture with the best validation accuracy)\n")
    print(f"{'strategy':24}{'validation %':>18}{'test %':>18}{'found the best':>16}")
    for name in STRATEGIES:
        best = [result.best for result in results if result.strategy == name]
        optimum = results[0].optimum.valid
        hits = sum(b.valid >= optimum for b in best)
        cells = [mean_and_error([b.valid for b in best]), mean_and_error([b.test for b in best])]
        print(f"{name:24}{cells[0]:>18}{cells[1]:>18}{f'{hits} of {len(best)}':>16}")
    print(f"\nbest in the benchmark: validation {optimum:.2f} %, test {results[0].optimum.test:.2f} %")
    print(f"figure: {save(search_curves(results), args.out)}")


def mean_and_error(values: list[float]) -> str:
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{np.mean(values):.2f} ± {error:.2f}"


if __name__ == "__main__":
    try:
        main()
    except weaknas.WeaknasError as error:
        sys.exit(f"demo: {error}")
