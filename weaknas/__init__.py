"""weaknas finds good neural architectures with few evaluations.

    bench = weaknas.benchmark("nasbench201/cifar100")
    strategy = weaknas.strategy("weaknas", bench.space, predictor="mlp", seed=0)
    result = weaknas.search(bench, strategy, budget=200)

`benchmark`, `predictor`, `strategy` and `space` make things by name, `names` lists the names; see `weaknas.doors`.
"""

from typing import Any, Literal

from . import doors as _doors
from .contracts import Ask, Benchmark, Measurements, Predictor, Report, Strategy
from .errors import InvalidOption, PluginError, WeaknasError
from .loop import Interrupted, Progress, StopSearch, search
from .result import Result
from .simulation import simulate
from .spaces import Space

__version__ = "0.1.0"
__all__ = [
    "Ask",
    "Benchmark",
    "Interrupted",
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
    "simulate",
    "space",
    "strategy",
]

Kind = Literal["benchmarks", "predictors", "schemes", "spaces", "strategies"]


def benchmark(name: str, /, **options: Any) -> Benchmark:
    """Open a benchmark.

    Args:
        name: a name from `names("benchmarks")`, a table file (`my.parquet`), or `file.py:Object`.
        **options: the benchmark's options, such as `run`, `objective` and `fidelity` of a table.

    Raises:
        NotFound: there is no such benchmark, or its data is not on this machine.
        InvalidTable: its data is damaged.
        InvalidOption: an option is unknown or cannot be used.
        PluginError: a plug-in fails, or makes no benchmark.
    """
    opened = _doors.BENCHMARKS.create(name, **options)
    if not isinstance(opened, Benchmark):
        raise PluginError(f"the benchmark {name!r} makes a {type(opened).__name__}, not a weaknas.Benchmark.")
    return opened


def predictor(name: str, /, **options: Any) -> Predictor:
    """Make an unfitted predictor: a scikit-learn regressor.

    Args:
        name: a name from `names("predictors")`, or `file.py:Class`.
        **options: the predictor's options.

    Raises:
        NotFound: there is no such predictor.
        InvalidOption: an option is unknown or cannot be used.
        PluginError: a plug-in fails, or makes no predictor.
        MissingExtra: the predictor needs what is not installed.
    """
    made: Predictor = _doors.PREDICTORS.create(name, **options)
    if isinstance(made, type):
        raise PluginError(f"the predictor {name!r} makes the class {made.__name__}, not an object of it.")
    if not all(callable(getattr(made, verb, None)) for verb in ("fit", "predict")):
        raise PluginError(f"the predictor {name!r} makes a {type(made).__name__}, which has no fit and predict.")
    return made


def space(name: str, /, **options: Any) -> Space:
    """Make a search space.

    Args:
        name: a name from `names("spaces")`, `file.py:Class`, or a file that ends in `.toml` (see `UserMobile`).
        **options: the space's options, such as `width` of `ofa-mbv3`.

    Raises:
        NotFound: there is no such space or file.
        InvalidOption: an option is unknown or cannot be used.
        PluginError: a plug-in fails, or makes no space.
    """
    made = _doors.SPACES.create(name, **options)
    if not isinstance(made, Space):
        raise PluginError(f"the space {name!r} makes a {type(made).__name__}, not a weaknas.Space.")
    return made


def strategy(name: str, space: Space, /, **options: Any) -> Strategy:
    """Make a strategy over a space.

    Args:
        name: a name from `names("strategies")`, or `file.py:Class`.
        space: the architectures to choose from, usually `benchmark.space`.
        **options: the strategy's options; `seed` is one of every strategy.

    Raises:
        NotFound: there is no such strategy.
        InvalidOption: an option is unknown or cannot be used, or what should be a space is none.
        PluginError: a plug-in fails, or makes no strategy.
    """
    if not isinstance(name, str) or not isinstance(space, Space):
        given = f"{type(name).__name__} and {type(space).__name__}"
        raise InvalidOption(f"strategy takes a name and then a space, such as benchmark.space, not {given}.")
    made = _doors.STRATEGIES.create(name, space, **options)
    if not isinstance(made, Strategy):
        raise PluginError(f"the strategy {name!r} makes a {type(made).__name__}, not a weaknas.Strategy.")
    return made


def names(kind: Kind, pattern: str = "*") -> list[str]:
    """Return the names that match a glob, sorted; nothing is imported.

    Args:
        kind: `benchmarks`, `predictors`, `schemes` (of training a supernet), `spaces` or `strategies`.
        pattern: a glob such as `nasbench201/*`.

    Raises:
        NotFound: there is no such kind.
    """
    door = {
        "benchmarks": _doors.BENCHMARKS,
        "predictors": _doors.PREDICTORS,
        "schemes": _doors.SCHEMES,
        "spaces": _doors.SPACES,
        "strategies": _doors.STRATEGIES,
    }
    if str(kind) not in door:
        raise _doors.unknown("kind of name", str(kind), door)
    return door[kind].names(pattern)
