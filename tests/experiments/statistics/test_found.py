import numpy as np
import pandas as pd

from weaknas.metrics import ACCURACY, Metric
from weaknas_experiments.statistics.found import Found, found_by_median_run


def rows(*runs: list[tuple[str, float, float, float | None]]) -> pd.DataFrame:
    """Runs of `(arch, valid_acc, test_acc, fidelity)`, seeds from 0."""
    lines = [(seed, *line) for seed, run in enumerate(runs) for line in run]
    frame = pd.DataFrame(lines, columns=["seed", "arch", "valid_acc", "test_acc", "fidelity"])
    return frame.astype({"valid_acc": float, "test_acc": float, "fidelity": float})


def run(arch: str, valid: float, test: float = np.nan) -> list:
    return [("bad", 1.0, 1.0, None), (arch, valid, test, None)]


def test_the_median_run_is_that_of_the_median_test_accuracy():
    three = rows(run("a", 90, 70), run("b", 92, 60), run("c", 91, 80))
    assert found_by_median_run(three, ACCURACY, "valid_acc") == Found("a", 0, 90.0, 70.0)


def test_of_two_it_is_the_worse_and_of_equals_the_first():
    assert found_by_median_run(rows(run("a", 90, 70), run("b", 91, 60)), ACCURACY, "valid_acc").arch == "b"
    assert found_by_median_run(rows(run("a", 90, 70), run("b", 90, 70)), ACCURACY, "valid_acc").arch == "a"


def test_without_test_accuracy_it_goes_by_the_score():
    assert found_by_median_run(rows(run("a", 93), run("b", 92), run("c", 91)), ACCURACY, "valid_acc").arch == "b"


def test_a_run_found_the_first_of_its_best_at_full_fidelity():
    one = rows([("short", 99, 99, 12.0), ("failed", np.nan, np.nan, None), ("a", 90, 70, None), ("b", 90, 75, None)])
    assert found_by_median_run(one, ACCURACY, "valid_acc").arch == "a"
    assert found_by_median_run(one, ACCURACY, "test_acc").arch == "b"
    assert found_by_median_run(one[:2], ACCURACY, "valid_acc") is None


def test_what_is_to_be_small_is_found_where_it_is_smallest():
    loss = Metric("loss", minimize=True)
    three = rows(run("a", 90, 70), run("b", 92, 60), run("c", 91, 80))
    turned = three.assign(loss=-three["valid_acc"], test_loss=-three["test_acc"])
    assert found_by_median_run(turned, loss, "loss") == Found("a", 0, -90.0, -70.0)
