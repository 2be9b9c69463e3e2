import numpy as np
import pytest

import weaknas

SPACE = weaknas.space("nasnet")


@pytest.mark.parametrize(
    ("name", "normal", "reduction"),
    [("nasnet-a", [2, 3, 4, 5, 6], [4, 5, 6]), ("amoebanet-a", [4, 5, 6], [3, 4, 6])],
)
def test_the_blocks_that_no_other_reads_are_the_output(name, normal, reduction):
    genotype = SPACE.to_genotype(SPACE.from_str([name]))
    assert (genotype.normal_concat, genotype.reduce_concat) == (normal, reduction)


def test_size():
    assert SPACE.size == (13**10 * (2 * 3 * 4 * 5 * 6) ** 2) ** 2


def test_branches_that_change_places_are_one_architecture():
    rows = SPACE.sample(20, np.random.default_rng(0))
    swapped = rows.reshape(20, 2, 5, 2, 2)[:, :, :, ::-1].reshape(20, -1)  # kinds, blocks, branches, (reads, does)
    assert (SPACE.code(rows) != SPACE.code(swapped)).any()
    np.testing.assert_array_equal(SPACE.key(rows), SPACE.key(swapped))


def test_a_block_may_read_one_node_twice():
    genotype = SPACE.to_genotype(SPACE.from_str(["nasnet-a"]))
    assert genotype.normal[6:8] == [("avg_pool_3x3", 0), ("avg_pool_3x3", 0)]
    np.testing.assert_array_equal(SPACE.from_genotype(genotype), SPACE.from_str(["nasnet-a"]))


def test_an_operation_of_two_names_is_one():
    row = SPACE.from_str(["amoebanet-a"])
    genotype = SPACE.to_genotype(row)
    assert ("conv_7x1_1x7", 0) in genotype.reduce  # as the code of DARTS calls it
    ours = [("conv_1x7_7x1" if op == "conv_7x1_1x7" else op, source) for op, source in genotype.reduce]
    np.testing.assert_array_equal(SPACE.from_genotype(genotype._replace(reduce=ours)), row)


def test_what_cells_read_is_what_the_output_before_has():
    # Squeezing costs a map for each loose end: a block that reads another takes it out of the output.
    apart, chained = (
        "+".join(f"skip_connect~0,skip_connect~{source}" for source in sources)
        for sources in (
            (1, 1, 1, 1, 1),
            (1, 2, 3, 4, 5),
        )
    )
    rows = SPACE.from_str([f"normal:{cell}/reduction:{apart}" for cell in (apart, chained)])
    five, one = SPACE.cost(rows).macs
    assert five > one
