"""`weaknas draw`: draw the cells of an architecture."""

from pathlib import Path
from typing import Annotated

import typer

from .. import space as make_space
from ..drawing import check_path, write
from ..shell_options import by_part

app = typer.Typer()


@app.command()
def draw(
    name: Annotated[str, typer.Argument(metavar="SPACE", help="A space of cells, by its name.", show_default=False)],
    arch: Annotated[
        str,
        typer.Argument(
            metavar="ARCH", help="The architecture: its text, or a published one by its name.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.svg", help="The drawing.")],
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="An option of the space. May be repeated."),
    ] = None,
) -> None:
    """Draw the cells of an architecture, from left to right.

    weaknas draw darts darts-v2 --out cells.svg
    """
    check_path(out)
    space = make_space(name, **by_part(option or [], ("space",))["space"])
    print(write(space, space.from_str([arch]), out))
