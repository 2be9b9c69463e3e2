"""`weaknas leaderboard`: results as a page, and results of others among them."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from weaknas.files import check_writable, write_atomically

from . import submission

app = typer.Typer(no_args_is_help=True, help="Leaderboards: results as one page, and those of others among them.")


@app.command()
def build(
    directories: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders of studies, or folders of such folders.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="The page.")] = Path("leaderboard.html"),
    title: Annotated[str, typer.Option(help="Its heading.")] = "NAS leaderboard",
) -> None:
    """Make one self-contained page of the results of studies."""
    from .board import contents
    from .page import render

    check_writable(out)
    command = shlex.join(["weaknas", *sys.argv[1:]])
    text = render(contents(directories), title, command)
    write_atomically(out, lambda part: part.write_text(text, "utf-8"))
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The folder of a study, or the results.parquet in it.")],
    board: Annotated[Path, typer.Option(metavar="DIR", help="The folder of entries that they are added to.")],
    who: Annotated[str, typer.Option(help="Who made the results, as the page shall name them.")],
    url: Annotated[str, typer.Option(help="Where to read more.")] = "",
    min_seeds: Annotated[
        int, typer.Option(help="Runs that an entry needs on every benchmark.", min=1)
    ] = submission.MIN_SEEDS,
    not_compared: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL",
            help="Accept results on this benchmark of theirs without comparing them with its table. May be repeated.",
        ),
    ] = None,
) -> None:
    """Check results, and add them to a folder of entries; what is submitted stays as it is."""
    accepted = submission.submit(file, board, who, url, min_seeds, not_compared or ())
    for entry in accepted.entries:
        print(entry)
    for benchmark in not_compared or ():
        print(f"weaknas: not compared with the table of {benchmark}, as you said", file=sys.stderr)
    print(f"{accepted.directory}: {accepted.runs} runs accepted")
