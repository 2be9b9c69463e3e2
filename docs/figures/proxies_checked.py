"""Our zero-cost proxies beside those that others published of the same networks.

    python docs/figures/proxies_checked.py IMAGES [--nb301 FILE.parquet] [--cells 150] [--networks 40]

Random cells of NAS-Bench-201 in the network of the benchmark (16 channels, 5 cells a stage, images of 32 pixels) are
compared with the columns `zc_naswot` and `zc_logsynflow` of its table, and networks of the DARTS space (32 channels, 8
cells, which is what NASLib built by its numbers of parameters) with the proxies of NAS-Bench-Suite-Zero in FILE. Each
is computed from two seeds, of weights and images: how well these agree is as well as anything can agree with one draw.
Every network and seed is a row of proxies-checked.csv and is not computed again.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, spearmanr

import weaknas
from weaknas.proxies import PROXIES
from weaknas.spaces import Batch, NasBench201, NetworkSpace
from weaknas.supernet import make_supernet
from weaknas.supernet.data import Images, open_images
from weaknas.supernet.evaluators import ZeroCost

RESULTS = Path(__file__).with_name("proxies-checked.csv")
BATCH = {"nasbench201": 64, "darts": 32}  # which the published values of NASWOT, and of jacov, speak for
SEEDS = (0, 1)
PUBLISHED = {
    "nasbench201": {"naswot": "zc_naswot", "synflow": "zc_logsynflow"},
    "darts": {
        "synflow": "zc_synflow",
        "naswot": "zc_nwot",
        "jacov": "zc_jacov",
        "grad-norm": "zc_grad_norm",
        "snip": "zc_snip",
    },
}


def proxies_of(
    space: NetworkSpace, rows: Batch, data: Images, names: Sequence[str] = tuple(PROXIES), **options: Any
) -> Iterator[dict[str, float]]:
    """Yield the proxies of each architecture of a space by their names.

    Args:
        space: the networks, such as `NasBench201(channels=8, stage=1, side=16)`.
        rows: `(n, d)` architectures.
        data: images.
        names: which proxies.
        options: those of `ZeroCost`.
    """
    indicator = ZeroCost(make_supernet(space), data, names[0], **options)
    for row in rows:
        net = indicator.network(row)  # once for all of them
        batch = indicator.batch(net.resolution)
        yield {name: PROXIES[name](net, *batch) for name in names}


def nasbench201(cells: int) -> tuple[NetworkSpace, pd.DataFrame]:
    """Return the space and random cells with what is published of them."""
    bench = weaknas.benchmark("nasbench201/cifar10")
    rows = bench.space.sample(cells, np.random.default_rng(0))
    names = PUBLISHED["nasbench201"].values()
    known = {name: bench.space.free_to_know(name, rows) for name in (*names, "params")}
    return NasBench201(), pd.DataFrame({"arch": bench.space.to_str(rows), **known}).drop_duplicates("arch")


def darts(file: Path, networks: int) -> tuple[NetworkSpace, pd.DataFrame]:
    """Return the space and the first networks of NASLib's table, in the texts of the space."""
    known = pd.read_parquet(file).head(networks)
    known["arch"] = [in_our_words(text) for text in known["arch"]]
    known["params"] = 1e6 * known["params_m"]
    space = weaknas.space("darts", channels=32, cells=8, side=32, classes=10)
    return space, known[["arch", *PUBLISHED["darts"].values(), "params"]]


def in_our_words(text: str) -> str:
    """Return a text of the space `darts` for one of NASLib's table, which has both edges of a node one by one."""
    cells = [part.partition(":")[2].split(";") for part in text.split("|")]
    normal, reduction = ("+".join(",".join(ops[at : at + 2]) for at in range(0, 8, 2)) for ops in cells)
    return f"normal:{normal}/reduction:{reduction}"


def compared(results: pd.DataFrame) -> pd.DataFrame:
    """Return rank correlations of ours with what is published, with ours from the other seed, and of parameters."""
    lines = []
    for space, rows in results.groupby("space", sort=False):
        first, second = (rows[rows["seed"] == seed].set_index("arch") for seed in SEEDS)
        for name, column in PUBLISHED[space].items():
            line = {"space": space, "networks": len(first), "ours": name, "published": column}
            line["spearman"] = spearmanr(first[name], first[column]).statistic
            line["kendall"] = kendalltau(first[name], first[column]).statistic
            line["spearman of seeds"] = spearmanr(first[name].loc[second.index], second[name]).statistic
            line["spearman of params"] = spearmanr(first["params"], first[column]).statistic
            lines.append(line)
    return pd.DataFrame(lines).round(3)


def compute(name: str, space: NetworkSpace, known: pd.DataFrame, data: Images, seed: int) -> None:
    """Append a row a network, but those that are there."""
    there = {row["arch"] for row in kept() if (row["space"], row["seed"]) == (name, seed)}
    known = known[~known["arch"].isin(there)]
    rows = space.from_str(known["arch"].tolist())
    found = proxies_of(space, rows, data, list(PUBLISHED[name]), images=BATCH[name], seed=seed)
    for _, facts in known.iterrows():
        began = time.process_time()
        row = {"space": name, "seed": seed, **facts, **next(found), "seconds": round(time.process_time() - began, 2)}
        pd.DataFrame([*kept(), row]).to_csv(RESULTS, index=False, float_format="%.7g")
        print(name, row["arch"], row["seconds"], flush=True)


def kept() -> list[dict[str, Any]]:
    """Return the rows that there are."""
    return pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []


def main() -> None:
    """Compute the proxies that are not there yet, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--nb301", type=Path)
    parser.add_argument("--cells", type=int, default=150)
    parser.add_argument("--networks", type=int, default=40)
    args = parser.parse_args()
    data = open_images(args.images)
    parts = [("nasbench201", *nasbench201(args.cells))]
    if args.nb301 is not None:
        parts.append(("darts", *darts(args.nb301, args.networks)))
    for seed in SEEDS:
        for name, space, known in parts:
            compute(name, space, known, data, seed)
    print(compared(pd.DataFrame(kept())).to_string(index=False))


if __name__ == "__main__":
    main()
