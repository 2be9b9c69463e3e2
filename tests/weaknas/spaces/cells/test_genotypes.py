"""What is refused as a genotype; those that are published are tested with their spaces."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture

SPACE, EDGES, NASNETS = (weaknas.space(name) for name in ("darts", "darts-edges", "nasnet"))
V1 = SPACE.to_genotype(SPACE.from_str(["darts-v1"]))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"normal": V1.normal[:-1]}, "normal of the genotype has 7 terms, and a cell of the DARTS space 8"),
        (
            {"reduce": [("conv_1x1", 0), *V1.reduce[1:]]},
            "reduce .* the operation 'conv_1x1', which the DARTS space has",
        ),
        ({"reduce": [("none", 0), *V1.reduce[1:]]}, "the operation 'none'"),
        ({"normal": [("skip_connect", 2), *V1.normal[1:]]}, "term 0 of normal .* reads node 2, which is not earlier"),
        ({"normal": [("skip_connect", -1), *V1.normal[1:]]}, "reads node -1"),
        ({"normal": [("skip_connect", True), *V1.normal[1:]]}, "numbers of nodes, not True"),
        ({"normal": [("skip_connect", 1), *V1.normal[1:]]}, "reads another one twice"),
        ({"normal": ["skip_connect", *V1.normal[1:]]}, "pairs of an operation and a node, not 'skip_connect'"),
        ({"normal": "skip_connect"}, "normal of a genotype is a list, not 'skip_connect'"),
        ({"normal_concat": [3, 4, 5]}, r"the normal cell has the nodes \[3, 4, 5\], and in the DARTS space .* \[2, 3"),
        ({"reduce_concat": [2, 3, 4, "5"]}, "reduce_concat of a genotype holds numbers of nodes, not '5'"),
        ({"reduce_concat": None}, "reduce_concat of a genotype is a list, not None"),
    ],
)
def test_what_is_no_genotype_of_the_space(changed, said):
    said = said.replace("the normal cell has", "the genotype's normal cell has")
    with pytest.raises(InvalidArchitecture, match=rf"{said}[^\n]*\.$"):
        SPACE.from_genotype(V1._replace(**changed))


def test_a_concat_may_have_any_order():
    assert (SPACE.from_genotype(V1._replace(normal_concat=(5, 4, 3, 2))) == SPACE.from_str(["darts-v1"])).all()


@pytest.mark.parametrize("given", [None, 3, "darts-v1", {"normal": []}, ("a", "b")])
def test_what_is_no_genotype_at_all(given):
    with pytest.raises(InvalidArchitecture, match="a genotype has normal, normal_concat, reduce, reduce_concat, as a"):
        SPACE.from_genotype(given)


def test_a_genotype_of_another_space():
    other = NASNETS.to_genotype(NASNETS.from_str(["nasnet-a"]))
    with pytest.raises(InvalidArchitecture, match=r"the operation 'sep_conv_7x7'|has 10 terms"):
        SPACE.from_genotype(other)
    with pytest.raises(InvalidArchitecture, match="has 8 terms, and a cell of the NASNet space 10"):
        NASNETS.from_genotype(V1)
    with pytest.raises(InvalidArchitecture, match=r"has the nodes \[2, 3, 4, 5, 6\], and in the NASNet space it has"):
        NASNETS.from_genotype(other._replace(reduce_concat=[2, 3, 4, 5, 6]))


def test_only_cells_of_two_inputs_a_node_are_written():
    row = EDGES.from_str(["darts-v1"])
    row[0, 0] = 0
    with pytest.raises(InvalidArchitecture, match="two terms for each node, and node 2 has 1"):
        EDGES.to_genotype(row)
    with pytest.raises(InvalidArchitecture, match="a batch of one architecture, not of 2"):
        SPACE.to_genotype(SPACE.sample(2, np.random.default_rng(0)))
