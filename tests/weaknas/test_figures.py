import numpy as np
import pytest

import weaknas
from weaknas.errors import WeaknasError
from weaknas.figures import curves, save, search_curves, styles, tradeoff
from weaknas.metrics import Metric
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table


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


def test_an_indicator_is_drawn_without_a_unit(results):
    metric = Metric("bn-last")
    for result in results[:2]:
        result.metric, result.objective = metric, metric.valid
        result.history = result.history.rename(columns={"valid_acc": metric.valid}).assign(**{metric.test: np.nan})
    ax = results[0].plot()
    assert (ax.get_ylabel(), ax.lines[0].get_label()) == ("bn-last", "random, seed 0: best bn-last seen")
    assert search_curves(results[:2]).get_ylabel() == "best bn-last"
    with pytest.raises(WeaknasError, match=r"results of (\S+) by bn-last and \1 cannot share a figure"):
        search_curves(results)


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


def labels(ax):
    return ax.get_legend_handles_labels()[1]


def test_searches_drawn_one_after_the_other_keep_their_names(results):
    ax = results[0].plot()
    assert results[3].plot(ax) is ax
    named = labels(ax)
    assert [name for name in named if name.startswith("random, seed 0: ")] == named[:2]
    assert len([name for name in named if name.startswith("weaknas (rank-transform:gp), seed 0: ")]) == 2
    assert named.count("best mean validation accuracy in the benchmark") == 1
    colours = [line.get_color() for line in ax.lines if line.get_label() != named[2]]
    assert len(set(colours)) == 4
    assert ax.get_title(loc="left") == "toy"


def test_without_test_accuracy_the_best_score_is_drawn(toy_frame):
    bench = Table.from_frame(toy_frame.drop(columns="test_acc"), NasBench201(), name="toy")
    found = [searched(bench, "random", seed) for seed in range(2)]
    ax = search_curves(found)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.mean([curves(one)[1] for one in found], axis=0))
    assert ax.get_ylabel() == "best validation accuracy (%)"
    assert len(found[0].plot().lines) == 2  # the score and the best there is


def searched(bench, name, seed, budget=12, space=None, **options):
    strategy = weaknas.strategy(name, space or bench.space, seed=seed, **options)
    return weaknas.search(bench, strategy, budget)


def test_what_differs_but_for_the_seed_has_a_curve_and_a_name_of_its_own(toy, toy_frame):
    space = toy.space.where("params <= 200000")
    one_run = Table.from_frame(toy_frame, NasBench201(), name="toy", run=1)
    found = [searched(toy, "random", seed) for seed in range(2)]
    found += [searched(toy, "random", 0, budget=20), searched(one_run, "random", 0), searched(toy, "local-search", 1)]
    found += [searched(toy, "local-search", 0, initial=5), searched(toy, "random", 0, space=space)]
    assert labels(search_curves(found))[:6] == [
        "random, benchmark.run mean, budget 12, no constraint, 2 seeds",
        "random, benchmark.run mean, budget 20, no constraint, seed 0",
        "random, benchmark.run 1, budget 12, no constraint, seed 0",
        "local-search, initial 10, seed 1",
        "local-search, initial 5, seed 0",
        "random, benchmark.run mean, budget 12, constraint params <= 200000, seed 0",
    ]


def test_what_cannot_be_compared_is_not_drawn_together(results, toy, toy_frame):
    other = Table.from_frame(toy_frame, NasBench201(), name="other")
    half = Table.from_frame(toy_frame[toy_frame["valid_acc"] < 80], NasBench201(), name="toy")
    for more, message in [
        (searched(other, "random", 9), "results of toy and other cannot share a figure"),
        (searched(half, "random", 9), "several benchmarks named toy"),
        (results[0], "two of the results are of random, seed 0"),
    ]:
        with pytest.raises(WeaknasError, match=message):
            search_curves([*results, more])


def test_a_search_without_a_score_is_refused_among_others(results):
    results[1].history["valid_acc"] = np.nan
    with pytest.raises(WeaknasError, match="none of the 25 evaluations succeeded"):
        search_curves(results)


def test_seeds_whose_first_evaluations_failed_are_drawn_from_the_first_score(results):
    results[0].history.loc[:5, "valid_acc"] = np.nan
    (line, *_) = search_curves(results[:3]).lines
    assert np.isnan(line.get_ydata()[:6]).all()
    assert np.isfinite(line.get_ydata()[6:]).all()


def test_a_trade_off_is_drawn_with_its_front(toy):
    found = searched(toy, "nsga2", 0, budget=40, costs="params", population=10)
    ax = found.plot()
    front = found.history[found.history["front"]].sort_values("params")
    assert ax.lines[0].get_xdata().tolist() == front["params"].tolist()
    assert ax.lines[0].get_ydata().tolist() == front["valid_acc"].tolist()
    assert len(ax.collections[0].get_offsets()) == 40
    assert ax.get_xlabel() == "params"
    with pytest.raises(WeaknasError, match="no trade-off to draw"):
        tradeoff(searched(toy, "random", 0))


def test_a_curve_and_a_trade_off_do_not_share_axes(toy, results):
    strategy = weaknas.strategy("nsga2", toy.space, population=4)
    front = weaknas.search(toy, strategy, 8)
    with pytest.raises(WeaknasError, match="drawn there is against queries, and this is against macs; draw it on"):
        tradeoff(front, search_curves(results[:1]))
    drawn = tradeoff(front)
    with pytest.raises(WeaknasError, match="drawn there is against macs, and this is against queries"):
        search_curves(results[:1], drawn)
    assert len(tradeoff(front, drawn).get_legend_handles_labels()[1]) == 2


def test_no_two_styles_are_the_same_among_28():
    drawn = styles(map(str, range(28)))
    assert len({tuple(style.values()) for style in drawn.values()}) == 28
