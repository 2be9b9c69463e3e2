"""Reading a study's results, finished or not."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weaknas.errors import InvalidTable

from . import folder
from .definition import InvalidStudy
from .manifest import Manifest, read_manifest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Results", "load"]

_CATEGORICAL = ("study", "benchmark", "dataset", "strategy", "label", "predictor", "options")


@dataclass(frozen=True)
class Results:
    """The results of a study.

    Attributes:
        directory: the folder they were read from.
        frame: one row a query, the columns of `results_schema.SCHEMA`, sorted by benchmark, label, seed and query;
            unknown numbers are NaN, `hit_valid` and `hit_test` are of the nullable type `boolean`.
        timings: one row a run: `benchmark, strategy, label, seed, queries, wall_seconds, overhead_seconds, digest`.
        manifest: what `manifest.json` says: study, benchmarks, versions, command.
    """

    directory: Path
    frame: "pd.DataFrame"
    timings: "pd.DataFrame"
    manifest: Manifest


def load(directory: str | Path) -> Results:
    """Read the folder of a study; runs that are not merged yet are read too, so it may be in use.

    Raises:
        InvalidStudy: it is no folder of a study, or holds no run yet.
        InvalidTable: a table in it is damaged, or has runs that the manifest does not know.
    """
    import pandas as pd

    path = Path(directory)
    manifest = read_manifest(path)
    rows, timings = folder.read_all(path)
    _check_labels(rows, manifest, path)
    if not len(rows):
        raise InvalidStudy(f"{path} holds no finished run yet; run the study first.")
    frame = rows.to_pandas(categories=[name for name in _CATEGORICAL if rows[name].null_count < len(rows)])
    for name in ("hit_valid", "hit_test"):
        frame[name] = pd.array(frame[name], dtype="boolean")
    return Results(path, frame, timings.to_pandas(), manifest)


def _check_labels(rows: Any, manifest: Manifest, directory: Path) -> None:
    for column, known in (("benchmark", manifest.benchmarks), ("label", manifest.strategies)):
        for label in rows[column].unique().to_pylist():
            if label not in known:
                raise InvalidTable(
                    f"the manifest in {directory} says nothing of the {column} {label!r} of the results; add it."
                )
