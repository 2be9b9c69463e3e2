"""What may stand in the file of a user's own space."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ...errors import InvalidOption
from .layers import Act, Shortcut

__all__ = ["Layout", "read"]

_MOST_EXPANSION = 16
_CANDIDATE = re.compile(r"k[357]e(\d+(\.\d+)?)")


def _is_candidate(word: str) -> bool:
    found = _CANDIDATE.fullmatch(word)
    return found is not None and 0 < float(found[1]) <= _MOST_EXPANSION


def _options(value: Any) -> Any:
    """A list is a choice, a number is none."""
    return tuple(value) if isinstance(value, list) else value


def _ordered(value: Any) -> Any:
    if isinstance(value, tuple) and (not value or list(value) != sorted(set(value)) or len(value) > 127):
        raise ValueError("options are a list of up to 127 different numbers, smallest first")
    return value


def _different(value: Any) -> Any:
    if isinstance(value, tuple) and (not value or len(set(value)) < len(value)):
        raise ValueError("options are a list of different words")
    return value


_Number = TypeVar("_Number")
_Options = Annotated[_Number | tuple[_Number, ...], BeforeValidator(_options), AfterValidator(_ordered)]
"""A number, or a list of numbers to choose from."""

_Acts = Annotated[Act | tuple[Act, ...], BeforeValidator(_options), AfterValidator(_different)]
"""An activation, or a list of activations to choose from."""

_Width = Annotated[int, Field(ge=1, le=8192)]
_Side = Annotated[int, Field(ge=4, le=2048)]
_Depth = Annotated[int, Field(ge=1, le=32)]
_Kernel = Literal[3, 5, 7]
_Expansion = Annotated[float, Field(gt=0, le=_MOST_EXPANSION)]
_Splits = Annotated[int, Field(ge=0, le=8)]
_Stride = Literal[1, 2]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Stem(_Table):
    """The first convolution, 3x3."""

    width: _Options[_Width]
    stride: _Stride = 2
    act: Act = "hswish"


class Stage(_Table):
    """Blocks of one width, of which the first may halve the image."""

    width: _Options[_Width]
    depth: _Options[_Depth] = 1
    kernel: _Options[_Kernel] = 3
    expansion: _Options[_Expansion] = 6
    candidates: Annotated[tuple[str, ...], BeforeValidator(_options)] | None = None
    stride: _Stride = 1
    act: _Acts = "relu"
    squeeze: bool = False
    splits: _Options[_Splits] | None = None
    shortcut: Shortcut = "identity"
    alike: bool = False
    transform: bool = False

    @property
    def blocks(self) -> int:
        """The number of blocks at most."""
        return self.depth[-1] if isinstance(self.depth, tuple) else self.depth

    @model_validator(mode="after")
    def _attention_is_said_once(self) -> "Stage":
        if self.squeeze and self.splits is not None:
            raise ValueError("squeeze says as much as splits = 1; give one of them")
        return self

    @model_validator(mode="after")
    def _candidates_stand_alone(self) -> "Stage":
        if self.candidates is None:
            return self
        elastic = self.model_fields_set & {"kernel", "expansion", "alike", "transform"}
        if elastic:
            raise ValueError(f"a stage with candidates takes no {sorted(elastic)[0]}")
        if isinstance(self.act, tuple) or isinstance(self.splits, tuple):
            raise ValueError("a stage with candidates takes one act and one number of splits, no lists")
        if not isinstance(self.depth, int):
            raise ValueError("a stage with candidates has a fixed depth; let blocks be skipped by the candidate skip")
        layers = self.candidates[:-1] if self.candidates[-1:] == ("skip",) else self.candidates
        if not layers or len(set(layers)) < len(layers) or not all(map(_is_candidate, layers)):
            raise ValueError(
                "candidates are different words like k3e6, with skip as the last if blocks may be skipped"
            )
        return self


class Head(_Table):
    """The convolution before pooling, and one after it if `mix` is given."""

    width: _Width
    mix: _Options[_Width] | None = None
    act: Act = "hswish"


class Layout(_Table):
    """The whole file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    classes: Annotated[int, Field(ge=1, le=1_000_000)]
    resolution: _Options[_Side]
    stem: Stem
    stage: Annotated[tuple[Stage, ...], BeforeValidator(_options), Field(min_length=1)]
    head: Head


_TABLES: dict[str, type[BaseModel]] = {"stem": Stem, "stage": Stage, "head": Head}


def read(table: Mapping[str, Any]) -> Layout:
    """Return a checked description.

    Raises:
        InvalidOption: the message says which value, where, and what is wrong with it.
    """
    if not isinstance(table, Mapping):
        raise InvalidOption(f"a space of mobile networks is described by a table of keys, not by {table!r}.")
    try:
        return Layout.model_validate(dict(table))
    except ValidationError as error:
        wrong = error.errors()
    # A misspelt key is also a missing one: say what was written.
    first = next((problem for problem in wrong if problem["type"] == "extra_forbidden"), wrong[0])
    place = first["loc"]
    key, table_name = str(place[-1]), str(place[0])
    stages = [number + 1 for number in place[1:2] if isinstance(number, int)]
    where = f"stage {stages[0]}" if stages else f"table {table_name}"
    inside = f" of {where}" if len(place) > 1 else ""
    if first["type"] == "extra_forbidden":
        takes = (_TABLES[table_name] if len(place) > 1 else Layout).model_fields.keys()
        raise InvalidOption(f"unknown key {key!r}{inside}; it takes {', '.join(takes)}.")
    if first["type"] == "missing":
        raise InvalidOption(f"the key {key!r}{inside} is missing.")
    problem = first["msg"].removeprefix("Value error, ")
    if isinstance(place[-1], int):  # the stage as a whole
        raise InvalidOption(f"{where}: {problem}.")
    named = next((str(part) for part in place[1:] if str(part) in Stage.model_fields), table_name)
    raise InvalidOption(f"{named}{inside} cannot be {first['input']!r}: {problem[0].lower()}{problem[1:]}.")
