import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.strategies.one_shot import BrpNas, OneShot


def test_one_shot_fits_once_and_walks_down(cells):
    strategy = cells.started(OneShot, initial=20)
    for start in (0, 10):
        batch = strategy.ask(10).batch
        found = cells.truth(batch)
        strategy.tell(batch, found)
        assert (found >= cells.best[start + 9 + 20]).all()  # at most the twenty initial ones are passed over
    assert len(cells.Oracle.fits) == 1


def test_brp_nas_trains_in_rounds_and_then_walks_down(cells):
    strategy = cells.started(BrpNas, train=30, batch=10)
    sizes = []
    for _ in range(5):
        sizes.append(strategy.wants)
        batch = strategy.ask().batch
        strategy.tell(batch, cells.truth(batch))
    assert sizes == [10] * 5
    assert [n for *_, n in cells.Oracle.fits] == [10, 20, 30]
    assert cells.truth(batch).min() > cells.best[100]


def test_training_needs_two(cells):
    with pytest.raises(InvalidOption, match="train is a whole number from 2"):
        weaknas.strategy("brp-nas", cells.space, predictor="mlp", train=1)
