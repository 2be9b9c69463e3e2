"""The doors: how benchmarks, predictors, strategies, spaces, learned encodings and commands are found by name.

A door is an entry-point group. The built-ins come through the same doors as anyone's package:

    [project.entry-points."weaknas.predictors"]
    my-forest = "my_package.forest:MyForest"

A name is written `name`, `name:argument` (the argument is handed to the plug-in first) or
`path/to/file.py:Object` (a plug-in in a plain file, no package needed).

A plug-in named `*` is a finder: it knows names of its own, such as those of a user's files. Its `names()` are listed
with the others; `load(name)` is asked for a name that no other plug-in has, and returns what makes it, or None.

A plug-in that imports a module only when it is used names it in an attribute `requires`, with what to install for it:
`{"xgboost": "weaknas[xgboost]"}`. Then a missing one is noticed before anything was paid for.

A command (a `typer.Typer`) is listed by `weaknas --help` with the first line of its module's docstring, which is read
without importing the module.

A name that a user types may be any of these. One that is read from data (a manifest, a card, results, a storage, a
checkpoint) is looked up within `names_from_data()`, where only registered names are known, and those that plug-ins
give themselves whose files the user has opened in this process: no file is executed or opened, nothing is made that a
plug-in marks with `user_only = True` because it trains, or reads a path, and no option is taken that a plug-in
declares as a `Path`.
"""

import ast
import difflib
import functools
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.abc import SourceLoader
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, get_args
from zlib import crc32

from .errors import (
    InvalidOption,
    MissingExtra,
    NotFound,
    PluginError,
    UntrustedName,
    WeaknasError,
    plugin_sentence,
    system_sentence,
)

__all__ = [
    "BENCHMARKS",
    "COMMANDS",
    "ENCODINGS",
    "PREDICTORS",
    "SCHEMES",
    "SPACES",
    "STRATEGIES",
    "Door",
    "from_data",
    "names_from_data",
    "unknown",
]

# What the user has opened from plain files in this process, by the name that it gives itself: a run or a checkpoint of
# it says that name, and runs nothing that the user has not run.
_OPENED: dict[tuple[str, str], Any] = {}
_FROM_DATA = ContextVar("weaknas_names_from_data", default=False)


@contextmanager
def names_from_data() -> Iterator[None]:
    """Within the block names come from data, not from the user: every door knows registered names only.

    This holds for names within names and options too, such as the predictor of a strategy or of an ensemble.
    """
    token = _FROM_DATA.set(True)
    try:
        yield
    finally:
        _FROM_DATA.reset(token)


def from_data() -> bool:
    """Return whether names come from data now."""
    return _FROM_DATA.get()


def unknown(noun: str, name: str, known: Iterable[str]) -> NotFound:
    """Return the error for a name that nobody knows, with the close matches or all that is known."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or [k for k in known if name and name in k]
    hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(known) or 'none'}."
    return NotFound(f"there is no {noun} named {name!r}; {hint}")


@functools.cache
def _entries(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """The entry points of a group; `path` (sys.path) is there to forget the answer when it changes."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            owners = [e.dist.name if e.dist else "an unknown package" for e in (other, entry)]
            raise PluginError(
                f"two plug-ins of {group} are named {entry.name!r}: {other.value} of {owners[0]} and "
                f"{entry.value} of {owners[1]}; uninstall or rename one of them."
            )
    return found


@dataclass(frozen=True)
class Door:
    """One entry-point group.

    Attributes:
        group: the entry-point group, such as `weaknas.predictors`.
        noun: what comes through, such as `predictor`; used in messages.
    """

    group: str
    noun: str

    def names(self, pattern: str = "*") -> list[str]:
        """Return the sorted names that match a glob, without importing any plug-in."""
        names = {*_entries(self.group, tuple(sys.path))} - {"*"}
        if (finder := self._finder()) is not None:
            names.update(finder.names())
        return sorted(name for name in names if fnmatchcase(name, pattern))

    def summary(self, name: str) -> str:
        """Return what the docstring of a plug-in's module says in its first line, read without importing the module.

        "`weaknas data`: the tables on this machine." gives "The tables on this machine."; without a docstring, or
        where the module cannot be read, it is empty.
        """
        try:
            source = _source(_entries(self.group, tuple(sys.path))[name].module)
            line = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
        except (ImportError, SyntaxError, ValueError):  # which is said when the plug-in is loaded
            return ""
        text = line.rpartition("`: ")[2]
        return text[:1].upper() + text[1:]

    def load(self, name: str) -> Callable[..., Any]:
        """Import and return what `name` refers to (a class or a function).

        Raises:
            NotFound: no plug-in, file or object has this name.
            UntrustedName: the name is read from data, and only a user may name this.
            PluginError: two packages claim the name, the plug-in cannot be imported, or it is no class or function.
            MissingExtra: the plug-in needs what is not installed.
        """
        if not isinstance(name, str):
            raise NotFound(f"a {self.noun} is found by its name, not by {name!r}.")
        plugin: Callable[..., Any] = self._found(name)
        try:
            inspect.signature(plugin)
        except (TypeError, ValueError):
            kind = type(plugin).__name__
            raise PluginError(
                f"the {self.noun} {name!r} is a {kind}, not a class or a function that makes one."
            ) from None
        for module, package in getattr(plugin, "requires", {}).items():
            if importlib.util.find_spec(module) is None:
                raise MissingExtra(
                    f"the {self.noun} {name!r} needs {module}, which is not installed; run: pip install '{package}'.",
                    name=module,
                )
        return plugin

    def _found(self, name: str) -> Any:
        """Return what a name refers to."""
        left, _, argument = name.partition(":")
        if _FROM_DATA.get() and any(part.endswith((".py", ".parquet", ".toml")) for part in name.split(":")):
            raise self._untrusted(name)
        if left.endswith(".py"):
            plugin = _load_from_file(Path(left), argument, self.noun)
            if isinstance(called := getattr(plugin, "name", None), str):
                _OPENED[self.group, called] = plugin
            return plugin
        entries = _entries(self.group, tuple(sys.path))
        plugin = self._import(entries[left]) if left in entries and left != "*" else _OPENED.get((self.group, left))
        if plugin is not None:
            if _FROM_DATA.get() and getattr(plugin, "user_only", False):
                raise self._untrusted(name)
            if argument and not _takes_text(plugin):
                raise NotFound(f"the {self.noun} {left!r} takes nothing after a colon, and {name!r} has {argument!r}.")
            return functools.partial(plugin, argument) if argument else plugin
        finder = self._finder()
        found = finder.load(name) if finder is not None else None
        if found is None:
            raise unknown(self.noun, left, self.names())
        return found

    def _untrusted(self, name: str) -> UntrustedName:
        return UntrustedName(
            f"the {self.noun} {name!r} is named by data, and would run code or read files; only a user may name it."
        )

    def _finder(self) -> Any:
        """Return the finder, None without one."""
        entry = _entries(self.group, tuple(sys.path)).get("*")
        return self._import(entry) if entry else None

    def _import(self, entry: EntryPoint) -> Any:
        try:
            return entry.load()
        except MissingExtra:
            raise
        except Exception as error:
            raise PluginError(
                f"the {self.noun} {entry.name!r} cannot be imported: {plugin_sentence(error)}{_remedy(entry, error)}"
            ) from error

    def create(self, name: str, /, *args: object, **options: object) -> Any:
        """Load `name` and call it.

        Raises:
            InvalidOption: the plug-in does not take one of the options, or needs another.
            UntrustedName: the name is read from data, and one of the options is the path of a file.
            PluginError: it raised; the message says what and where.
        """
        factory = self.load(name)
        signature = inspect.signature(factory)
        try:
            signature.bind(*args, **options)
        except TypeError as error:
            takes = ", ".join(list(signature.parameters)[len(args) :]) or "no options"
            raise InvalidOption(f"the {self.noun} {name!r}: {error}; it takes {takes}.") from error
        for option in options if _FROM_DATA.get() else ():
            if _takes_path(signature.parameters.get(option)):
                raise self._untrusted(f"{name} with {option} = {options[option]}")
        try:
            return factory(*args, **options)
        except (WeaknasError, ImportError, OSError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            what = f"the {self.noun} {name!r} cannot be made"
            raise PluginError(f"{what}: {plugin_sentence(error, factory)}.") from error


def _source(module: str) -> str:
    """Return the source of a module, without importing it or the packages that it is in; empty without one."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    for part in rest:
        if spec is None:
            break
        spec = PathFinder.find_spec(f"{spec.name}.{part}", spec.submodule_search_locations)
    loader = spec.loader if spec else None
    return loader.get_source(module) or "" if isinstance(loader, SourceLoader) else ""


def _takes_path(parameter: inspect.Parameter | None) -> bool:
    """Return whether an option is declared as the path of a file: `weights: str | Path | None`."""
    return parameter is not None and Path in (parameter.annotation, *get_args(parameter.annotation))


def _takes_text(plugin: Callable[..., Any]) -> bool:
    """Return whether a plug-in takes what stands after the colon of a name, as in `ensemble:mlp`, before all else."""
    first = next(iter(inspect.signature(plugin).parameters.values()), None)
    return first is not None and first.kind is not first.KEYWORD_ONLY and first.name != "space"


def _remedy(entry: EntryPoint, error: Exception) -> str:
    """Name the extra that brings a missing module, if the plug-in's package has one for it."""
    if isinstance(error, ModuleNotFoundError) and entry.dist:
        for requirement in entry.dist.requires or ():
            if extra := re.match(rf"{error.name}(?![\w.-]).*extra == ['\"](.+?)['\"]", requirement):
                return f"; run: pip install '{entry.dist.name}[{extra[1]}]'"
    return ""


def _load_from_file(path: Path, attribute: str, noun: str) -> Any:
    try:
        if not path.is_file():
            raise NotFound(f"there is no file {path} to load a {noun} from.")
    except OSError as error:
        raise NotFound(f"there is no file {path}: {system_sentence(error)}.") from error
    if not attribute:
        raise NotFound(f"{path} names a file but no object in it; write {path}:NAME.")
    spec = importlib.util.spec_from_file_location(f"weaknas_file_{path.stem}_{crc32(bytes(path.resolve())):08x}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Registered, so that what the file defines can be pickled within this process.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[spec.name]
        raise PluginError(f"{path} cannot be imported: {plugin_sentence(error, path)}.") from error
    if not hasattr(module, attribute):
        raise unknown(f"{noun} in {path}", attribute, (n for n in vars(module) if not n.startswith("_")))
    return getattr(module, attribute)


BENCHMARKS = Door("weaknas.benchmarks", "benchmark")
PREDICTORS = Door("weaknas.predictors", "predictor")
STRATEGIES = Door("weaknas.strategies", "strategy")
SPACES = Door("weaknas.spaces", "space")
ENCODINGS = Door("weaknas.encodings", "encoding")
SCHEMES = Door("weaknas.schemes", "scheme")
COMMANDS = Door("weaknas.commands", "command")
