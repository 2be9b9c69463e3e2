import numpy as np
import pytest

import weaknas
from weaknas.errors import WeaknasError
from weaknas.figures import curves, save, search_curves


@pytest.fixture
def results(toy):
    return [
        weaknas.search(toy, weaknas.strategy(name, toy.space, seed=seed), budget=25)
        for name in ("random", "weaknas")
        for seed in range(3)
    ]


def test_curves_follow_the_incumbent(results):
    queries, best, test = curves(results[0])
    history = results[0].history
    for q in queries.astype(int):
        row = history.iloc[:q]["valid_acc"].idxmax()
        assert best[q - 1] == history["valid_acc"][row]
        assert test[q - 1] == history["test_acc"][row]


def test_one_search_shows_both_accuracies(results):
    labels = [line.get_label() for line in results[0].plot().lines]
    seen = "random, seed 0: best validation accuracy seen"
    assert labels[:2] == [seen, "random, seed 0: test accuracy of that architecture"]


def test_many_searches_are_grouped_with_bands(results):
    ax = search_curves(results)
    assert [line.get_label() for line in ax.lines[:2]] == ["random, 3 seeds", "weaknas (rank-transform:gp), 3 seeds"]
    assert len(ax.collections) == 2
    mean = np.mean([curves(r)[2] for r in results[:3]], axis=0)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), mean)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_ending_names_the_format(results, tmp_path, ending):
    path = save(search_curves(results), tmp_path / f"figure.{ending}")
    head = path.read_bytes()[:5]
    assert head.startswith({"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[ending])


def test_what_cannot_be_drawn_is_refused(results, tmp_path):
    with pytest.raises(WeaknasError, match="'doc' is no picture format"):
        save(search_curves(results), tmp_path / "figure.doc")
    with pytest.raises(WeaknasError, match="at least one result"):
        search_curves([])
