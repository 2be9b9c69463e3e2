"""The searches in a storage, as what was learned before."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from ...contracts import Benchmark, Past, Scores
from ...errors import InvalidOption, NotFound
from ...past import past_of
from .address import hidden, journal_of, sqlite_of
from .backend import close, reading, storage_at, unreachable
from .identity import ATTRIBUTE

__all__ = ["past_of_storage"]


def past_of_storage(address: str, benchmark: Benchmark) -> list[Past]:
    """Return what the searches in a storage found, at full fidelity, for the `prior` of a search.

    Those of spaces that have no architecture in common with the benchmark's are passed over.

    Args:
        address: of the storage, as `search` takes it.
        benchmark: the one to be searched.

    Raises:
        InvalidOption: the address is none, or none of the searches tells anything.
        NotFound: there is no such file, or the database cannot be reached.
        WeaknasError: the storage was written by another version of Optuna, or is damaged.
    """
    path = journal_of(address) or sqlite_of(address)
    if path is not None and not Path(path).is_file():
        raise NotFound(f"there is no storage {hidden(address)}, so nothing was learned in it before.")
    opened = storage_at(address, heartbeat=15)
    found: list[Past] = []
    refused = "no finished evaluation of a search of weaknas is in it"
    try:
        for name, texts, scores in _searches(opened):
            try:
                found.append(past_of(f"{name} in {hidden(address)}", texts, scores, benchmark.space))
            except InvalidOption as error:
                refused = str(error).rstrip(".")
    except (StorageInternalError, SQLAlchemyError) as error:
        raise unreachable(address, error) from None
    finally:
        close(opened)
    if not found:
        raise InvalidOption(f"the storage {hidden(address)} makes no prior: {refused}.")
    return found


def _searches(storage: BaseStorage) -> Iterator[tuple[str, list[str], Scores]]:
    """Yield the name of each search, what it has evaluated, and the first objective's scores, higher is better."""
    for name in optuna.get_all_study_names(storage):
        study = optuna.load_study(study_name=name, storage=storage)
        with reading(name):
            if ATTRIBUTE not in study.user_attrs:
                continue
            trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        done = [trial for trial in trials if trial.user_attrs.get("fidelity") is None and "arch" in trial.user_attrs]
        sign = -1.0 if study.directions[0] == StudyDirection.MINIMIZE else 1.0
        if done:
            yield name, [t.user_attrs["arch"] for t in done], sign * np.array([t.values[0] for t in done])
