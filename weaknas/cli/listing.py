"""`weaknas list`: the names of benchmarks, predictors, schemes, spaces and strategies."""

from typing import Annotated

import typer

from .. import Kind, names

app = typer.Typer()


@app.command()
def listing(
    kind: Annotated[Kind, typer.Argument(help="What to list.", show_default=False)],
    pattern: Annotated[str, typer.Argument(metavar="GLOB", help="Which names.")] = "*",
) -> None:
    """List the names of benchmarks, predictors, schemes, spaces or strategies, one on a line; nothing is imported."""
    for name in names(kind, pattern):
        print(name)
