"""What supernets trained on one data set say of networks trained on another, and on another task.

    python docs/figures/ranking_transfer.py SCORED.parquet

SCORED is the table of `weaknas supernet rank ... --truth docs/figures/ranking-truth.parquet --out SCORED.parquet`. The
scores of its supernets, and MACs, are compared with accuracies on the images that they were trained on, on
Fashion-MNIST (ranking-fashion.parquet), and with the overlaps of ranking_dense.py, all of networks trained alone.
Kendall's tau, the mean over supernets; intervals of 95 % over supernets and networks.
"""

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd

from weaknas.rank_statistics import Interval, nested_bootstrap, tau

HERE = Path(__file__).parent


def truths(archs: pd.Series) -> dict[str, pd.Series]:
    """Return what the networks come to on each data set or task, in their order."""
    tables = {
        "CIFAR-10": pd.read_parquet(HERE / "ranking-truth.parquet").set_index("arch")["test_acc"],
        "Fashion-MNIST": pd.read_parquet(HERE / "ranking-fashion.parquet").set_index("arch")["test_acc"],
        "shapes": pd.read_csv(HERE / "ranking-dense.csv").groupby("arch")["iou"].mean(),
    }
    return {name: table.reindex(archs) for name, table in tables.items()}


def said(interval: Interval) -> str:
    """Return an estimate with its interval."""
    return f"{interval.value:+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"


def main() -> None:
    """Print the correlations."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scored", type=Path)
    table = pd.read_parquet(parser.parse_args().scored)
    scores: dict[str, list[np.ndarray]] = {}
    for column in table.columns:
        if found := re.fullmatch(r"zc_supernet_(.+?)(?<!_together)_seed\d+", column):
            scores.setdefault(found[1], []).append(table[column].to_numpy(float))
    every = {name: np.array(values) for name, values in scores.items()} | {"macs": table["macs"].to_numpy(float)}
    known = truths(table["arch"])
    for name, truth in known.items():
        found = nested_bootstrap(every, truth, resamples=2000)
        print(f"{name}: {len(truth)} networks, {truth.min():.1f} to {truth.max():.1f}")
        for scheme, interval in found.schemes.items():
            print(f"  {scheme:12s} {said(interval)}")
        for pair, interval in found.differences.items():
            print(f"  {' minus '.join(pair):24s} {said(interval)}")
    seeds = pd.read_parquet(HERE / "ranking-truth.parquet")
    for split in ("test", "valid"):
        agreement = tau(seeds[f"{split}_acc_run0"], seeds[f"{split}_acc_run1"])
        print(f"the two seeds of CIFAR-10, {split} images: {agreement:+.2f}")
    names = list(known)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            print(f"{one} and {other}: {tau(known[one], known[other]):+.2f}")


if __name__ == "__main__":
    main()
