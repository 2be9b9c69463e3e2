"""The command line: `weaknas COMMAND`, its commands coming through the door `weaknas.commands`."""

import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .. import __version__
from ..doors import COMMANDS
from ..errors import MissingExtra, WeaknasError, as_sentence, system_sentence

__all__ = ["main"]


class _Commands(TyperGroup):
    """The commands behind the door; one is imported when it is run or described."""

    def list_commands(self, ctx: Any) -> list[str]:
        return COMMANDS.names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS.names():
            return None
        try:
            app: Any = COMMANDS.load(cmd_name)
        except MissingExtra as error:
            app = _missing(error)
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command


def _missing(error: MissingExtra) -> typer.Typer:
    """Return a command in place of one that needs an extra: it says so, and the others can be listed."""
    app = typer.Typer()
    anything = {"ignore_unknown_options": True, "allow_extra_args": True}

    @app.command(
        help="Needs an extra that is not installed; run it to see which.",
        context_settings=anything,
        add_help_option=False,
    )
    def missing(ctx: typer.Context) -> None:
        raise error

    return app


app = typer.Typer(cls=_Commands, no_args_is_help=True, add_completion=False)


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
    try:
        typer.main.get_command(app)()
    except WeaknasError as error:
        said = as_sentence(error)
    except (OSError, MemoryError, UnicodeError) as error:
        said = f"{system_sentence(error)}."
    print(f"weaknas: {said}", file=sys.stderr)
    sys.exit(2)
