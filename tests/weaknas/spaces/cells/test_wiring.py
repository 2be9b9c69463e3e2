from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaknas
from weaknas.spaces.cells.cell_texts import as_terms

TEXT = "normal:none+skip_connect~0,sep_conv_3x3~2+none+none/reduction:skip_connect~0+none+none+none"
SPACES = {name: weaknas.space(name) for name in ("darts", "darts-edges", "nasnet")}


def cells(space, row):
    """Return the cells of a row by kind: for each node its terms."""
    return {kind: as_terms(cell, space.ops)[0] for kind, cell in space.wiring(row).items()}


def text(cells):
    """Return what the cells are written as, in the order that they have."""
    return "/".join(
        f"{kind}:{'+'.join(','.join(f'{op}~{source}' for source, op in node) or 'none' for node in nodes)}"
        for kind, nodes in cells.items()
    )


def renumbered(nodes, order):
    """Return a cell with its nodes in another order, or None where one would read a later one."""
    number = {0: 0, 1: 1} | {2 + old: 2 + new for new, old in enumerate(order)}
    moved = [[(number[source], op) for source, op in nodes[old]] for old in order]
    return moved if all(source < 2 + at for at, node in enumerate(moved) for source, _ in node) else None


def canonical(nodes):
    """Return the least of all forms of a cell."""
    forms = (renumbered(nodes, order) for order in permutations(range(len(nodes))))
    return min(tuple(tuple(sorted(node)) for node in form) for form in forms if form is not None)


@pytest.mark.parametrize("name", SPACES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_order_of_nodes_and_of_terms_changes_no_key(name, data):
    space = SPACES[name]
    row = space.sample(1, np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))))
    moved = {}
    for kind, nodes in cells(space, row).items():
        orders = [order for order in permutations(range(len(nodes))) if renumbered(nodes, order)]
        found = renumbered(nodes, data.draw(st.sampled_from(orders)))
        moved[kind] = [data.draw(st.permutations(node)) for node in found]
    again = space.from_str([text(moved)])
    assert space.key(again) == space.key(row)
    np.testing.assert_array_equal(space.cost(again).params, space.cost(row).params)


@pytest.mark.parametrize("name", SPACES)
def test_keys_tell_apart_what_is_not_the_same_by_all_orders(name):
    space, rng = SPACES[name], np.random.default_rng(0)
    row = space.sample(1, rng)
    rows = np.repeat(row, 200, axis=0)
    for column in rng.integers(0, len(space.choices), 2):  # two choices vary: many are alike, most are not
        rows[:, column] = rng.integers(0, space.options[column], len(rows))
    rows = np.concatenate([rows, space.mutate(rows, rng)])
    rows = rows[space.is_valid(rows)]
    forms = [tuple(map(canonical, cells(space, row[None]).values())) for row in rows]
    keys = space.key(rows).tolist()
    assert len(set(keys)) == len(set(forms)) == len(set(zip(keys, forms, strict=True)))
    assert 20 < len(set(keys)) < len(rows)


def test_both_forms_of_darts_have_one_key():
    rows = SPACES["darts"].sample(20, np.random.default_rng(0))
    edges = SPACES["darts-edges"].from_str(SPACES["darts"].to_str(rows))
    np.testing.assert_array_equal(SPACES["darts-edges"].key(edges), SPACES["darts"].key(rows))


def test_cells_that_change_places_are_another_architecture():
    space = SPACES["darts-edges"]
    normal, reduction = (part.split(":")[1] for part in TEXT.split("/"))
    first, second = space.key(space.from_str([TEXT, f"normal:{reduction}/reduction:{normal}"]))
    assert first != second


def test_a_diagram_of_darts_has_a_node_for_each_sum_and_all_in_the_output():
    space = weaknas.space("darts-edges")
    normal, reduction = space.diagrams(space.from_str([TEXT]))
    assert [vertex.name for vertex in normal.vertices] == ["c_{k-2}", "c_{k-1}", "2", "3", "4", "5", "c_{k}"]
    assert [*normal.arrows[:2]] == [(0, 3, "skip_connect"), (2, 3, "sep_conv_3x3")]
    assert [*normal.arrows[2:]] == [(node, 6, "") for node in (2, 3, 4, 5)]
    assert (normal.title, reduction.title) == ("normal cell", "reduction cell")


def test_a_diagram_of_nasnet_has_two_branches_a_block_and_only_what_no_other_reads_in_the_output():
    space = weaknas.space("nasnet")
    _, reduction = space.diagrams(space.from_str(["nasnet-a"]))
    assert [arrow for arrow in reduction.arrows if arrow.target == 5] == [
        (3, 5, "skip_connect"),
        (2, 5, "avg_pool_3x3"),
    ]
    assert [arrow.source for arrow in reduction.arrows if arrow.target == 7] == [4, 5, 6]
