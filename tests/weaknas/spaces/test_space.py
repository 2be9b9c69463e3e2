import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture, InvalidOption, NotFound
from weaknas.spaces import Choices, FbnetV2, NasBench101, NasBench201, OfaMobileNetV3, Rows, UserMobile, as_rows

SPACE = Choices({name: range(4) for name in "abcdef"})


def test_samples_are_those_of_the_space_that_are_kept():
    part = SPACE.restrict(lambda batch: batch[:, 0] == 3, "a = 3")
    drawn = part.sample(3000, np.random.default_rng(0))
    assert (drawn[:, 0] == 3).all()
    np.testing.assert_allclose([(drawn[:, 1] == v).mean() for v in range(4)], 0.25, atol=0.04)


def test_what_is_not_kept_is_not_in_the_space():
    part = SPACE.restrict(lambda batch: batch[:, 0] == 3, "a = 3")
    assert part.is_valid(np.array([[3, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]], dtype=np.int8)).tolist() == [True, False]
    with pytest.raises(InvalidArchitecture, match="is not in choices with a = 3"):
        part.from_str(["2;0;0;0;0;0"])


def test_restrictions_add_up():
    part = SPACE.restrict(lambda b: b[:, 0] == 3, "a = 3").restrict(lambda b: b[:, 1] == 2, "b = 2")
    drawn = part.sample(10, np.random.default_rng(0))
    assert (drawn[:, :2] == [3, 2]).all()
    assert part.name == "choices with a = 3 with b = 2"


def test_a_condition_that_nothing_satisfies_is_refused():
    space = OfaMobileNetV3()
    part = space.restrict(lambda batch: np.zeros(len(batch), dtype=bool), "nothing")
    with pytest.raises(InvalidArchitecture, match="no architecture of ofa-mbv3 with nothing was found in"):
        part.sample(1, np.random.default_rng(0))


def test_networks_of_two_names_are_listed_once():
    space = UserMobile(
        {
            "name": "own",
            "classes": 2,
            "resolution": 8,
            "stem": {"width": 8},
            "stage": [{"width": 8, "depth": [1, 2], "kernel": [3, 5], "expansion": [1, 2]}],
            "head": {"width": 8},
        }
    )
    rows = as_rows(space.where("macs > 0")).rows
    assert len(rows) == space.size
    assert len(np.unique(space.key(rows))) == space.size
    with pytest.raises(InvalidArchitecture, match="no architecture of own with macs < 0; loosen the constraint"):
        as_rows(space.where("macs < 0"))


def chosen(space, batch, kind):
    """Return the options that choices of a kind have in a batch where they have a meaning."""
    columns = [choice.kind == kind for choice in space.choices]
    return set(batch[:, columns][space.matters(batch)[:, columns]].tolist())


def test_a_narrowed_space_draws_and_moves_within_what_is_allowed():
    space = OfaMobileNetV3()
    rng = np.random.default_rng(0)
    part = space.narrow({"k": [7], "e": [4, 6], "d1": [2]})
    rows = part.sample(50, rng)
    for batch in (rows, part.mutate(rows, rng), part.crossover(rows[:25], rows[25:], rng), part.neighbors(rows[:1])):
        assert part.is_valid(batch).all()
        assert chosen(space, batch, "k") == {2}
        assert set(batch[:, 1].tolist()) == {0}
    assert not part.is_valid(space.sample(50, rng)).any()
    assert chosen(space, rows, "e") == {1, 2}
    assert part.to_str(rows) == space.to_str(rows)


@pytest.mark.parametrize(
    ("allowed", "error", "message"),
    [
        ({"z": [1]}, NotFound, "no choice named 'z'"),
        ({"k9.9": [3]}, NotFound, "no choice named 'k9.9'"),
        ({"k": [4]}, InvalidOption, r"choice 'k1.1' of ofa-mbv3 has the options 3, 5, 7, and none"),
        ({"k": [3], "k1.2": [5]}, InvalidOption, r"choice 'k1.2'"),
    ],
)
def test_what_cannot_be_narrowed_to_is_refused(allowed, error, message):
    with pytest.raises(error, match=message):
        OfaMobileNetV3().narrow(allowed)


def test_a_single_option_is_narrowed_to_whatever_its_type():
    space = OfaMobileNetV3()
    assert space.narrow({"k": 5}).name == space.narrow({"k": ["5"]}).name == space.narrow({"k": "5"}).name
    with pytest.raises(InvalidOption, match="none of them is allowed"):
        space.narrow({"k": "57"})
    assert FbnetV2().narrow({"e2.1": [3.0]}).name.endswith("e2.1 in 3")


def test_cells_are_narrowed_by_their_operations():
    rng = np.random.default_rng(0)
    for space, words in ((NasBench101(), ["conv3x3-bn-relu"]), (NasBench201(), ["skip_connect", "nor_conv_3x3"])):
        part = space.narrow({"op": words})
        rows = part.sample(30, rng)
        for batch in (rows, part.mutate(rows, rng), part.crossover(rows[:15], rows[15:], rng)):
            assert part.is_valid(batch).all()
            options = space.kinds["op"][0].options
            assert {options[op] for op in chosen(space, batch, "op")} - {"absent"} == set(words)
    smaller = NasBench101().from_str(["i3o:101", "i13o:110011"])
    assert NasBench101().narrow({"op": "conv3x3-bn-relu"}).is_valid(smaller).tolist() == [True, False]


def test_a_choice_called_as_others_kind_is_narrowed_alone():
    part = Choices({"rate": range(4), "rate2": range(4), "7": range(2)}).narrow({"rate": [1], "7": [0]})
    assert sorted(set(part.to_str(part.sample(99, np.random.default_rng(0))))) == [f"1;{i};0" for i in range(4)]


def test_listed_rows_are_narrowed_to_listed_rows():
    rows = Rows(SPACE, SPACE.enumerate()[::5])
    part = rows.narrow({"a": [2], "b": [1, 3]})
    assert part.rows.tolist() == [row for row in rows.rows.tolist() if row[0] == 2 and row[1] in (1, 3)]
    assert part.what == "a in 2; b in 1, 3"
