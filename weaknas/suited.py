"""The options of a strategy that follow from the benchmark that it is to search."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import doors
from .contracts import Benchmark
from .errors import InvalidOption
from .spaces import Space

__all__ = ["suited"]


def suited(strategy: str, benchmark: Benchmark, space: Space, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a strategy, completed by those that it takes and that the benchmark decides.

    `fidelities` are the benchmark's. Where it has further objectives, those that are free to know and to be small
    become `costs`, and `objectives` is how many are left to be told. One that is free to know and to be large, such as
    a throughput, is told.

    Args:
        strategy: its name.
        benchmark: what is to be searched.
        space: the part of its space that is.
        options: those that the user gave, which stay.

    Raises:
        NotFound: there is no such strategy.
    """
    takes = inspect.signature(doors.STRATEGIES.load(strategy)).parameters
    suiting: dict[str, Any] = {"fidelities": benchmark.fidelities}
    if benchmark.also:
        small = [metric.valid for metric in benchmark.also if metric.free and metric.minimize]
        costs = [name for name in small if "costs" in takes and _knows(space, name)]
        suiting["costs"] = tuple(options.get("costs", costs))
        suiting["objectives"] = sum(metric.valid not in suiting["costs"] for metric in benchmark.objectives)
    return {name: value for name, value in suiting.items() if name in takes} | dict(options)


def _knows(space: Space, name: str) -> bool:
    try:
        space.free_to_know(name, space.sample(1, np.random.default_rng(0)))
    except InvalidOption:
        return False
    return True
