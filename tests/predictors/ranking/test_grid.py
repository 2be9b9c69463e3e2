import pandas as pd
import pytest

from weaknas.errors import InvalidOption, InvalidTable
from weaknas_predictors.ranking import grid, report
from weaknas_predictors.ranking.cells import Protocol

HERE = Protocol("digits", pool=2000)


def wanted(predictors=("random-forest",), sizes=(10, 20), seeds=range(2), encodings=(None,)):
    return grid.cells(HERE, predictors, encodings, sizes, seeds)


def timeless(frame):
    return frame.drop(columns=["fit_seconds", "predict_seconds"])


def test_a_stopped_ranking_goes_on_where_it_was(tmp_path):
    out, whole = tmp_path / "part.parquet", tmp_path / "whole.parquet"
    first, _ = grid.rank(HERE, wanted(sizes=(10,)), out)
    counts = []
    both, failed = grid.rank(HERE, wanted(), out, progress=counts.append)
    assert counts == [2, 3, 4]
    assert failed == {}
    at_once, _ = grid.rank(HERE, wanted(), whole, jobs=2)
    pd.testing.assert_frame_equal(timeless(both), timeless(at_once))
    pd.testing.assert_frame_equal(grid.load(out)[0], both)
    assert tuple(both.columns) == grid.COLUMNS
    pd.testing.assert_frame_equal(both[both.train_size == 10].reset_index(drop=True), first)


def test_results_of_another_protocol_are_kept_apart(tmp_path):
    out = tmp_path / "ranking.parquet"
    grid.rank(HERE, wanted(sizes=(10,), seeds=[0]), out)
    before = out.read_bytes()
    with pytest.raises(InvalidTable, match="with pool 2000, not None; name another file"):
        grid.rank(Protocol("digits"), wanted(), out)
    assert out.read_bytes() == before
    out.write_text("no parquet")
    with pytest.raises(InvalidTable, match="is no ranking of predictors"):
        grid.rank(HERE, wanted(), out)


def test_a_broken_predictor_does_not_stop_the_others(tmp_path):
    (tmp_path / "broken.py").write_text("class Broken:\n    def fit(self, X, y):\n        raise RuntimeError('oh')\n"
                                        "    def get_params(self):\n        return {}\n")  # fmt: skip
    broken = f"{tmp_path / 'broken.py'}:Broken"
    frame, failed = grid.rank(HERE, wanted((broken, "random-forest"), (10,), [0]), tmp_path / "ranking.parquet")
    assert list(frame.predictor) == ["random-forest"]
    assert failed == {broken: "the predictor Broken failed to fit 10 architectures: oh."}


def test_seeds_draw_training_sets_and_low_fidelity_scores_help(tmp_path):
    frame, _ = grid.rank(HERE, wanted(sizes=(30,)), tmp_path / "a.parquet")
    assert frame.tau.nunique() == 2
    epochs = Protocol("digits", pool=2000, low_fidelity=4)
    helped, _ = grid.rank(epochs, wanted(sizes=(30,)), tmp_path / "b.parquet")
    assert (helped.tau > frame.tau + 0.1).all()


def test_the_summary_takes_means_over_seeds_best_first(tmp_path):
    frame, _ = grid.rank(HERE, wanted(("mlp", "random-forest")), tmp_path / "a.parquet")
    table = report.summary(frame)
    assert list(table.train_size) == [10, 10, 20, 20]
    assert (table.seeds == 2).all()
    assert table.tau[0] >= table.tau[1]
    drawn = report.figure(frame, "digits")
    assert len(drawn.axes) == 2


def test_too_large_a_training_set_is_refused():
    with pytest.raises(InvalidOption, match="has 15,625 architectures: too few to train on 8,000"):
        wanted(sizes=(8000,))
