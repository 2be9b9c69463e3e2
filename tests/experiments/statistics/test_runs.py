import numpy as np
import pandas as pd

from weaknas_experiments.statistics.runs import new_incumbent, paper, runs_of


def test_the_runs_of_a_frame_in_its_order():
    frame = pd.DataFrame({"benchmark": list("aaab"), "label": list("xyyy"), "seed": [0, 0, 1, 1], "query": 1})
    assert [run.index.tolist() for run in runs_of(frame)] == [[0], [1], [2], [3]]
    assert [len(run) for run in runs_of(frame.assign(benchmark="a", label="x"))] == [2, 2]
    assert list(runs_of(frame.iloc[:0])) == []


def test_a_new_incumbent_is_better_than_all_before_it():
    scores = np.array([np.nan, 3.0, 3.0, np.nan, 2.0, 4.0])
    assert new_incumbent(scores).tolist() == [False, True, False, False, False, True]


def test_the_paper_value_is_the_best_test_or_the_top_1_of_the_last_fit():
    test = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    top1 = np.array([np.nan, 4.0, np.nan, 2.0, 9.0])
    assert paper(test, top1).tolist() == [1, 4, 4, 5, 9]
    assert paper(test, np.full(5, np.nan)).tolist() == [1, 3, 3, 5, 5]
