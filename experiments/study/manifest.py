"""What a folder says of its study: `manifest.json`, written by weaknas or by hand (docs/leaderboard.md)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from weaknas.errors import system_sentence
from weaknas.files import write_atomically
from weaknas.measurements import Optimum
from weaknas.metrics import ACCURACY, Metric

from .definition import Budget, InvalidStudy, Label, ProtocolName, StudyName
from .results_schema import Stop, schema_of

__all__ = [
    "MANIFEST",
    "BenchmarkCard",
    "Manifest",
    "StrategyCard",
    "Submitter",
    "has_manifest",
    "make_manifest",
    "read_manifest",
    "write_manifest",
]

MANIFEST = "manifest.json"
FORMAT = 1

Text = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
OptionsOrNull = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]
SeedRange = Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=2, max_length=2)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


MetricCard = Annotated[
    Metric,
    BeforeValidator(lambda value: value if isinstance(value, Metric) else Metric.from_card(value)),
    PlainSerializer(lambda metric: metric.card),
]


class OptimumCard(_Part):
    """The best mean values of a benchmark, by the metric's columns; None where not known. Accuracies are percent."""

    valid_acc: Percent | None = None
    test_acc: Percent | None = None


class TradeoffCard(_Part):
    """What is known of a trade-off, in the objectives' own units.

    Attributes:
        reference: values as bad as they get, one an objective, for hypervolumes.
        front: the points of the table that no other one dominates; empty where they are not known.
    """

    reference: list[Finite]
    front: list[list[Finite]] = []


class BenchmarkCard(_Part):
    """What is said of a benchmark.

    Attributes:
        name: as `weaknas.benchmark` takes it.
        options: as `weaknas.benchmark` takes them.
        constraint: what was searched of it.
        seeded: whether each run saw it opened with its own seed; None where its options say so.
        workers: how many were simulated; None without them.
        dataset: what the networks were trained on.
        metric: what is measured.
        also: further objectives.
        tradeoff: what is known of a search of all of them; None of a single one.
        objective: the column that searches see.
        optimum: the best there is, under the constraint.
        universe: the candidates, in words.
        size: of the space that was searched, where that is finite.
        checksums: of its files.
        note: what must be said beside its numbers.
        not_compared: whether a leaderboard took results on it without looking them up in the table.
    """

    name: Text
    options: OptionsOrNull = {}
    constraint: str | None = None
    seeded: bool | None = None
    workers: Annotated[int, Field(ge=1)] | None = None
    dataset: str
    metric: MetricCard = ACCURACY
    also: list[MetricCard] = []
    tradeoff: TradeoffCard | None = None
    objective: str
    optimum: OptimumCard
    universe: Text
    size: Annotated[int, Field(ge=1)] | None = None
    checksums: dict[str, str]
    note: str = ""
    not_compared: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "BenchmarkCard":
        if self.objective not in (self.metric.valid, self.metric.test):
            both = f"{self.metric.valid} or {self.metric.test}"
            raise ValueError(f"the objective is {both}, not {self.objective[:100]!r}")
        known = self.tradeoff
        if known and any(len(point) != len(self.objectives) for point in (known.reference, *known.front)):
            raise ValueError(f"a point of the trade-off has {len(self.objectives)} values")
        for value in (self.optimum.model_extra or {}).values():
            if value is not None and not (isinstance(value, int | float) and abs(value) < float("inf")):
                raise ValueError("the optimum is a number for each column of the metric, or null")
        return self

    @property
    def objectives(self) -> list[Metric]:
        """The metric, and the further ones."""
        return [self.metric, *self.also]

    @property
    def best(self) -> Optimum:
        """The best mean values, NaN where not known."""
        known = self.optimum.model_dump()
        return Optimum(*(_number(known.get(column)) for column in (self.metric.valid, self.metric.test)))


class StrategyCard(_Part):
    """What is said of a strategy.

    Attributes:
        budget: the queries that a run may make.
        seeds: first and last of each range of its runs; unknown if empty.
        parameters: of its predictors, by benchmark.
    """

    budget: Budget
    seeds: list[SeedRange] = []
    parameters: dict[str, list[dict[str, Any]]] = {}


class Submitter(_Part):
    """Who submitted results, and where to read more."""

    who: str = ""
    url: str = ""


class Manifest(_Part):
    """What is said of results.

    Attributes:
        format: of the folder, 1.
        study: a name for all of it.
        title: one line for people.
        protocols: by which results are stated.
        checkpoints: at how many queries accuracies are stated; at the least budget of a strategy by default.
        stop: `budget`, or `optimum` (`valid-optimum`) where a run ended when it had found both optima (that of
            validation).
        record: which rows of a run there are.
        benchmarks: by the label that the results use.
        strategies: by the label that the results use.
        versions: of the software that made the results.
        command: that made them.
        file: the study file as it was written.
        earlier_versions: that made some of them.
        submitted: who submitted them.
    """

    format: Literal[1]
    study: StudyName
    title: str = ""
    protocols: Annotated[list[ProtocolName], Field(min_length=1)] = ["honest"]
    checkpoints: list[Budget] = []
    stop: Stop = "budget"
    record: Literal["all", "improvements"] = "all"
    benchmarks: dict[Label, BenchmarkCard]
    strategies: Annotated[dict[Label, StrategyCard], Field(min_length=1)]
    versions: dict[str, str]
    command: list[str]
    file: str = ""
    earlier_versions: list[dict[str, str]] = []
    submitted: Submitter = Submitter()

    @model_validator(mode="after")
    def _with_checkpoints(self) -> "Manifest":
        self.checkpoints = self.checkpoints or [min(card.budget for card in self.strategies.values())]
        return self

    @property
    def schema(self) -> Any:
        """The columns of the results."""
        cards = self.benchmarks.values()
        also = [metric for card in cards for metric in card.also]
        clock = any(card.workers for card in cards)
        return schema_of(dict.fromkeys(card.metric for card in cards), also, clock)

    @property
    def percent(self) -> bool:
        """Whether all results are accuracies."""
        return all(card.metric == ACCURACY for card in self.benchmarks.values())

    @property
    def noisy(self) -> set[str]:
        """The labels of the benchmarks whose scores carry noise."""
        return {label for label, card in self.benchmarks.items() if card.options.get("noise")}


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def has_manifest(directory: Path) -> bool:
    """Return whether a folder is one of a study."""
    return (directory / MANIFEST).is_file()


def make_manifest(content: Mapping[str, Any]) -> Manifest:
    """Return the manifest of a study that is run here.

    Raises:
        InvalidStudy: a plug-in says something of itself that cannot be.
    """
    try:
        return Manifest.model_validate({"format": FORMAT, **content})
    except ValidationError as error:
        raise InvalidStudy(_sentence(f"the manifest of {content['study']}", error)) from error


def read_manifest(directory: Path) -> Manifest:
    """Return what a folder says of its study, with the defaults of what it leaves out.

    Raises:
        InvalidStudy: it is no folder of a study, of a newer format, or says something that cannot be.
    """
    path = directory / MANIFEST
    try:
        if not has_manifest(directory):
            raise InvalidStudy(f"{directory} is no folder of a study: it has no {MANIFEST}; see docs/leaderboard.md.")
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidStudy(f"{path} cannot be read: {system_sentence(error)}.") from error
    except ValidationError as error:
        raise InvalidStudy(_sentence(f"{path}", error)) from error


def _sentence(where: str, error: ValidationError) -> str:
    """Say the first mistake, and where it is."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"{where} cannot be read: {first['msg']}; restore it."
    if first["loc"] == ("format",) and first["type"] == "literal_error":
        return f"{where}: format: it is {first['input']!r}, and this weaknas reads {FORMAT}: upgrade weaknas."
    key = ".".join(str(part)[:100] for part in first["loc"]) or "it"
    said = first["msg"].removeprefix("Value error, ")
    return f"{where}: {key}: {said[:1].lower()}{said[1:]}; see docs/leaderboard.md."


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write what a folder says of its study; what is only a default is left out.

    Raises:
        WeaknasError: it cannot be written.
    """
    content = manifest.model_dump(mode="json", exclude_unset=True)
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_atomically(directory / MANIFEST, lambda part: part.write_text(text, "utf-8"))
