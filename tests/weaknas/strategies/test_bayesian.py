import numpy as np
import pytest

import weaknas
from weaknas.spaces import Choices
from weaknas.strategies.bayesian import Bananas, NasBowl


def test_bananas_asks_for_mutants_of_the_best(cells):
    strategy = Bananas(cells.space, cells.Oracle(), seed=0)
    known = strategy.ask(60).batch
    scores = cells.truth(known)
    strategy.tell(known, scores)
    best = known[np.argsort(scores)[-10:]]
    edits = (strategy.ask(10).batch[:, None] != best).sum(axis=2)
    assert edits.min(axis=1).max() == 1


@pytest.mark.parametrize(("kind", "batch"), [(Bananas, 10), (NasBowl, 5)])
def test_a_round_is_as_large_as_in_the_paper(cells, kind, batch):
    assert cells.started(kind).wants == batch


def test_without_graphs_nas_bowl_has_another_kernel():
    assert weaknas.strategy("nas-bowl", Choices({"a": range(5), "b": range(4)})).predictor_name == "gp"
