"""The numbers of docs/results/weaknas-nasnet.md that no report of a study has.

    python docs/figures/weaknas_nasnet.py TABLE.parquet [--run RUN] [--study FOLDER]

Prints how the accuracies of a tabulated supernet spread and follow cost, and after how many queries the best come when
networks are taken in the order of their cost. With the run of the supernet: how noisy scores are, by 50 networks
scored on halves of the held-out images, with other images for batch-norm statistics, and on the test images. With a
study of the table: queries to one of the best 0.1 and 1 %, by the statistics of the study's report.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from weaknas.spaces import Batch
from weaknas.supernet.data import normalise, ordered
from weaknas.supernet.evaluators import Evaluation, RecalibratedAccuracy, open_evaluator
from weaknas.supernet.evaluators.measuring import Stack, measure
from weaknas.supernet.recalibration import recalibrate
from weaknas.table_file import TableFile
from weaknas_experiments.statistics import comparison, optimum
from weaknas_experiments.study.results import load

BEST = (0.001, 0.01)
SCORED = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--run")
    parser.add_argument("--study", type=Path)
    args = parser.parse_args()
    table = TableFile(args.table)
    spread(table)
    largest_first(table)
    if args.run:
        noise(table, args.run)
    if args.study:
        queries(table, args.study)


def spread(table: TableFile) -> None:
    """Print quantiles of accuracy, and its rank correlation with cost."""
    accuracy = table.numbers("valid_acc")
    quantiles = np.quantile(accuracy, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
    print(f"{table.rows:,} networks: " + ", ".join(f"{value:.1f}" for value in quantiles) + " % (quantiles)")
    print(f"standard deviation {accuracy.std():.2f}; best {table.texts()[int(accuracy.argmax())]}")
    for cost in ("params", "macs"):
        values = table.numbers(cost)
        rho = spearmanr(values, accuracy).statistic
        print(f"{cost}: {values.min():,.0f} to {values.max():,.0f}, Spearman's rho with accuracy {rho:.3f}")


def largest_first(table: TableFile) -> None:
    """Print after how many queries the best come in the order of cost, most first, ties in the order of the table."""
    accuracy = table.numbers("valid_acc")
    for cost in ("params", "macs"):
        ordered_by_cost = accuracy[np.argsort(-table.numbers(cost), kind="stable")]
        reached = [1 + int(np.argmax(ordered_by_cost >= least)) for least in (accuracy.max(), *thresholds(accuracy))]
        seen = ", ".join(f"{ordered_by_cost[:n].max():.2f} % after {n}" for n in (50, 100, 200))
        print(f"by {cost}, most first: best, top 0.1 %, top 1 % after {reached}; {seen}")


def thresholds(accuracy: NDArray[np.float64]) -> list[float]:
    """Return the accuracies of the last of the best 0.1 and 1 %."""
    return [float(np.sort(accuracy)[-max(1, round(share * len(accuracy)))]) for share in BEST]


def noise(table: TableFile, run: str) -> None:
    """Print what other images do to the scores of some networks, the same ones for all."""
    evaluator = open_evaluator(run, Evaluation(bn_images=table.card["bn_images"]))
    assert isinstance(evaluator, RecalibratedAccuracy)
    chosen = np.sort(np.random.default_rng(0).choice(table.rows, SCORED, replace=False))
    rows = evaluator.supernet.space.from_str(np.array(table.texts())[chosen].tolist())
    scores = np.array([of_parts(evaluator, row) for row in rows])
    known = table.numbers("valid_acc")[chosen]
    first, second, test, other = scores.T
    print(f"{SCORED} networks, spread {known.std(ddof=1):.2f} points:")
    print(f"  halves of the held-out images: {agreement(first, second)}")
    print(f"  other images for batch-norm statistics: {agreement(known, other)}")
    print(f"  test images: {agreement(known, test)}")


def agreement(one: NDArray[np.float64], two: NDArray[np.float64]) -> str:
    """Return how well two scores of the same networks agree."""
    return (
        f"differences {(two - one).mean():+.2f} points on average, standard deviation {(two - one).std(ddof=1):.2f}, "
        f"Pearson {pearsonr(one, two).statistic:.3f}, Spearman {spearmanr(one, two).statistic:.3f}"
    )


def of_parts(evaluator: RecalibratedAccuracy, row: Batch) -> list[float]:
    """Return accuracies on both halves of the held-out images, on the test images, and with other statistics."""
    net, data = evaluator.network(row), evaluator.data

    def top1(split: str, rows: NDArray[np.int64]) -> float:
        crop = evaluator.recipe.test_crop(net.resolution)
        return measure(net, Stack(data.part(split), rows, 500, crop, evaluator.device), data).top1

    held_out, test = (np.arange(len(data.part(split))) for split in ("held-out", "val"))
    found = [*(top1("held-out", half) for half in np.array_split(held_out, 2)), top1("val", test)]
    others = ordered(len(data.train), 0, 0)[evaluator.bn_images : 2 * evaluator.bn_images]
    crop = evaluator.recipe.train_crop(net.resolution)
    batches = Stack(data.train, others, evaluator.recipe.bn_batch, crop, evaluator.device)
    recalibrate(net, (normalise(images, data) for images, _ in batches), population=evaluator.recipe.population)
    return [*found, top1("held-out", held_out)]


def queries(table: TableFile, folder: Path) -> None:
    """Print the expected queries to one of the best, and which strategies need fewer than which."""
    frame = load(folder).frame
    for share, least in zip(BEST, thresholds(table.numbers("valid_acc")), strict=True):
        frame["hit_valid"] = (frame["valid_acc"] >= np.float32(least)).astype("boolean")
        runs = optimum.hits(frame, "valid")
        print(f"\nto one of the best {100 * share:g} %, {least:.2f} % or more")
        for row in optimum.summary(runs).sort_values("ert").itertuples():
            print(
                f"  {row.label:30} {row.ert:7.0f} ({row.ert_low:.0f} to {row.ert_high:.0f}), {row.success:.0%} succeed"
            )
        for pair in comparison.pairs(comparison.restricted(runs)).itertuples():
            print(f"    {pair.first} - {pair.second}: {-pair.difference:+.1f} queries, p {pair.p_holm:.2g} (Holm)")


if __name__ == "__main__":
    main()
