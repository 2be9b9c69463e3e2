"""The package's exceptions: each message is one sentence saying what is wrong, where, and what to do."""

import inspect
import os
import traceback
from errno import errorcode
from pathlib import Path
from typing import Any

__all__ = [
    "BudgetError",
    "InUse",
    "InvalidArchitecture",
    "InvalidCheckpoint",
    "InvalidImages",
    "InvalidOption",
    "InvalidTable",
    "MissingExtra",
    "NotFound",
    "PluginError",
    "UntrustedName",
    "WeaknasError",
    "as_sentence",
    "plugin_sentence",
    "reason",
    "system_sentence",
]

_WORD, _QUOTED, _MESSAGE = 300, 300, 1200
"""Characters after which a word of a message, what another program says in it, and all of it are cut short."""


class WeaknasError(ValueError):
    """The family of every mistake that a user can mend; the command line answers it with exit code 2.

    Attributes:
        found: the `Result` of a search that ends with this error, with all that was paid for; else None.
    """

    found: Any = None

    def __str__(self) -> str:
        """Return the message; of a word or a message that nobody would read to its end, the beginning and the end."""
        words = (_cut(word, _WORD) for word in super().__str__().split(" "))
        return _cut(" ".join(words), _MESSAGE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest * 2 // 3]}…{text[-longest // 4 :]}"


class NotFound(WeaknasError):
    """A name, file or table that does not exist."""


class InvalidOption(WeaknasError):
    """An option that is unknown, or whose value cannot be used."""


class InvalidArchitecture(WeaknasError):
    """An architecture, or its text form, that does not belong to the space."""


class InvalidCheckpoint(WeaknasError):
    """A file of weights that is damaged, of another network, or with weights missing or left over."""


class InvalidImages(WeaknasError):
    """Images that are damaged, or not laid out in a way that is known."""


class InUse(WeaknasError):
    """A folder or a file that another process is working on."""


class InvalidTable(WeaknasError):
    """A table that is truncated, altered, of another format or without the column asked for."""


class BudgetError(WeaknasError):
    """A budget that cannot be spent, or that is spent."""


class PluginError(WeaknasError):
    """A plug-in that breaks its contract (a predictor that returns NaN, a strategy that repeats itself)."""


class UntrustedName(WeaknasError):
    """A name read from data that would run code, train, or read files of the data's choice."""


class MissingExtra(ModuleNotFoundError, WeaknasError):
    """A part of the package whose optional dependencies are not installed."""


def as_sentence(error: WeaknasError) -> str:
    """Return the message, and what was noted about it, on one line, whatever a name in it may hold."""
    text = " ".join(" ".join([str(error), *getattr(error, "__notes__", [])]).split())
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def plugin_sentence(error: BaseException, plugin: Any = None) -> str:
    """Return what a plug-in's error says, in words without a full stop: its type, its text, and where it was raised.

    Args:
        error: what it raised.
        plugin: a class, a function or the path of a source; the line is the last one in its file, if there is one.
    """
    if isinstance(error, WeaknasError):
        return as_sentence(error).rstrip(".")
    frames = traceback.extract_tb(error.__traceback__)
    lines = [(frame.filename, frame.lineno) for frame in frames]
    if isinstance(error, SyntaxError):
        lines.append((error.filename or "", error.lineno))
    file = _source(plugin)
    own = [one for one in lines if file is not None and Path(one[0]).resolve() == file.resolve()]
    (where, line), *_ = reversed(own or lines or [("an unknown file", None)])
    text = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
    said = f"{type(error).__name__}: {_cut(text, _QUOTED).rstrip('.')}" if text else type(error).__name__
    return f"{said} ({where}, line {line})"


def _source(plugin: Any) -> Path | None:
    if isinstance(plugin, str | Path):
        return Path(plugin)
    try:
        file = inspect.getsourcefile(getattr(plugin, "func", plugin))
    except TypeError:  # nothing that a file defines
        return None
    return Path(file) if file else None


def reason(error: OSError) -> str:
    """Return why the system did not allow something, whatever a library makes of it, without a full stop."""
    known = os.strerror(error.errno) if error.errno is not None and error.errno in errorcode else ""
    return known or " ".join((error.strerror or str(error) or type(error).__name__).split()).rstrip(".")


def system_sentence(error: BaseException) -> str:
    """Return what a disk, the memory, the locale or a file's text did not allow, in words without a full stop."""
    match error:
        case OSError():
            said = reason(error)
            return f"{os.fsdecode(error.filename)}: {said}" if isinstance(error.filename, str | bytes) else said
        case MemoryError():
            return "there is not enough memory"
        case UnicodeDecodeError():
            return "it is no text in UTF-8"
        case UnicodeEncodeError():
            return f"the locale's encoding {error.encoding} has no {error.object[error.start]!a}; set PYTHONUTF8=1"
        case RecursionError():
            return "it is nested too deeply"
    return " ".join(str(error).split()).rstrip(".")
