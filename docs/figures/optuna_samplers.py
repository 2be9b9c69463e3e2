"""WeakNASSampler beside two samplers of Optuna's: the runs, the table and the figure of docs/optuna.md.

    python docs/figures/optuna_samplers.py --run --jobs 2     # about an hour of one core; goes on where it was stopped
    python docs/figures/optuna_samplers.py --out docs/figures  # the table, and the figure, from the saved curves

Problems: two datasets of NAS-Bench-201, 200 trials, validation accuracy of a cell (mean of its runs); and
support vector regression of scikit-learn's diabetes data, 100 trials, R2 in five-fold cross-validation, with
floats, an integer, categories and conditions. 50 seeds each; each run is saved when it ends and not run again.
"""

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from joblib import Parallel, delayed
from matplotlib.figure import Figure
from scipy.stats import bootstrap, wilcoxon
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler
from sklearn.svm import SVR

import weaknas
from weaknas.figures import save
from weaknas.optuna import WeakNASSampler

CURVES = Path(__file__).with_name("optuna-samplers.parquet")
SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "weaknas": lambda seed: WeakNASSampler(seed=seed),
}
PROBLEMS = {"nasbench201/cifar100": 200, "nasbench201/imagenet16-120": 200, "svr": 100}
COLOURS = {"random": "#7f7f7f", "tpe": "#d55e00", "weaknas": "#0072b2"}
DATA = load_diabetes(return_X_y=True)
FOLDS = list(KFold(5, shuffle=True, random_state=0).split(DATA[0]))
SCALERS = {
    "standard": StandardScaler,
    "minmax": MinMaxScaler,
    "quantile": lambda: QuantileTransformer(n_quantiles=100),
}


def svr(trial: optuna.Trial) -> float:
    """Return R2 of a support vector regression in cross-validation, at least -1."""
    scaler = SCALERS[trial.suggest_categorical("scaler", list(SCALERS))]()
    options = {
        "kernel": trial.suggest_categorical("kernel", ["rbf", "poly", "sigmoid"]),
        "C": trial.suggest_float("C", 1e-2, 1e4, log=True),
        "epsilon": trial.suggest_float("epsilon", 1e-2, 1e2, log=True),
        "gamma": trial.suggest_float("gamma", 1e-4, 10, log=True),
        "max_iter": 20_000,
    }
    if options["kernel"] == "poly":
        options["degree"] = trial.suggest_int("degree", 1, 4)
    if options["kernel"] != "rbf":
        options["coef0"] = trial.suggest_float("coef0", 0, 2)
    X, y = DATA
    model, squares, total = make_pipeline(scaler, SVR(**options)), 0.0, 0.0
    for train, test in FOLDS:
        squares += float(((model.fit(X[train], y[train]).predict(X[test]) - y[test]) ** 2).sum())
        total += float(((y[test] - y[train].mean()) ** 2).sum())
    return max(1 - squares / total, -1.0)


def cell(bench: weaknas.Benchmark) -> Callable[[optuna.Trial], float]:
    """Return an objective: the validation accuracy of a cell of NAS-Bench-201."""

    def objective(trial: optuna.Trial) -> float:
        row = [trial.suggest_categorical(f"edge {i}", [0, 1, 2, 3, 4]) for i in range(6)]
        return float(bench.evaluate(np.array([row])).scores[0])

    return objective


def run(problem: str, sampler: str, seed: int, folder: Path) -> Path:
    """Run a study, unless it was run before, and save its curve."""
    path = folder / f"{problem.replace('/', '-')}-{sampler}-{seed}.parquet"
    if path.exists():
        return path
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", ConvergenceWarning)  # the cap on iterations is part of the problem
    bench = None if problem == "svr" else weaknas.benchmark(problem)
    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed))
    study.optimize(svr if bench is None else cell(bench), n_trials=PROBLEMS[problem])
    values = np.array([trial.value for trial in study.trials])
    best = np.maximum.accumulate(values)
    frame = pd.DataFrame({"problem": problem, "sampler": sampler, "seed": seed, "trial": np.arange(1, len(best) + 1)})
    frame["regret"], frame["test"] = np.float32(-best), np.float32(np.nan)
    if bench is not None:
        rows = np.array([list(trial.params.values()) for trial in study.trials])
        report = bench.report(rows)
        at = np.array([np.argmax(values[: i + 1]) for i in range(len(values))])
        frame["regret"] = np.float32(report.optimum.valid - best)
        frame["test"] = np.float32(report.test[at])
    frame.to_parquet(path, index=False)
    return path


def interval(values: np.ndarray) -> str:
    """Return a mean and its 95 % bootstrap interval."""
    if np.ptp(values) == 0:
        return f"{values[0]:.3f} in all"
    low, high = bootstrap((values,), np.mean, rng=np.random.default_rng(0)).confidence_interval
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def table(curves: pd.DataFrame) -> None:
    """Print what each sampler reached, and the paired differences from ours."""
    print(
        "| problem | trials | measure | "
        + " | ".join(f"`{s}`" for s in SAMPLERS)
        + " | `weaknas` - `tpe` | Wilcoxon p |"
    )
    print("|---" * (5 + len(SAMPLERS)) + "|")
    for problem, trials in PROBLEMS.items():
        measures = {"best R2": ("regret", -1)} if problem == "svr" else {"regret": ("regret", 1), "test": ("test", 1)}
        for at in (trials // 4, trials // 2, trials):
            part = curves[(curves["problem"] == problem) & (curves["trial"] == at)]
            for measure, (column, sign) in measures.items():
                wide = sign * part.pivot(index="seed", columns="sampler", values=column).astype(float)
                difference = (wide["weaknas"] - wide["tpe"]).to_numpy()
                p = wilcoxon(difference).pvalue if difference.any() else 1.0
                cells = [interval(wide[sampler].to_numpy()) for sampler in SAMPLERS]
                print(f"| {problem} | {at} | {measure} | {' | '.join(cells)} | {interval(difference)} | {p:.2g} |")


def figure(curves: pd.DataFrame, path: Path) -> Path:
    """Draw the mean curves with 95 % intervals of the mean."""
    canvas = Figure(figsize=(10, 3.4), layout="constrained")
    for ax, problem in zip(canvas.subplots(1, 3), PROBLEMS, strict=True):
        part = curves[curves["problem"] == problem]
        for sampler, colour in COLOURS.items():
            wide = part[part["sampler"] == sampler].pivot(index="trial", columns="seed", values="regret").astype(float)
            wide = -wide if problem == "svr" else wide
            mean, half = wide.mean(axis=1), 1.96 * wide.sem(axis=1)
            ax.plot(wide.index, mean, color=colour, label=sampler)
            ax.fill_between(wide.index, mean - half, mean + half, color=colour, alpha=0.15, linewidth=0)
        ax.set_title("SVR on diabetes" if problem == "svr" else problem, loc="left", fontsize=10)
        ax.set_xlabel("trials")
        ax.set_ylabel("best R² so far" if problem == "svr" else "regret, validation accuracy (points)")
        if problem == "svr":
            ax.set_ylim(0.45, 0.52)
        else:
            ax.set_yscale("symlog", linthresh=0.1)
            ax.set_ylim(0, None)
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return save(ax, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", action="store_true", help="run what is missing and save the curves")
    parser.add_argument("--only", nargs="*", default=list(PROBLEMS), choices=list(PROBLEMS))
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("out/optuna-samplers"), help="where single runs are kept")
    parser.add_argument("--out", type=Path, help="where to draw the figure")
    args = parser.parse_args()
    if args.run:
        args.work.mkdir(parents=True, exist_ok=True)
        runs = [(p, s, seed) for p in args.only for s in SAMPLERS for seed in range(args.seeds)]
        tasks = (delayed(run)(*each, args.work) for each in runs)
        paths = Parallel(n_jobs=args.jobs, verbose=5)(tasks)
        curves = pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
        if args.only == list(PROBLEMS):
            points = [*range(1, 30), *range(30, 201, 5)]
            curves[curves["trial"].isin(points)].to_parquet(CURVES, index=False, compression="zstd")
    table(curves := pd.read_parquet(CURVES))
    if args.out is not None:
        print(figure(curves, args.out / "optuna-samplers.png"))


if __name__ == "__main__":
    main()
