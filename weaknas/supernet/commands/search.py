"""`weaknas supernet search`: search for an architecture while the supernet is trained."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from ...drawing import write
from ...errors import InvalidOption
from ...spaces import NetworkSpace
from ..probabilities import PROBABILITIES
from ..run import TrainingRun
from ..schemes import Scheme
from ..search_figure import draw_search
from ..training.processes import leads
from .running import Request, run_training, with_request

__all__ = ["search"]

CELLS: Final = "found.svg"


@with_request
def search(
    *,
    request: Request,
    constraint: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What is found may cost at most: 'macs <= 300e6', or params.")
    ] = None,
) -> None:
    """Search for an architecture while its supernet is trained; the same command goes on with one that was stopped.

    What was found is printed, and kept in the folder with the probabilities of all options and a picture, search.png;
    where it is made of cells these are drawn in found.svg.
    To train it alone: weaknas supernet finetune FOLDER --out NET
    """
    done = run_training(request, {} if constraint is None else {"constraint": constraint}, _searches)
    if leads():
        _say(done, request.out)


def _searches(scheme: Scheme) -> None:
    """Refuse a scheme that finds no architecture.

    Raises:
        InvalidOption: it does not.
    """
    if type(scheme).derive is Scheme.derive:
        raise InvalidOption(
            f"the scheme {scheme.name} searches for nothing while it trains; use weaknas supernet train, and search "
            "its run: weaknas search supernet:FOLDER."
        )


def _say(run: TrainingRun, out: Path) -> None:
    space = run.make_space()
    for text in run.found or ():
        cost = space.cost(space.from_str([text]))
        print(f"  {cost.macs[0] / 1e6:,.2f} million MACs, {cost.params[0] / 1e6:,.3f} million parameters")
    if pictures := [str(path) for path in _draw(run, space, out)]:
        print(f"  drawn in {' and '.join(pictures)}")
    if run.found:
        print(f"  to train it alone: weaknas supernet finetune {out} --out NET")


def _draw(run: TrainingRun, space: NetworkSpace, out: Path) -> Iterator[Path]:
    """Draw how the search went, and the cells of what it found, where there are such; yield the files."""
    if (out / PROBABILITIES).is_file():
        yield draw_search(out)
    if run.found:
        with suppress(InvalidOption):  # a space without cells
            yield write(space, space.from_str([run.found[0]]), out / CELLS)
