import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas
from weaknas.spaces import NasBench201
from weaknas.table_file import TableFile
from weaknas_benchmarks.building.classes import trained_class
from weaknas_benchmarks.building.cost import cost
from weaknas_benchmarks.building.recipe import Recipe
from weaknas_benchmarks.store import data_directories

EMBEDDED = data_directories()[-1] / "digits.parquet"
IMAGES = {"valid": 449, "test": 450}


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setenv("WEAKNAS_DATA", str(EMBEDDED.parent))
    return TableFile(EMBEDDED)


def test_every_cell_is_there_in_the_spaces_order_in_three_megabytes(table):
    space = NasBench201()
    assert table.texts() == space.to_str(space.enumerate())
    assert EMBEDDED.stat().st_size <= 3_000_000
    assert table.card["recipe"] == Recipe().as_dict()
    assert table.card["space"] == "nasbench201"


def test_cells_trained_as_one_share_what_was_measured(table):
    classes = trained_class(NasBench201().enumerate())
    _, first, back = np.unique(classes, return_index=True, return_inverse=True)
    assert len(first) == 6466
    for column in ("valid_acc", "test_acc_run2", "valid_loss_run1_e1", "train_seconds"):
        values = table.numbers(column)
        np.testing.assert_array_equal(values, values[first][back])


@pytest.mark.parametrize("part", ["valid", "test"])
def test_accuracies_are_whole_numbers_of_images_and_means_of_runs(table, part):
    for suffix, copies in (("", 8), ("_e1", 2), ("_e2", 2), ("_e4", 2)):
        runs = np.stack([table.numbers(f"{part}_acc_run{run}{suffix}").astype(float) for run in range(3)])
        correct = runs / 100 * IMAGES[part] * copies
        np.testing.assert_allclose(correct, np.round(correct), atol=1e-3)
        np.testing.assert_allclose(table.numbers(f"{part}_acc{suffix}"), runs.mean(0), atol=1e-4)


def test_parameters_and_macs_are_those_of_the_live_operations(table):
    price = cost(NasBench201().enumerate())
    np.testing.assert_array_equal(table.numbers("params"), price.params)
    np.testing.assert_array_equal(table.numbers("macs"), price.macs)


def test_a_dead_cell_is_no_better_than_chance(table):
    assert abs(table.numbers("test_acc")[0] - 10) < 1
    assert abs(table.numbers("test_loss")[0] - np.log(10)) < 0.05


def test_runs_agree_and_validation_foretells_test(table):
    runs = [table.numbers(f"valid_acc_run{run}") for run in range(3)]
    assert min(spearmanr(runs[0], runs[1])[0], spearmanr(runs[1], runs[2])[0]) > 0.93
    assert spearmanr(table.numbers("valid_acc"), table.numbers("test_acc"))[0] > 0.97


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "options", [{}, {"run": 0}, {"run": "random", "seed": 3}, {"fidelity": 2}, {"objective": "test"}]
)
def test_it_is_searched_by_its_name(options):
    bench = weaknas.benchmark("digits", **options)
    result = weaknas.search(bench, weaknas.strategy("random", bench.space, seed=0), budget=50)
    assert bench.space.size == 15625
    assert result.history["train_seconds"].min() > 0
    assert result.optimum.valid > result.history["test_acc"].median()
    assert (bench.space.free_to_know("macs", bench.space.enumerate()[:4]) > 0).all()


def test_the_optimum_is_that_of_the_data_sheet(table):
    for column, best in (("valid_acc", 90.405), ("test_acc", 88.574)):
        values = table.numbers(column)
        assert np.flatnonzero(values == values.max()).tolist() == [11749]
        assert values.max() == pytest.approx(best, abs=5e-4)
