import weaknas

TEXT = "normal:none+skip_connect~0,sep_conv_3x3~2+none+none/reduction:skip_connect~0+none+none+none"


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
