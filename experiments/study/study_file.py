"""Study files: a study in TOML, read with the line of what is wrong in it."""

import difflib
import re
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ValidationError

from weaknas.errors import system_sentence

from .definition import BenchmarkEntry, InvalidStudy, StrategyEntry, Study, abbreviated
from .toml_lines import line_of

__all__ = ["load_study", "shipped"]


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
        study = Study.from_toml(path, text)
    except ValidationError as error:
        raise InvalidStudy(_sentence(path, text, error)) from error
    except (OSError, ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        raise InvalidStudy(f"the study file {path} cannot be read: {system_sentence(error)}.") from error
    for kind in ("benchmarks", "strategies"):
        labels = [entry.label for entry in getattr(study, kind)]
        for index, label in enumerate(labels):
            if label in labels[:index]:
                raise InvalidStudy(f"{study.line(kind, index)}: another entry is labelled {label!r}; give it a label.")
    return study


def _sentence(path: Path, text: str, error: ValidationError) -> str:
    """Say the first mistake, and in which line it is."""
    first = error.errors()[0]
    location = tuple(part for part in first["loc"] if not str(part).startswith(("function-", "literal[")))
    where = f"{path}, line {line_of(text, location)}"
    key = ".".join(str(part) for part in location if isinstance(part, str)) or "the file"
    if first["type"] == "extra_forbidden":
        entries: dict[str, type[BaseModel]] = {"benchmarks": BenchmarkEntry, "strategies": StrategyEntry}
        known = list(entries.get(str(location[0]), Study).model_fields)
        close = difflib.get_close_matches(str(location[-1]), known, 1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}."
        return f"{where}: there is no key {key!r}; {hint}"
    if first["type"] == "missing":
        return f"{where}: the key {key!r} is missing."
    what = re.sub(r"^(Value error, |Input )", "", first["msg"])
    what = re.sub("(?i)tuple", "list", what)
    given = "" if first["type"] == "value_error" else f", not {abbreviated(first['input'])}"
    return f"{where}: {key}: {what}{given}."
