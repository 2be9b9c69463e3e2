"""The command line: `weaknas COMMAND`, its commands coming through the door `weaknas.commands`."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .. import __version__
from ..doors import COMMANDS
from ..errors import WeaknasError, as_sentence

__all__ = ["main"]


class _Commands(TyperGroup):
    """The commands behind the door; one is imported when it is run or described."""

    def list_commands(self, ctx: Any) -> list[str]:
        return COMMANDS.names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS.names():
            return None
        app: Any = COMMANDS.load(cmd_name)
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command


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
    """Find the best neural architecture with the fewest evaluations."""


def main() -> None:
    """Run the command line; a user's mistake is one sentence and exit code 2."""
    try:
        typer.main.get_command(app)()
    except WeaknasError as error:
        print(f"weaknas: {as_sentence(error)}", file=sys.stderr)
        sys.exit(2)
