"""`weaknas supernet`: training, evaluation and tables of supernets, from a shell."""

import typer

from .evaluate import evaluate, extract
from .tabulate import tabulate
from .train import train

app = typer.Typer(no_args_is_help=True, help="Train, evaluate and tabulate weight-sharing supernets.")
app.command(name="train")(train)
app.command(name="evaluate")(evaluate)
app.command(name="tabulate")(tabulate)
app.command(name="extract")(extract)


@app.callback()
def supernet() -> None:
    """Train, evaluate and tabulate weight-sharing supernets."""
