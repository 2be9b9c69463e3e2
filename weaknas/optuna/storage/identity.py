"""Whose study it is: what makes a stored search this one, and no other."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import optuna
from optuna.exceptions import DuplicatedStudyError
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage

from ...contracts import Benchmark, Strategy, options_of
from ...errors import BudgetError, WeaknasError
from ...spaces import Batch, Rows, Space
from ..params import quiet
from .backend import reading
from .ledger import Entry

__all__ = ["ATTRIBUTE", "begun", "check_contents", "identity_of"]

ATTRIBUTE = "weaknas"
Direction = Literal["minimize", "maximize"]
_FORMAT = 1
_CHECKSUM = 16  # digits


def begun(
    storage: BaseStorage, name: str, which: str, identity: dict[str, Any], directions: Sequence[Direction]
) -> tuple[optuna.Study, bool]:
    """Return the study of a search, and whether it was there before.

    Raises:
        WeaknasError: the study is that of another search, or of a newer version.
    """
    sampler = RandomSampler()  # never asked
    with quiet(), reading(name):
        try:
            study = optuna.create_study(storage=storage, sampler=sampler, study_name=name, directions=directions)
            joined = False
        except DuplicatedStudyError:
            study = optuna.load_study(storage=storage, sampler=sampler, study_name=name)
            joined = True
    # In this order: whoever begins a search beside us says whose the study is before it enters the first trial.
    with reading(name):
        trials = study.get_trials(deepcopy=False)
        stored = study.user_attrs.get(ATTRIBUTE)
    if stored is not None:
        _check_same(stored, identity, which)
    elif trials:
        raise _stranger(which)
    else:
        study.set_user_attr(ATTRIBUTE, identity)
    return study, joined


def _check_same(stored: Any, identity: dict[str, Any], which: str) -> None:
    """Compare what both know: an older version knew less."""
    if not isinstance(stored, dict) or not isinstance(stored.get("format"), int):
        raise _stranger(which)
    if stored["format"] > _FORMAT:
        raise WeaknasError(f"{which} was written by a newer version of weaknas; upgrade, or name another study.")
    stored = _plain(stored)
    if (before := stored.get("checksums")) is not None and before != identity["checksums"]:
        files = ", ".join(sorted({*before, *identity["checksums"]})) if isinstance(before, dict) else "its files"
        raise _changed(which, f"other contents of {files}")
    for part, mine in identity.items():
        if part in stored and not _agrees(stored[part], mine):
            raise WeaknasError(
                f"{which} was begun with the {part} {_short(stored[part])}, not {_short(mine)}; name another study."
            )


def _agrees(stored: Any, mine: Any) -> bool:
    if isinstance(stored, dict) and isinstance(mine, dict):  # options, of which versions know some more
        return all(stored[name] == mine[name] for name in stored.keys() & mine.keys())
    return bool(stored == mine)


def _stranger(which: str) -> WeaknasError:
    return WeaknasError(f"{which} is no search of weaknas; name another study.")


def _changed(which: str, what: str) -> WeaknasError:
    return WeaknasError(f"{which} was begun with {what}; restore what it was begun with, or name another study.")


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def identity_of(benchmark: Benchmark, strategy: Strategy) -> dict[str, Any]:
    """Return what makes a search this one: what must be the same in every worker."""
    inner = getattr(benchmark, "inner", None)
    best = benchmark.report(benchmark.space.rows[:1]).optimum if isinstance(benchmark.space, Rows) else None
    identity = {
        "format": _FORMAT,
        "benchmark": benchmark.name,
        "benchmark's options": options_of(benchmark),
        "options of the benchmark underneath": options_of(inner) if isinstance(inner, Benchmark) else None,
        "objective": ",".join([benchmark.objective, *(metric.valid for metric in benchmark.also)]),
        "checksums": {name: checksum[:_CHECKSUM] for name, checksum in benchmark.checksums.items()},
        "optimum": [best.valid, best.test] if best else None,
        "space": _description(strategy.space),
        "architectures": _digest(strategy.space.rows) if isinstance(strategy.space, Rows) else None,
        "strategy": strategy.name,
        "predictor": strategy.predictor_name,
        "options": strategy.options,
        "seed": strategy.seed,
    }
    plain: dict[str, Any] = _plain(identity)
    return plain


def check_contents(benchmark: Benchmark, study: optuna.Study, entries: Sequence[Entry], which: str) -> None:
    """Compare what was found with what the benchmark says now.

    In a table everything is looked up again, scores included. Of a benchmark that evaluates one report is made, where
    no checksums have told that it is the same.

    Raises:
        WeaknasError: it says something else.
    """
    table = bool(benchmark.checksums) and isinstance(benchmark.space, Rows)
    if not table and study.user_attrs[ATTRIBUTE].get("checksums"):
        return
    done = [entry for entry in entries if entry.scores is not None and np.isfinite(entry.scores).all()]
    for entry in done if table else done[:1]:
        known = entry.trial.user_attrs.get(benchmark.metric.test)
        same = known is None or _agree(known, benchmark.report(entry.arch).test[0])
        if table and same:
            try:
                now = np.atleast_1d(benchmark.evaluate(entry.arch, entry.fidelity).scores[0])
                same = all(map(_agree, entry.scores or (), now.tolist()))
            except BudgetError:  # of a wrapper with a budget of its own
                same = True
        if not same:
            (text,) = benchmark.space.to_str(entry.arch)
            raise _changed(which, f"another benchmark of the name {benchmark.name}: {text} has other values now")


def _agree(stored: Any, now: float) -> bool:
    return bool(np.isnan(now)) or bool(np.isclose(float(stored), now, rtol=1e-6, atol=1e-9))


def _description(space: Space) -> str:
    """Return a space's name, its size, and a digest of some of its architectures."""
    texts = "\n".join(space.to_str(space.sample(32, np.random.default_rng(0))))
    digest = hashlib.blake2b(texts.encode(), digest_size=4).hexdigest()
    return f"{space.name} of {space.size:,} rows ({digest})"


def _digest(rows: Batch) -> str:
    return hashlib.blake2b(np.ascontiguousarray(rows).tobytes(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, NaN as its name, which unlike NaN is equal to itself."""
    return json.loads(json.dumps(value, default=repr), parse_constant=str)
