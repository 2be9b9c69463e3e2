"""What the manifest of a stranger's results must say."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from weaknas.contracts import Objective
from weaknas.errors import InvalidTable

from .. import folder
from ..rows import Stop

__all__ = ["Manifest", "read"]

Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class BenchmarkCard(_Part):
    """What is said of a benchmark.

    Attributes:
        size: of the space that was searched, where that is finite.
    """

    name: Text
    dataset: Text
    objective: Objective
    optimum: dict[Literal["valid_acc", "test_acc"], float | None]
    universe: Text
    size: int | None = None
    checksums: dict[str, str]
    options: dict[str, Any] = {}
    constraint: str | None = None
    note: str = ""


class StrategyCard(_Part):
    """What is said of a strategy: the queries that a run of it may make."""

    budget: Annotated[int, Field(ge=1)]


class Manifest(_Part):
    """What is said of the results; the keys are those of a study's own `manifest.json`.

    Attributes:
        format: of the folder, 1.
        study: a name for the whole, which becomes the name of its folder on the board.
        stop: `budget`, or `optimum` (`valid-optimum`) where a run ended when it had found both optima (that of
            validation).
        checkpoints: at how many queries accuracies are stated; at the least budget of a strategy by default.
        benchmarks: by the label that the results use.
        strategies: by the label that the results use.
        versions: of the software that made the results.
        command: that made them.
    """

    format: Literal[1]
    study: Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
    title: str = ""
    stop: Stop = "budget"
    protocols: tuple[Literal["honest", "paper"], ...] = ("honest",)
    record: Literal["all", "improvements"] = "all"
    checkpoints: tuple[Annotated[int, Field(ge=1, strict=True)], ...] = ()
    benchmarks: dict[str, BenchmarkCard]
    strategies: Annotated[dict[str, StrategyCard], Field(min_length=1)]
    versions: Annotated[dict[str, str], Field(min_length=1)]
    command: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _filled(self) -> "Manifest":
        self.checkpoints = self.checkpoints or (min(card.budget for card in self.strategies.values()),)
        return self


def read(directory: Path) -> tuple[Manifest, dict[str, Any]]:
    """Return the manifest of a folder, checked, and all that it says.

    Raises:
        InvalidTable: it is missing, is no JSON, or lacks something; the message names the key.
    """
    path = directory / folder.MANIFEST
    if not path.is_file():
        raise InvalidTable(
            f"there is no {folder.MANIFEST} beside the results in {directory}; see docs/leaderboard.md."
        )
    try:
        said = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidTable(f"{path} cannot be read: {error}; mend it.") from error
    try:
        manifest = Manifest.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "it"
        raise InvalidTable(f"{path}: {key}: {first['msg'].lower()}; see docs/leaderboard.md.") from error
    return manifest, {**said, **manifest.model_dump(mode="json")}
