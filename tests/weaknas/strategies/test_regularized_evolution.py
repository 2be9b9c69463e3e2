import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201, Rows
from weaknas.strategies.regularized_evolution import RegularizedEvolution

SPACE = NasBench201()


def run(strategy, scores, n):
    asked = []
    while len(asked) < n:
        batch = strategy.ask().batch
        strategy.tell(batch, scores(batch))
        asked += list(batch)
    return np.array(asked)


def test_children_are_one_edit_from_a_member():
    strategy = RegularizedEvolution(SPACE, population=20, sample=5, seed=0)
    asked = run(strategy, lambda b: b.sum(1), 200)
    for i in range(20, 200):
        assert ((asked[:i] != asked[i]).sum(1) == 1).any()


def test_selection_finds_better_ones_than_chance():
    strategy = RegularizedEvolution(SPACE, population=20, sample=5, seed=0)
    asked = run(strategy, lambda b: (b == 3).sum(1), 300)
    assert (asked[-50:] == 3).sum(1).mean() > (asked[:20] == 3).sum(1).mean() + 1


def test_the_oldest_leaves():
    strategy = RegularizedEvolution(SPACE, population=3, sample=3, seed=0)
    # The first population scores highest; once it has left, its descendants cannot all be its children.
    best = np.zeros((3, 6), dtype=np.int8)
    strategy.tell(best[:1], [100.0])
    others = SPACE.sample(3, np.random.default_rng(5))
    strategy.tell(others, [1.0, 2.0, 3.0])
    strategy._drawn = 3
    child = strategy.ask(1).batch
    assert ((child != others).sum(1) == 1).any()
    assert (child != best[:1]).sum() > 1


def test_while_no_child_is_new_twice_as_many_are_made_together(monkeypatch):
    rows = SPACE.enumerate()
    rows = rows[(rows[:, :4] == 0).all(1)]  # 25 cells, each with eight of the others one edit away
    strategy = RegularizedEvolution(Rows(SPACE, rows), population=10, sample=2, seed=0)
    strategy.tell(rows[:-1], np.arange(len(rows) - 1.0)[::-1])
    told = [id(member) for member in strategy._members]
    sizes, mutate = [], Rows.mutate
    monkeypatch.setattr(Rows, "mutate", lambda self, batch, rng: sizes.append(len(batch)) or mutate(self, batch, rng))
    assert (strategy.ask(1).batch == rows[-1]).all()
    assert len(sizes) > 1
    assert sizes == [2**i for i in range(len(sizes))]
    # Each repeat before it entered the population again, and as many of the oldest left.
    entered = [member for member in strategy._members if id(member) not in told]
    assert 0 < len(entered) <= sum(sizes)
    assert all(score == strategy._known[int(strategy._memory.identify(arch)[0])] for arch, score in entered)


@pytest.mark.parametrize("options", [{"population": 5, "sample": 6}, {"sample": 0}])
def test_a_sample_is_a_part_of_the_population(options):
    with pytest.raises(InvalidOption, match="sample"):
        RegularizedEvolution(SPACE, **options)
