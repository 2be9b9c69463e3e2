"""Search curves of the default predictor beside those of the released WeakNAS network, on NAS-Bench-201.

    python tests/speed/search_curves.py --seeds 20 --budget 100 --out out/search-curves

Each run is saved when it ends and not run again. Prints the mean regret of the best validation accuracy (best in
the table minus best found, in points) at several numbers of queries, with its standard error over the seeds.
"""

import argparse
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

import weaknas

DATASETS = ("cifar10", "cifar100", "imagenet16-120")
RELEASED = {"pool": 100, "explore": 0.0}
PREDICTORS = {
    "released 4x1000": ("mlp", {"hidden": (1000,) * 4, "epochs": 100, "learning_rate": 1e-3}, RELEASED),
    "default mlp, released rule": ("mlp", {}, RELEASED),
    "default mlp": ("mlp", {}, {}),
    "xgboost, released rule": ("xgboost", {}, RELEASED),
    "xgboost": ("xgboost", {}, {}),
    "random-forest": ("random-forest", {}, {}),
}


def run(name: str, dataset: str, seed: int, budget: int, out: Path) -> Path:
    path = out / f"{name.replace(' ', '-')}-{dataset}-{budget}-{seed}.parquet"
    if not path.exists():
        predictor, options, rule = PREDICTORS[name]
        bench = weaknas.benchmark(f"nasbench201/{dataset}")
        made = weaknas.predictor(predictor, **options)
        strategy = weaknas.strategy("weaknas", bench.space, predictor=made, seed=seed, **rule)
        weaknas.search(bench, strategy, budget).save(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=list(PREDICTORS), choices=list(PREDICTORS))
    parser.add_argument("--out", type=Path, default=Path("out/search-curves"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    runs = [
        (name, dataset, seed)
        for name in args.only
        for dataset in DATASETS
        for seed in range(args.first, args.first + args.seeds)
    ]
    paths = Parallel(n_jobs=args.jobs, verbose=5)(
        delayed(run)(name, dataset, seed, args.budget, args.out) for name, dataset, seed in runs
    )
    regrets: dict[tuple[str, str], list[np.ndarray]] = {}
    for (name, dataset, _), path in zip(runs, paths, strict=True):
        result = weaknas.Result.load(path)
        best = np.maximum.accumulate(result.history["valid_acc"].to_numpy())
        regrets.setdefault((dataset, name), []).append(result.optimum.valid - best)
    points = [q for q in (20, 50, 100, 150, 200) if q <= args.budget]
    print("| dataset | predictor | " + " | ".join(f"regret at {q}" for q in points) + " | hit |")
    print("|---" * (len(points) + 3) + "|")
    for (dataset, name), curves in sorted(regrets.items()):
        cells = []
        for q in points:
            at = np.array([curve[q - 1] for curve in curves])
            cells.append(f"{at.mean():.3f} ± {at.std(ddof=1) / np.sqrt(len(at)):.3f}")
        hits = np.mean([curve[-1] <= 1e-9 for curve in curves])
        print(f"| {dataset} | {name} | {' | '.join(cells)} | {hits:.0%} |")


if __name__ == "__main__":
    main()
