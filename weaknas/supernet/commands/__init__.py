"""`weaknas supernet`: training, evaluation and tables of supernets, from a shell."""

import typer

from .evaluate import evaluate, extract
from .finetune import finetune
from .rank import rank_supernets
from .search import search
from .tabulate import tabulate
from .train import train

app = typer.Typer(
    no_args_is_help=True,
    help="Train, search, evaluate, tabulate and rank by weight-sharing supernets; extract and fine-tune networks.",
)
app.command(name="train")(train)
app.command(name="search")(search)
app.command(name="evaluate")(evaluate)
app.command(name="tabulate")(tabulate)
app.command(name="rank")(rank_supernets)
app.command(name="extract")(extract)
app.command(name="finetune")(finetune)


@app.callback()
def supernet() -> None:
    """Train, search, evaluate, tabulate and rank by weight-sharing supernets; extract and fine-tune networks."""
