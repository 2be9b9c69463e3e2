"""What the scripts of docs/results/sampling.md share: rewards, and a distribution that learns them."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

import weaknas
from weaknas.distributions import samples_for
from weaknas.spaces import Batch, Choice, Choices, Space, as_rows
from weaknas.strategies.parsec import Prior

torch.set_num_threads(1)  # the tensors are tiny

Scores = NDArray[np.float64]
TUNING = 1_000_000  # added to the seeds by which options are tuned: no reported run has them


class Reward(NamedTuple):
    """What a search is over: the space, what it sees of architectures, and how good they are, 1 for the best."""

    space: Space
    scores: Callable[[Batch], Scores]
    quality: Callable[[Batch], Scores]


def spread(values: Callable[[Batch], Scores], space: Space, best: float) -> Reward:
    """Return a reward with random architectures at a quality of 0 on average, and scores a hundred times as large."""
    mean = float(values(space.sample(20_000, np.random.default_rng(0))).mean())

    def quality(batch: Batch) -> Scores:
        return (values(batch) - mean) / (best - mean)

    return Reward(space, lambda batch: 100 * quality(batch), quality)


def chain(seed: int, length: int = 20, options: int = 6) -> Reward:
    """Return normal rewards of each option, and half as large ones of each pair of options of neighbouring choices."""
    rng = np.random.default_rng([1, seed])
    alone = rng.normal(size=(length, options))
    pairs = 0.5 * rng.normal(size=(length - 1, options, options))
    best = alone[0]
    for own, pair in zip(alone[1:], pairs, strict=True):  # the best path, by dynamic programming
        best = own + (best[:, None] + pair).max(axis=0)
    at = np.arange(length)

    def values(batch: Batch) -> Scores:
        return alone[at, batch].sum(1) + pairs[at[:-1], batch[:, :-1], batch[:, 1:]].sum(1)

    return spread(values, Choices({f"c{i}": range(options) for i in at}), float(best.max()))


def layers(seed: int, interacting: bool, length: int = 6, shape: tuple[int, ...] = (3, 2, 4)) -> Reward:
    """Return normal rewards of each combination of a layer's options, or sums of normal ones of each option."""
    rng = np.random.default_rng([2, seed])
    tables = rng.normal(size=(length, *shape))
    if not interacting:
        sums = [sum(np.ix_(*(rng.normal(size=n) for n in shape))) for _ in range(length)]
        tables = np.stack(sums) / len(shape) ** 0.5
    space = Choices({f"l{i}.{j}": range(n) for i in range(length) for j, n in enumerate(shape)})
    space.choices = tuple(Choice(one.name, one.options, one.name.split(".")[0]) for one in space.choices)
    at = np.arange(length)

    def values(batch: Batch) -> Scores:
        picked = batch.reshape(len(batch), length, len(shape))
        return tables[at, *np.moveaxis(picked, 2, 0)].sum(1)

    return spread(values, space, float(tables.reshape(length, -1).max(1).sum()))


@cache
def table(name: str) -> Reward:
    """Return mean validation accuracies of a benchmark in percent; the quality is their share of the best."""
    bench = weaknas.benchmark(name)
    accuracy = bench.report(bench.space.enumerate()).valid_acc

    def scores(batch: Batch) -> Scores:
        return accuracy[bench.space.index(batch)]

    mean, best = float(accuracy.mean()), float(accuracy.max())
    return Reward(bench.space, scores, lambda batch: (scores(batch) - mean) / (best - mean))


def shuffled(reward: Reward, seed: int) -> Reward:
    """Return the same scores on other architectures: of a table a permutation, else of as many random ones drawn anew.

    A large space cannot be permuted: an architecture gets the score of one that its own number and the seed draw.
    """

    def scores(batch: Batch) -> Scores:
        found = []
        for code in reward.space.code(batch).tolist():
            found.append(reward.space.sample(1, np.random.default_rng([3, seed, code])))
        return reward.scores(np.concatenate(found))

    if reward.space.size > 100_000:
        return reward._replace(scores=scores)
    rows = reward.space.enumerate()
    others = np.random.default_rng([3, seed]).permutation(reward.scores(rows))
    order = np.argsort(reward.space.code(rows))
    codes = reward.space.code(rows)[order]

    def permuted(batch: Batch) -> Scores:
        return others[order[np.searchsorted(codes, reward.space.code(batch))]]

    return reward._replace(scores=permuted)


class Way(NamedTuple):
    """How a distribution is learned: as many samples a step, fewer with the entropy or not; see `FpNas`."""

    samples: int
    adaptive: bool
    rate: float = 0.3
    sharpness: float = 0.1
    ess: float = 2.0
    centred: bool = True
    switch: float = 1.0


def new_prior(reward: Reward, way: Way) -> Prior:
    """Return a uniform distribution."""
    return Prior(as_rows(reward.space) or reward.space, way.rate, way.sharpness, way.ess, way.centred)


def learn(reward: Reward, way: Way, seed: int, until: int, begin: Prior | None = None) -> Iterator[dict[str, Any]]:
    """Learn from samples, and yield before each step how many were drawn, the entropy and the mode's quality.

    It ends at so many samples, or where the entropy is below 1 % of the uniform distribution's.
    """
    prior = begin or new_prior(reward, way)
    rng, drawn, coarse = np.random.default_rng([4, seed]), 0, True
    while True:
        unsure = prior.unsure()
        quality = float(reward.quality(prior.distribution.mode())[0])
        yield {"drawn": drawn, "entropy": round(prior.entropy(), 4), "quality": round(quality, 5)}
        if drawn >= until or unsure < 0.01:
            return
        if coarse and way.switch < 1 and 1 - unsure >= way.switch:
            prior.refine()
            coarse = False
        batch = prior.distribution.sample(samples_for(unsure, way.samples) if way.adaptive else way.samples, rng)
        prior.learn(batch, reward.scores(batch))
        drawn += len(batch)


def at(run: Iterable[dict[str, Any]], drawn: list[int]) -> pd.DataFrame:
    """Return one row for each number of samples: the state that at most as many have made."""
    frame = pd.DataFrame(run)
    places = np.searchsorted(frame["drawn"], drawn, side="right") - 1
    return frame.iloc[places].assign(drawn=drawn).reset_index(drop=True)


def go_on(file: Path, todo: Iterable[dict[str, Any]], run: Callable[[dict[str, Any]], pd.DataFrame]) -> pd.DataFrame:
    """Run what a Parquet file does not have yet, and return it all; it is written every 20 runs.

    Args:
        file: the results, one row each, with the columns of what was to do.
        todo: what is to do, the same columns each.
        run: from what is to do to its rows.
    """
    known = pd.read_parquet(file) if file.exists() else pd.DataFrame()
    parts, todo = [known], list(todo)
    done = set(known[list(todo[0])].itertuples(index=False, name=None)) if len(known) else set()
    left = [one for one in todo if tuple(one.values()) not in done]
    for number, one in enumerate(left, 1):
        parts.append(run(one).assign(**one))
        if number % 20 == 0 or number == len(left):
            parts = [pd.concat(parts, ignore_index=True)]
            parts[0].to_parquet(file, index=False)
            print(f"{file.name}: {len(todo) - len(left) + number} of {len(todo)} runs", flush=True)
    return pd.concat(parts, ignore_index=True)
