"""weaknas finds good neural architectures with few evaluations.

    bench = weaknas.benchmark("nasbench201/cifar100")
    strategy = weaknas.strategy("weaknas", bench.space, predictor="mlp", seed=0)
    result = weaknas.search(bench, strategy, budget=200)

`benchmark`, `predictor` and `strategy` make things by name, `names` lists the names; see `weaknas.doors`.
"""

from typing import Any, Literal

from . import doors as _doors
from .contracts import Ask, Benchmark, Measurements, Predictor, Report, Strategy
from .errors import WeaknasError
from .loop import Progress, StopSearch, search
from .result import Result
from .spaces import Space

__version__ = "0.1.0"
__all__ = [
    "Ask",
    "Benchmark",
    "Measurements",
    "Predictor",
    "Progress",
    "Report",
    "Result",
    "Space",
    "StopSearch",
    "Strategy",
    "WeaknasError",
    "benchmark",
    "names",
    "predictor",
    "search",
    "strategy",
]

Kind = Literal["benchmarks", "predictors", "strategies"]


def benchmark(name: str, /, **options: Any) -> Benchmark:
    """Open a benchmark.

    Args:
        name: a name from `names("benchmarks")`, a table file (`my.parquet`), or `file.py:Object`.
        **options: the benchmark's options, such as `run`, `objective` and `fidelity` of a table.

    Raises:
        NotFound: there is no such benchmark, or its data is not on this machine.
        InvalidTable: its data is damaged.
        InvalidOption: an option is unknown or cannot be used.
    """
    opened: Benchmark = _doors.BENCHMARKS.create(name, **options)
    return opened


def predictor(name: str, /, **options: Any) -> Predictor:
    """Make an unfitted predictor: a scikit-learn regressor.

    Args:
        name: a name from `names("predictors")`, or `file.py:Class`.
        **options: the predictor's options.

    Raises:
        NotFound: there is no such predictor.
        InvalidOption: an option is unknown or cannot be used.
    """
    made: Predictor = _doors.PREDICTORS.create(name, **options)
    return made


def strategy(name: str, space: Space, /, **options: Any) -> Strategy:
    """Make a strategy over a space.

    Args:
        name: a name from `names("strategies")`, or `file.py:Class`.
        space: the architectures to choose from, usually `benchmark.space`.
        **options: the strategy's options; `seed` is one of every strategy.

    Raises:
        NotFound: there is no such strategy.
        InvalidOption: an option is unknown or cannot be used.
    """
    made: Strategy = _doors.STRATEGIES.create(name, space, **options)
    return made


def names(kind: Kind, pattern: str = "*") -> list[str]:
    """Return the names that match a glob, sorted; nothing is imported.

    Args:
        kind: `benchmarks`, `predictors` or `strategies`.
        pattern: a glob such as `nasbench201/*`.
    """
    door = {"benchmarks": _doors.BENCHMARKS, "predictors": _doors.PREDICTORS, "strategies": _doors.STRATEGIES}
    return door[kind].names(pattern)
