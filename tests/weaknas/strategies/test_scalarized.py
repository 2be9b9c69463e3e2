import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201

SPACE = NasBench201()


def scores_of(batch):
    """Convolutions against everything else, and a little of the first choice against both."""
    convolutions = ((batch == 2) | (batch == 3)).sum(axis=1)
    return np.stack([convolutions + 0.1 * batch[:, 0], -(convolutions**2.0) - batch[:, 1]], axis=1)


def asked(name, scale=1.0, shift=0.0, rounds=30, **options):
    strategy = weaknas.strategy(name, SPACE, objectives=2, seed=3, **options)
    rows = []
    for _ in range(rounds):
        batch = strategy.ask(6).batch
        strategy.tell(batch, scores_of(batch) * scale + shift)
        rows.append(batch)
    return strategy, np.concatenate(rows)


def test_the_units_of_the_objectives_change_nothing():
    scales = np.array([2.0**20, 2.0**-9])
    options = {"population": 20, "sample": 5}
    _, plain = asked("scalarized:regularized-evolution", **options)
    _, other = asked("scalarized:regularized-evolution", scales, np.array([-(2.0**22), 4.0]), **options)
    np.testing.assert_array_equal(plain, other)


def test_it_finds_a_better_front_than_chance():
    def beaten(name, **options):
        """The mean share of all architectures that a front dominates."""
        strategy, _ = asked(name, **options)
        _, front = strategy.front()
        values = scores_of(SPACE.enumerate()[::7])
        return np.mean([((front >= point).all(axis=1) & (front > point).any(axis=1)).any() for point in values])

    assert beaten("scalarized", population=20, sample=5) > beaten("random")


def test_its_options_are_those_of_the_strategy_too():
    strategy = weaknas.strategy("scalarized:weaknas", SPACE, predictor="ridge", weights=3)
    assert strategy.name == "scalarized:weaknas"
    assert strategy.predictor_name == "ridge"
    assert strategy.options["weights"] == 3
    assert "explore" in strategy.options
    with pytest.raises(InvalidOption, match="unexpected keyword argument 'sample'"):
        weaknas.strategy("scalarized:weaknas", SPACE, sample=5)


@pytest.mark.parametrize(
    ("inner", "options"), [("nsga2", {}), ("random", {"weights": 1}), ("hyperband", {"fidelities": (1, 3)})]
)
def test_what_cannot_be_scalarized_is_refused(inner, options):
    with pytest.raises(InvalidOption, match=r"one objective|whole number from 2"):
        weaknas.strategy(f"scalarized:{inner}", SPACE, **options)


def test_a_single_objective_has_no_front():
    with pytest.raises(InvalidOption, match="single objective"):
        weaknas.strategy("random", SPACE).front()
