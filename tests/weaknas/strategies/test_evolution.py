import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.strategies.evolution import PredictorEvolution


def test_inner_evolution_climbs_further_with_more_generations(cells):
    few, many = (
        cells.truth(cells.started(PredictorEvolution, generations=n, population=20).ask(10).batch).mean()
        for n in (1, 30)
    )
    assert many > few


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("npenas", {"predictor": "mlp", "parents": 0}, "parents is a whole number from 1"),
        ("npenas", {"predictor": "mlp", "acquisition": "ei"}, "acquisition is one of mean, thompson"),
        ("evolution", {"population": 3}, "population is a whole number from 4"),
    ],
)
def test_options_outside_their_range_are_refused(cells, name, options, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.strategy(name, cells.space, **options)
