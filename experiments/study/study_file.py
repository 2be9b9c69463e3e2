"""Study files: what is to be compared with what, in TOML (docs/studies.md)."""

import difflib
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from weaknas.errors import WeaknasError, system_sentence

from .results_schema import Stop

__all__ = [
    "BenchmarkEntry",
    "Budget",
    "InvalidStudy",
    "Label",
    "ProtocolName",
    "StrategyEntry",
    "Study",
    "StudyName",
    "load_study",
    "shipped",
    "short",
]

_LONGEST = 100  # characters of a label or a name
_SEEDS = 2**32  # which is what scikit-learn and numpy take
_MOST_RUNS = 100_000
_MOST_QUERIES = 10_000_000

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
            "seeds are their number, such as 100, or the first and the last, such as '50-99', not " + short(value)
        )
    if seeds[-1] >= _SEEDS:
        raise ValueError(f"a seed is a number below {_SEEDS:,}, not {short(seeds[-1])}")
    return seeds


def short(value: object) -> str:
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
        raise ValueError(f"a predictor is a name, or several names in a list, not {short(value)}")
    return value if isinstance(value, str) else tuple(names)


def _label(value: str) -> str:
    if not 1 <= len(value) <= _LONGEST or not value.isprintable():
        raise ValueError(f"a label is 1 to {_LONGEST} printable characters in one line, not {short(value)}")
    return value


Seeds = Annotated[range, BeforeValidator(_seeds)]
Options = Annotated[dict[str, Any], BeforeValidator(_options)]
Budget = Annotated[int, Field(ge=1, le=_MOST_QUERIES, strict=True)]
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
    """

    name: Name
    label: Label = ""
    options: Options = {}
    constraint: Annotated[str, Field(max_length=1000)] | None = None
    seeded: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, values: Any) -> Any:
        return {"label": values.get("name"), **values} if isinstance(values, dict) else values

    @property
    def draws(self) -> bool:
        """Whether the run's seed is handed to the benchmark."""
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
        budget: queries of a run; None for the study's.
        seeds: seeds of its runs; None for the study's.
    """

    name: Name
    label: Label = ""
    predictor: Annotated[str | tuple[str, ...], BeforeValidator(_predictor)] | None = None
    predictor_options: Options = {}
    options: Options = {}
    budget: Budget | None = None
    seeds: Seeds | None = None

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        predictor = values.get("predictor")
        names = ", ".join(map(str, predictor)) if isinstance(predictor, list | tuple) else predictor
        return {"label": f"{values.get('name')} ({names})" if names else values.get("name"), **values}

    @model_validator(mode="after")
    def _sound(self) -> "StrategyEntry":
        if self.predictor_options and not isinstance(self.predictor, str):
            raise ValueError("predictor_options need one predictor")
        if reserved := {"seed", "predictor"} & self.options.keys():
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
            `paper` (best test accuracy among the queried and the predictor's favourite).
        checkpoints: budgets at which the report's tables state accuracies; the study's budget by default.
        stop: `budget`, or `optimum` to end a run once it has found the best mean validation and test accuracy, or
            `valid-optimum` to end it at the best validation accuracy, however it does on test.
        record: `all` queries, or only `improvements`: those at which a statistic of the run changes, and the last.
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
    benchmarks: Annotated[tuple[BenchmarkEntry, ...], Field(min_length=1)]
    strategies: Annotated[tuple[StrategyEntry, ...], Field(min_length=1)]
    _path: Path = PrivateAttr()
    _text: str = PrivateAttr()

    @field_validator("stop")
    @classmethod
    def _sees_all(cls, stop: Stop, info: ValidationInfo) -> Stop:
        if stop == "valid-optimum" and "paper" in info.data.get("protocols", ()):
            raise ValueError("'valid-optimum' ends runs whose 'paper' value could still rise; leave one of them out")
        return stop

    @model_validator(mode="after")
    def _reached(self) -> "Study":
        most = max([self.budget, *(strategy.budget or 0 for strategy in self.strategies)])
        if beyond := [place for place in self.checkpoints or () if place > most]:
            raise ValueError(f"checkpoints: no run has {beyond[0]:,} queries, {most:,} is the largest budget")
        runs = len(self.benchmarks) * sum(len(strategy.seeds or self.seeds) for strategy in self.strategies)
        if runs > _MOST_RUNS:
            raise ValueError(
                f"these are {runs:,} runs, and a study has at most {_MOST_RUNS:,}; give it fewer seeds, or make "
                "several studies of it"
            )
        return self

    @property
    def text(self) -> str:
        """The study file as it was written."""
        return self._text

    def line(self, kind: Literal["benchmarks", "strategies"], place: int) -> str:
        """Return where an entry stands, for messages: `FILE, line N`."""
        return f"{self._path}, line {_line(self._text, (kind, place))}"


def shipped() -> dict[str, Path]:
    """Return the study files that come with the package, by name."""
    folder = Path(str(files("weaknas_experiments").joinpath("studies")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_study(file: str | Path) -> Study:
    """Read a study file.

    Args:
        file: its path, or the name of one that comes with the package.

    Raises:
        InvalidStudy: there is no such file, or it is not a study; the message names the line at fault.
    """
    path = Path(file)
    if not path.is_file():
        known = shipped()
        if str(file) not in known:
            close = difflib.get_close_matches(str(file), known, 2) or list(known)
            raise InvalidStudy(f"there is no study file {file}; those that come with weaknas: {', '.join(close)}.")
        path = known[str(file)]
    try:
        text = path.read_text("utf-8-sig")  # some editors of Windows begin a text with a mark
        content = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        raise InvalidStudy(f"the study file {path} cannot be read: {system_sentence(error)}.") from error
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        raise InvalidStudy(_sentence(path, text, error)) from error
    study._path, study._text = path, text
    for kind in ("benchmarks", "strategies"):
        labels = [entry.label for entry in getattr(study, kind)]
        for place, label in enumerate(labels):
            if label in labels[:place]:
                raise InvalidStudy(f"{study.line(kind, place)}: another entry is labelled {label!r}; give it a label.")
    return study


def _sentence(path: Path, text: str, error: ValidationError) -> str:
    """Say the first mistake, and in which line it is."""
    first = error.errors()[0]
    place = tuple(part for part in first["loc"] if not str(part).startswith(("function-", "literal[")))
    where = f"{path}, line {_line(text, place)}"
    key = ".".join(str(part) for part in place if isinstance(part, str)) or "the file"
    if first["type"] == "extra_forbidden":
        entries: dict[str, type[_Entry]] = {"benchmarks": BenchmarkEntry, "strategies": StrategyEntry}
        known = list(entries.get(str(place[0]), Study).model_fields)
        close = difflib.get_close_matches(str(place[-1]), known, 1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}."
        return f"{where}: there is no key {key!r}; {hint}"
    if first["type"] == "missing":
        return f"{where}: the key {key!r} is missing."
    what = re.sub(r"^(Value error, |Input )", "", first["msg"])
    what = re.sub("(?i)tuple", "list", what)
    given = "" if first["type"] == "value_error" else f", not {short(first['input'])}"
    return f"{where}: {key}: {what}{given}."


def _line(text: str, place: tuple[Any, ...]) -> int:
    """Return the line of a key, or of the innermost table around it that has one; `place` is its path."""
    lines: dict[tuple[Any, ...], int] = {(): 1}
    table: tuple[Any, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[\[\s*([\w-]+)\s*\]\]", line):
            counts[found[1]] = counts.get(found[1], -1) + 1
            table = (found[1], counts[found[1]])
            lines.setdefault(table[:1], number)
        elif found := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            # A sub-table such as [strategies.options] belongs to the last entry.
            table = tuple(part for key in found[1].split(".") for part in (key, counts.get(key)) if part is not None)
        elif found := re.match(r"\s*\"?([\w-]+)\"?\s*(?:\.\s*([\w-]+)\s*)?=", line):
            for depth in range(1, 3):
                if all(keys := found.groups()[:depth]):
                    lines.setdefault((*table, *keys), number)
            continue
        else:
            continue
        lines.setdefault(table, number)
    return max(number for known, number in lines.items() if place[: len(known)] == known)
