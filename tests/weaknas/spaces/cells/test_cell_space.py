import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture

SMALL = {"channels": 4, "cells": 4, "side": 16, "classes": 5}
SPACES = {name: weaknas.space(name, **SMALL) for name in ("darts", "darts-edges", "nasnet")}
PAIRS = [
    ("darts", "normal.in4", "normal.op4.2"),
    ("darts", "reduction.op2.1", "reduction.in5"),
    ("darts-edges", "normal.op0-2", "normal.op2-4"),
    ("nasnet", "normal.in4.1", "normal.in5.2"),  # both decide whether block 3 is in the output
    ("nasnet", "reduction.in6.1", "reduction.op6.1"),
]


@pytest.fixture(params=SPACES)
def space(request):
    return SPACES[request.param]


@pytest.mark.parametrize(("name", "first", "second"), PAIRS)
@pytest.mark.parametrize("together", [False, True])
def test_the_expected_cost_is_the_mean_over_what_may_be_drawn(name, first, second, together):
    space, rng = SPACES[name], np.random.default_rng(0)
    row = space.from_str(["darts-v2"] if name != "nasnet" else ["nasnet-a"])
    names = [choice.name for choice in space.choices]
    columns = [names.index(first), names.index(second)]
    sizes = space.options[columns]
    joint = rng.dirichlet(np.ones(sizes.prod())).reshape(sizes)
    if not together:
        joint = joint.sum(1)[:, None] * joint.sum(0)
    rows = np.repeat(row, sizes.prod(), axis=0)
    rows[:, columns] = np.indices(sizes).reshape(2, -1).T
    weights = {choice.name: np.eye(len(choice.options))[row[0, at]] for at, choice in enumerate(space.choices)}
    del weights[first], weights[second]
    weights |= {(first, second): joint} if together else {first: joint.sum(1), second: joint.sum(0)}
    cost, expected = space.cost(rows), space.expected_cost(weights)
    np.testing.assert_allclose(expected.params, cost.params @ joint.ravel(), rtol=1e-12)
    np.testing.assert_allclose(expected.macs, cost.macs @ joint.ravel(), rtol=1e-12)
    assert len(np.unique(cost.macs)) > 1


def test_a_text_of_another_space_is_refused_with_the_space_that_reads_it(space):
    with pytest.raises(InvalidArchitecture, match=r"is not an architecture of .*; it is one of nasbench201\.$"):
        space.from_str(["|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|"])
    with pytest.raises(InvalidArchitecture, match=r"; it is one of darts, darts-edges\.$"):
        weaknas.space("nasbench201").from_str(["darts-v1"])


@pytest.mark.parametrize("text", ["", "normal:none", 3, None, ["a"], "normal:a~b/reduction:c~d", "nasnet-z"])
def test_what_is_no_text_is_refused_in_a_sentence(text):
    with pytest.raises(
        InvalidArchitecture, match=r"^.* is not an architecture of .*; expected such as 'normal:.*'\.$"
    ):
        SPACES["nasnet"].from_str([text])


def test_a_cell_twice_a_later_node_and_an_unknown_operation_are_refused(space):
    (text,) = space.to_str(space.from_str(["nasnet-a" if space.name == "nasnet" else "darts-v2"]))
    twice = text.replace("/reduction", "/normal:none/reduction")
    wrong = [twice, text.replace("~1", "~5"), text.replace("max_pool_3x3", "max_pool_9x9")]
    for other in wrong:
        with pytest.raises(InvalidArchitecture, match="is not an architecture of"):
            space.from_str([other])


def test_it_makes_itself_again_by_its_recipe(space):
    assert space.recipe == {"space": space.name, **SMALL, "stem": "cifar"}
