"""`digits`: NAS-Bench-201's 15,625 cells trained on scikit-learn's digits, measured for weaknas; see docs/digits.md.

Three training runs of each of 6,466 classes of isomorphic cells were measured (see `building.classes`), so the rows of
a class have the same accuracies; each of the 15,625 rows is a query of its own all the same. The options are those of
`Table`; the fidelities are epochs along the one training schedule.
"""

from functools import partial

from .finder import open_table

__all__ = ["digits"]

digits = partial(open_table, "digits.parquet", "digits")
