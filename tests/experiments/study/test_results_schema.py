from types import SimpleNamespace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weaknas.contracts import Optimum
from weaknas_experiments.statistics import curves, optimum
from weaknas_experiments.study.results_schema import improvements

SCORES = st.one_of(st.just(np.nan), st.integers(60, 66).map(float))


@st.composite
def runs(draw):
    """A run of any shape: failures, ties, lower fidelities, hits, top-1, a search on validation or on test."""
    size = draw(st.integers(1, 25))
    numbers = {name: draw(hnp.arrays(np.float64, size, elements=SCORES)) for name in ("valid", "test", "top1")}
    on_test = draw(st.booleans())
    fidelity = draw(hnp.arrays(np.int32, size, elements=st.sampled_from([-1, -1, -1, 12])))
    full = fidelity < 0
    seconds = draw(hnp.arrays(np.float64, size, elements=st.integers(1, 5).map(float)))
    return {
        "valid_acc": np.full(size, np.nan) if on_test else numbers["valid"],
        "test_acc": numbers["test"],
        "fidelity": fidelity,
        "top1_test": numbers["top1"],
        "hit_valid": (numbers["valid"] == 66) & full,
        "hit_test": (numbers["test"] == 66) & full,
        "cost": np.cumsum(np.where(full, 1.0, 0.25)),
        "spent_seconds": np.cumsum(seconds),
    }, "test_acc" if on_test else "valid_acc"


def frame_of(columns):
    frame = pd.DataFrame(columns)
    frame["fidelity"] = frame.fidelity.where(frame.fidelity >= 0).astype(float)
    for name in ("hit_valid", "hit_test"):
        frame[name] = pd.array(frame[name], dtype="boolean")
    return frame.assign(benchmark="b", label="s", seed=0)


@settings(max_examples=50)
@given(runs())
def test_improvements_alone_give_the_same_statistics(drawn):
    columns, objective = drawn
    keep = improvements(columns, objective)
    whole = frame_of(columns)
    kept = whole[keep].reset_index(drop=True)
    benchmarks = {"b": SimpleNamespace(objective=objective, optimum=Optimum(66.0, 66.0))}
    for target in ("valid", "test"):
        pd.testing.assert_frame_equal(optimum.hits(whole, target), optimum.hits(kept, target))
    first, second = curves.progress(whole, benchmarks), curves.progress(kept, benchmarks)
    for axis in ("queries", "hours"):
        places = np.linspace(0, 2 * first[axis].max(), 60)
        for measure in curves.MEASURES:
            ((_, one),) = curves.at(first, measure, axis, places).values()
            ((_, other),) = curves.at(second, measure, axis, places).values()
            np.testing.assert_array_equal(one, other)
