"""What a study is: its benchmarks, its strategies, and how they are run (docs/studies.md)."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from weaknas.errors import WeaknasError

from .results_schema import Stop
from .toml_lines import line_of

__all__ = [
    "BenchmarkEntry",
    "Budget",
    "InvalidStudy",
    "Label",
    "ProtocolName",
    "StrategyEntry",
    "Study",
    "StudyName",
    "abbreviated",
]

_LONGEST = 100  # characters of a label or a name
_SEEDS = 2**32  # which is what scikit-learn and numpy take
_MOST_RUNS = 100_000
_MOST_QUERIES = 10_000_000
_MOST_WORKERS = 100_000

ProtocolName = Literal["honest", "paper"]


class InvalidStudy(WeaknasError):
    """A study file that cannot be used, or a folder of results that does not go with it."""


def _seeds(value: Any) -> Any:
    """Read `100` as the seeds 0 to 99, and `"50-99"` as those."""
    seeds = range(0)
    if isinstance(value, range):
        seeds = value
    elif isinstance(value, int) and not isinstance(value, bool):
        seeds = range(value)
    elif isinstance(value, str) and (found := re.fullmatch(r"(\d{1,10})-(\d{1,10})", value)):
        seeds = range(int(found[1]), int(found[2]) + 1)
    if not seeds:
        raise ValueError(
            "seeds are their number, such as 100, or the first and the last, such as '50-99', not "
            + abbreviated(value)
        )
    if seeds[-1] >= _SEEDS:
        raise ValueError(f"a seed is a number below {_SEEDS:,}, not {abbreviated(seeds[-1])}")
    return seeds


def abbreviated(value: object) -> str:
    """Return a value for a message, which need not show all of it."""
    try:
        text = repr(value)
    except ValueError:  # a number of thousands of digits
        return "a number that long"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _options(value: Any) -> Any:
    """Make the lists of TOML tuples, which is what options in Python are."""
    if isinstance(value, dict):
        return {key: _options(inner) for key, inner in value.items()}
    return tuple(_options(inner) for inner in value) if isinstance(value, list) else value


def _predictor(value: Any) -> Any:
    names = value if isinstance(value, list | tuple) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"a predictor is a name, or several names in a list, not {abbreviated(value)}")
    return value if isinstance(value, str) else tuple(names)


def _label(value: str) -> str:
    if not 1 <= len(value) <= _LONGEST or not value.isprintable():
        raise ValueError(f"a label is 1 to {_LONGEST} printable characters in one line, not {abbreviated(value)}")
    return value


Seeds = Annotated[range, BeforeValidator(_seeds)]
Options = Annotated[dict[str, Any], BeforeValidator(_options)]
Budget = Annotated[int, Field(ge=1, le=_MOST_QUERIES, strict=True)]
Workers = Annotated[int, Field(ge=1, le=_MOST_WORKERS, strict=True)]
Name = Annotated[str, Field(min_length=1)]
Label = Annotated[str, AfterValidator(_label)]
StudyName = Annotated[str, Field(pattern=r"^\w[\w.-]*$", max_length=_LONGEST)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class BenchmarkEntry(_Entry):
    """A benchmark of a study.

    Attributes:
        name: the benchmark's name.
        label: what it is called in the results, unique in the study; by default the name.
        options: the benchmark's options.
        constraint: search only architectures that satisfy it, such as `macs <= 600e6`.
        seeded: whether the benchmark is opened anew for every run with the run's seed; by default where its options
            draw training runs (`run = "random"`) or noise.
        workers: how many are simulated there; None for the study's.
    """

    name: Name
    label: Label = ""
    options: Options = {}
    constraint: Annotated[str, Field(max_length=1000)] | None = None
    seeded: bool | None = None
    workers: Workers | None = None

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, values: Any) -> Any:
        return {"label": values.get("name"), **values} if isinstance(values, dict) else values

    @property
    def draws(self) -> bool:
        """Whether the run's seed is passed to the benchmark."""
        if self.seeded is not None:
            return self.seeded
        return self.options.get("run") == "random" or bool(self.options.get("noise"))


class StrategyEntry(_Entry):
    """A strategy of a study.

    Attributes:
        name: the strategy's name.
        label: what it is called in the results, unique in the study; by default the name, and the predictor if there
            is one.
        predictor: the name of its predictor, or several that take turns; None for the strategy's own.
        predictor_options: the predictor's options.
        options: the strategy's options.
        prior: what it learns before: names or files of benchmarks with a table, or saved results.
        budget: queries of a run; None for the study's.
        seeds: seeds of its runs; None for the study's.
    """

    name: Name
    label: Label = ""
    predictor: Annotated[str | tuple[str, ...], BeforeValidator(_predictor)] | None = None
    predictor_options: Options = {}
    options: Options = {}
    prior: Annotated[tuple[Name, ...], BeforeValidator(_options)] = ()
    budget: Budget | None = None
    seeds: Seeds | None = None

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        predictor = values.get("predictor")
        names = ", ".join(map(str, predictor)) if isinstance(predictor, list | tuple) else predictor
        return {"label": f"{values.get('name')} ({names})" if names else values.get("name"), **values}

    @property
    def unused(self) -> set[str]:
        """Keys of later versions that say nothing here, which digests and manifests leave out as they always did."""
        return set() if self.prior else {"prior"}

    @model_validator(mode="after")
    def _consistent(self) -> "StrategyEntry":
        if self.predictor_options and not isinstance(self.predictor, str):
            raise ValueError("predictor_options need one predictor")
        if reserved := {"seed", "predictor", "prior"} & self.options.keys():
            raise ValueError(f"{reserved.pop()} is no option here: it is a key of the study or of the strategy")
        return self


class Study(_Entry):
    """A study: every strategy on every benchmark with every seed.

    Attributes:
        name: the study's name; its results carry it.
        title: one line for people.
        seeds: seeds of the runs.
        budget: queries of a run, in full trainings; no more than the space has.
        protocols: what the report states: `honest` (test accuracy of the architecture with the best score seen),
            `paper` (best test accuracy among the queried and the predictor's top-1).
        checkpoints: budgets at which the report's tables state accuracies; the study's budget by default.
        stop: `budget`, or `optimum` to end a run once it has found the best mean validation and test accuracy, or
            `valid-optimum` to end it at the best validation accuracy, however it does on test.
        record: `all` queries, or only `improvements`: those at which a statistic of the run changes, and the last.
        workers: how many evaluate at once, on a simulated clock; None for searches without one.
        benchmarks: where.
        strategies: what.
    """

    name: StudyName
    title: str = ""
    seeds: Seeds = range(100)
    budget: Budget
    protocols: Annotated[tuple[ProtocolName, ...], Field(min_length=1)] = ("honest",)
    checkpoints: Annotated[tuple[Budget, ...], Field(min_length=1)] | None = None
    stop: Stop = "budget"
    record: Literal["all", "improvements"] = "all"
    workers: Workers | None = None
    benchmarks: Annotated[tuple[BenchmarkEntry, ...], Field(min_length=1)]
    strategies: Annotated[tuple[StrategyEntry, ...], Field(min_length=1)]
    _path: Path = PrivateAttr()
    _text: str = PrivateAttr()

    @field_validator("stop")
    @classmethod
    def _suits_the_protocols(cls, stop: Stop, info: ValidationInfo) -> Stop:
        if stop == "valid-optimum" and "paper" in info.data.get("protocols", ()):
            raise ValueError("'valid-optimum' ends runs whose 'paper' value could still rise; leave one of them out")
        return stop

    @model_validator(mode="after")
    def _within_limits(self) -> "Study":
        most = max([self.budget, *(strategy.budget or 0 for strategy in self.strategies)])
        if beyond := [budget for budget in self.checkpoints or () if budget > most]:
            raise ValueError(f"checkpoints: no run has {beyond[0]:,} queries, {most:,} is the largest budget")
        runs = len(self.benchmarks) * sum(len(strategy.seeds or self.seeds) for strategy in self.strategies)
        if runs > _MOST_RUNS:
            raise ValueError(
                f"these are {runs:,} runs, and a study has at most {_MOST_RUNS:,}; give it fewer seeds, or make "
                "several studies of it"
            )
        return self

    @classmethod
    def from_toml(cls, path: Path, text: str) -> "Study":
        """Make a study of a study file.

        Args:
            path: the file's, for messages.
            text: what it holds.

        Raises:
            ValidationError: it is not a study.
            TOMLDecodeError: it is not TOML.
        """
        study = cls.model_validate(tomllib.loads(text))
        study._path, study._text = path, text
        return study

    @property
    def text(self) -> str:
        """The study file as it was written."""
        return self._text

    def line(self, kind: Literal["benchmarks", "strategies"], index: int) -> str:
        """Return where an entry stands, for messages: `FILE, line N`."""
        return f"{self._path}, line {line_of(self._text, (kind, index))}"
