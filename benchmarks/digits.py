"""`digits`: NAS-Bench-201's 15,625 cells trained on scikit-learn's digits, measured for and shipped with weaknas."""

from typing import Literal

from weaknas.spaces import NasBench201

from .store import TableFile, find
from .table import Run, Table

__all__ = ["digits"]


def digits(
    *,
    run: Run = "mean",
    fidelity: int | None = None,
    objective: Literal["valid", "test"] = "valid",
    seed: int = 0,
    universe: Literal["rows", "raw"] = "rows",
) -> Table:
    """Open the benchmark on the digits, whose table the package embeds; see docs/digits.md.

    Three training runs of each of the 6,466 classes of isomorphic cells were measured, so isomorphic rows have
    the same accuracies; each of the 15,625 rows is a query of its own all the same. The options are those of
    `Table`; the fidelities are epochs along the one training schedule.
    """
    return Table(
        TableFile(find("digits.parquet")),
        NasBench201(),
        name="digits",
        run=run,
        fidelity=fidelity,
        objective=objective,
        seed=seed,
        universe=universe,
    )
