"""The command line: `weaknas COMMAND`, its commands coming through the door `weaknas.commands`."""

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from signal import SIGINT, Signals
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from .. import __version__
from ..doors import COMMANDS
from ..errors import WeaknasError, as_sentence, system_sentence

__all__ = ["main"]

_COMPLETION = ("install_completion", "show_completion")


class _Stopped(Exception):
    """Ctrl-C, or a signal that ends a command as Ctrl-C does; typer would end it without a word."""


@contextmanager
def _told_from_typer() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        raise _Stopped(*error.args) from error


class _Commands(TyperGroup):
    """The commands behind the door; one is imported when it is run, or its own help is asked for."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        with _told_from_typer():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        with _told_from_typer():
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:
        return COMMANDS.names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command as it is listed, with its name and one line of help; nothing is imported."""
        if cmd_name not in COMMANDS.names():
            return None
        return TyperCommand(cmd_name, short_help=COMMANDS.summary(cmd_name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, listed, rest = super().resolve_command(ctx, args)
        if name is None:  # completion asks what comes after a word that is no command
            return name, listed, rest
        app: Any = COMMANDS.load(name)
        command = typer.main.get_command(app)
        command.name = name
        command.params = [param for param in command.params if param.name not in _COMPLETION]  # of weaknas alone
        return name, command, rest


app = typer.Typer(cls=_Commands, no_args_is_help=True)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def weaknas(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Find good neural architectures with few evaluations."""


def main() -> None:
    """Run the command line; a user's mistake, or what the machine does not allow, is one sentence and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale without our signs loses none of the numbers
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        code, said = _run()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        code, said = _unprinted(error)
    if said and sys.stderr is not None:
        with suppress(OSError):  # with nowhere to say it, the exit code has to do
            print(f"weaknas: {said}", file=sys.stderr, flush=True)
    sys.exit(code)


def _warn(message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: str | None = None) -> None:
    """Say a warning to a user as a sentence; those to developers keep the place that they come from."""
    said = f"weaknas: {message}\n"
    if category is not UserWarning:
        said = warnings.formatwarning(message, category, filename, lineno, line)
    if sys.stderr is not None:
        sys.stderr.write(said)


def _run() -> tuple[int, str]:
    """Run the command; return the exit code, and what is to be said."""
    try:
        typer.main.get_command(app)(prog_name="weaknas")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1, ""
    except (_Stopped, KeyboardInterrupt) as stop:
        number = next((Signals(arg) for arg in stop.args if isinstance(arg, int)), SIGINT)
        words = [arg for arg in stop.args if isinstance(arg, str)]
        return 128 + number, " ".join([f"stopped by {number.name}", *words]) + "."
    except WeaknasError as error:
        return 2, as_sentence(error)
    except (OSError, MemoryError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == ENOSPC and error.filename is None:
            return _unprinted(error)  # what writes files says which one
        return 2, f"{system_sentence(error)}."
    return 0, ""


def _unprinted(error: OSError) -> tuple[int, str]:
    """Return the exit code, and what is to be said, where standard output takes no more; a closed pipe is silent."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries, and complains, again
    if isinstance(error, BrokenPipeError):
        return 1, ""
    return 2, f"cannot write to standard output: {system_sentence(error)}."
