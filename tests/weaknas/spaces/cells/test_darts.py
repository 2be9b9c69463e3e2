from collections import namedtuple

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture
from weaknas.spaces.cells.operations import DARTS

SPACE, EDGES = weaknas.space("darts"), weaknas.space("darts-edges")
NODES = (2, 3, 4, 5)
CIFAR = {"channels": 36, "cells": 20}
IMAGENET = {"stem": "imagenet", "channels": 48, "cells": 14, "side": 224, "classes": 1000}


@pytest.mark.parametrize("space", ["darts", "darts-edges"])
@pytest.mark.parametrize(
    ("name", "network", "params"),
    [
        ("darts-v2", CIFAR, 3_349_342),  # the count of the authors' code, as recollected
        ("darts-v2", IMAGENET, 4_718_752),  # likewise
        ("darts-v1", CIFAR, 3_169_414),  # of our own
        ("darts-v1", IMAGENET, 4_510_432),
    ],
)
def test_parameters_of_the_published_networks(space, name, network, params):
    space = weaknas.space(space, **network)
    assert space.cost(space.from_str([name])).params.tolist() == [params]


def test_sizes():
    assert SPACE.size == (7**8 * 3 * 6 * 10) ** 2
    assert EDGES.size == 8**28
    assert [choice.name for choice in SPACE.layers["normal.node4"]] == ["normal.in4", "normal.op4.1", "normal.op4.2"]


def test_a_row_says_which_nodes_are_read_and_what_is_done():
    names = [choice.name for choice in SPACE.choices]
    row = np.zeros((1, len(names)), dtype=np.int8)
    row[0, names.index("reduction.in5")] = SPACE.choices[names.index("reduction.in5")].options.index("1-4")
    row[0, names.index("reduction.op5.2")] = DARTS.index("dil_conv_5x5")
    (text,) = SPACE.to_str(row)
    assert text.endswith("max_pool_3x3~0,max_pool_3x3~1+max_pool_3x3~1,dil_conv_5x5~4")
    np.testing.assert_array_equal(SPACE.from_str([text]), row)


def test_the_edges_into_a_node_are_its_choices():
    assert [*EDGES.nodes] == [f"{kind}.node{node}" for kind in ("normal", "reduction") for node in NODES]
    assert [choice.name for choice in EDGES.nodes["normal.node3"]] == [f"normal.op{source}-3" for source in range(3)]
    assert sum(map(len, EDGES.nodes.values())) == len(EDGES.choices) == 28


def kept(weights):
    """DARTS's rule in plain words, as terms by kind and node."""
    found = {}
    for kind in ("normal", "reduction"):
        for node in NODES:
            strength = {}
            for source in range(node):
                without_none = list(weights[f"{kind}.op{source}-{node}"])[1:]
                strength[source] = max(without_none), DARTS[without_none.index(max(without_none))]
            best = sorted(strength, key=lambda source: strength[source][0], reverse=True)[:2]
            found[kind, node] = {(strength[source][1], source) for source in best}
    return found


def test_the_strongest_are_the_two_inputs_of_each_node_that_darts_keeps():
    rng = np.random.default_rng(0)
    for _ in range(20):
        weights = {choice.name: rng.dirichlet(np.ones(8) / 4) for choice in EDGES.choices}
        genotype = EDGES.to_genotype(EDGES.strongest(weights))
        terms = {"normal": genotype.normal, "reduction": genotype.reduce}
        for (kind, node), expected in kept(weights).items():
            assert set(terms[kind][2 * node - 4 : 2 * node - 2]) == expected


NOTHING = "normal:skip_connect~0+none+none+none/reduction:none+none+none+none"
DRY = "normal:skip_connect~0+none+none+none/reduction:none+sep_conv_3x3~2+none+skip_connect~3"


@pytest.mark.parametrize("text", [NOTHING, DRY])
def test_a_cell_through_which_nothing_flows_is_refused(text):
    with pytest.raises(InvalidArchitecture, match=r"^row 0 .* nothing flows from the inputs of its reduction cell"):
        EDGES.from_str([text])
    row = EDGES.from_str(["darts-v1"])
    row[0, 14:] = 0
    assert not EDGES.is_valid(row).any()
    with pytest.raises(InvalidArchitecture, match=r"^row 1 of the batch is not in darts-edges"):
        EDGES.validate(np.concatenate([EDGES.from_str(["darts-v1"]), row]))


def test_a_node_without_inputs_stays():
    (text,) = EDGES.to_str(EDGES.from_str([NOTHING.replace("reduction:none", "reduction:avg_pool_3x3~1")]))
    assert text.count("none") == 6


Genotype = namedtuple("Genotype", "normal normal_concat reduce reduce_concat")
# As the authors print them.
V1 = Genotype(
    [
        *(("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("skip_connect", 0), ("sep_conv_3x3", 1)),
        *(("skip_connect", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("skip_connect", 2)),
    ],
    [2, 3, 4, 5],
    [
        *(("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 0)),
        *(("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("avg_pool_3x3", 0)),
    ],
    [2, 3, 4, 5],
)
V2 = Genotype(
    [
        *(("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1)),
        *(("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2)),
    ],
    [2, 3, 4, 5],
    [
        *(("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1)),
        *(("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1)),
    ],
    range(2, 6),
)


@pytest.mark.parametrize("space", [SPACE, EDGES])
@pytest.mark.parametrize(("name", "genotype"), [("darts-v1", V1), ("darts-v2", V2)])
def test_the_published_genotypes(space, name, genotype):
    row = space.from_str([name])
    for form in (genotype, genotype._asdict()):
        np.testing.assert_array_equal(space.from_genotype(form), row)
    written = space.to_genotype(row)
    assert {*written.normal} == {*genotype.normal}
    assert written.reduce_concat == list(genotype.reduce_concat)
    np.testing.assert_array_equal(space.from_genotype(written), row)
