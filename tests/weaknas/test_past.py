"""Past evaluations: what sources tell of a space, and a result to go on with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.measurements import Past
from weaknas.metrics import Metric
from weaknas.past import past_of, read_past
from weaknas.spaces import Choices, Rows
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.wrappers import Noisy

SPACE = Choices({"a": range(4), "b": range(4)})
ROWS = SPACE.enumerate()
WORTH = ROWS[:, 0] + 4.0 * ROWS[:, 1]


def table(name="target", values=WORTH, rows=ROWS, **options):
    frame = pd.DataFrame({"arch": SPACE.to_str(rows), "valid_acc": 50 + values})
    return Table.from_frame(frame, SPACE, name=name, higher_is_better=True, **options)


def test_a_table_tells_the_means_of_all_its_rows():
    (past,) = read_past(table("other", values=-WORTH), table())
    assert (past.label, past.left_out, len(past.batch)) == ("other", 0, 16)
    np.testing.assert_allclose(past.scores, 50 - WORTH)


def test_what_is_to_be_small_is_turned():
    frame = pd.DataFrame({"arch": SPACE.to_str(ROWS), "loss": WORTH})
    other = Table.from_frame(frame, SPACE, name="other", metrics=[Metric("loss", minimize=True)])
    (past,) = read_past(other, table())
    assert past.batch[np.argmax(past.scores)].tolist() == [0, 0]


def test_a_result_tells_what_its_search_paid_for_in_memory_or_in_a_file(tmp_path: Path):
    bench = table()
    result = weaknas.search(bench, weaknas.strategy("random", SPACE), 6)
    sources = [result, str(result.save(tmp_path / "r.parquet"))]
    for past in read_past(sources, bench):
        assert SPACE.to_str(past.batch) == result.history["arch"].tolist()
        np.testing.assert_allclose(past.scores, result.values)
        assert past.label == "random on target, seed 0"


def test_arrays_are_rows_of_the_space_and_scores():
    (past,) = read_past((ROWS[:3], [1, np.nan, 2]), table())
    assert past.scores.tolist() == [1, 2]
    assert past.left_out == 1
    made = Past("mine", ROWS[:2], np.array([1.0, 2.0]))
    assert read_past([made], table()) == [made]


def test_of_an_overlapping_space_what_can_be_read_is_taken_and_the_rest_counted():
    larger = Choices({"a": range(6), "b": range(4)})
    rows = larger.enumerate()
    past = past_of("larger", larger.to_str(rows), np.arange(24.0), Rows(SPACE, ROWS[:2]))
    assert (len(past.batch), past.left_out) == (16, 8)
    inside = rows[:, 0] < 4
    assert past.batch.tolist() == rows[inside].tolist()
    assert past.scores.tolist() == np.arange(24.0)[inside].tolist()


@pytest.mark.parametrize(
    "same", [table, lambda: Noisy(table(), sd=1.0), lambda: table(values=WORTH + 1), lambda: table(objective="valid")]
)
def test_the_table_that_is_searched_holds_the_answers(same):
    with pytest.raises(InvalidOption, match="target is the benchmark to be searched, and holds the answers"):
        read_past(same(), table())


def test_the_same_file_by_another_name_holds_the_answers_too(tmp_path: Path, toy_file: Path):
    copy = tmp_path / "copied.parquet"
    copy.write_bytes(toy_file.read_bytes())
    with pytest.raises(InvalidOption, match="holds the answers"):
        read_past(copy, weaknas.benchmark(str(toy_file)))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "this list is empty"),
        (3, "a prior is a saved result, a table, .* not int"),
        ((ROWS, np.ones(16)), "arrays tells nothing"),
        ((ROWS, np.ones(3)), "arrays tells nothing"),
        ("digits", "none of the 15,625 architectures of digits is one of choices"),
    ],
)
def test_what_makes_no_prior_is_refused(source, message):
    with pytest.raises(InvalidOption, match=message):
        read_past(source, table())


def test_what_has_no_table_is_to_be_searched_first():
    class Trained(Table):
        recorded = None

    frame = pd.DataFrame({"arch": SPACE.to_str(ROWS), "valid_acc": 50 + WORTH})
    with pytest.raises(InvalidOption, match="has no table of values; search it, save the result"):
        read_past(Trained(frame_data(frame), SPACE, name="trained"), table())


def frame_data(frame):
    from weaknas_benchmarks.table_data import FrameData

    return FrameData(frame, {"space": SPACE.name})
