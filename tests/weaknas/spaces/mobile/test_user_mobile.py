import copy

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption, NotFound
from weaknas.spaces import UserMobile

TOML = """
name = "small"
classes = 10
resolution = [24, 32]
[stem]
width = [8, 16]
[[stage]]
width = [16, 24]
depth = [1, 2]
kernel = [3, 5]
[[stage]]
width = 24
depth = 3
candidates = ["k3e3", "k5e6", "skip"]
[head]
width = 64
mix = [80, 96]
"""


def changed(before, after):
    assert before in TOML
    return TOML.replace(before, after, 1)


def test_a_space_is_read_from_a_file(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(TOML)
    space = weaknas.space(str(file))
    assert space.name == "small"
    text = "r32;w8,16,80;d2;bk3e3,k5e6,skip;k3,5"
    assert space.to_str(space.from_str([text])) == [text]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed("kernel = ", "kernels = "), r"unknown key 'kernels' of stage 1; it takes width, depth, kernel"),
        (changed("classes", "class"), r"unknown key 'class'; it takes name, classes"),
        (changed("classes = 10", ""), r"the key 'classes' is missing"),
        (changed("[head]\nwidth = 64", "[head]"), r"the key 'width' of table head is missing"),
        (changed("[3, 5]", "[3, 4]"), r"kernel of stage 1 cannot be \(3, 4\)"),
        (changed("[8, 16]", "[16, 8]"), r"width of table stem cannot be \[16, 8\]: options are a list of up to 127"),
        (changed("[24, 32]", "[]"), r"resolution cannot be \[\]: options are"),
        (changed("depth = 3", "depth = [1, 3]"), r"stage 2: a stage with candidates has a fixed depth"),
        (changed("depth = 3", "depth = 3\nkernel = 5"), r"stage 2: a stage with candidates takes no kernel"),
        (changed('"k5e6", "skip"', '"skip", "k5e6"'), r"stage 2: candidates are different words like k3e6"),
        (changed("kernel =", "act = ['relu', 'relu']\nkernel ="), r"act of stage 1 cannot be .*different words"),
        (changed("kernel =", "act = ['elu']\nkernel ="), r"act of stage 1 cannot be \('elu',\)"),
        (changed("kernel =", "splits = [2, 0]\nkernel ="), r"splits of stage 1 cannot be \[2, 0\]: options are"),
        (changed("kernel =", "splits = 9\nkernel ="), r"splits of stage 1 cannot be 9"),
        (changed("kernel =", "splits = 2\nsqueeze = true\nkernel ="), r"stage 1: squeeze says as much as splits = 1"),
        (changed("depth = 3", "depth = 3\nsplits = [1, 2]"), r"stage 2: a stage with candidates takes one act"),
        (changed("width = 64", "width = '64'"), r"width of table head cannot be '64'"),
        (changed("[stem]", "[stem"), r"is not TOML"),
    ],
)
def test_a_file_that_is_no_space_is_refused(tmp_path, text, message):
    file = tmp_path / "space.toml"
    file.write_text(text)
    with pytest.raises(InvalidOption, match=r"space.toml.*" + message) as refused:
        UserMobile.from_toml(file)
    assert "\n" not in str(refused.value).rstrip()


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path):
    with pytest.raises(NotFound, match=r"no space file .*nowhere.toml"):
        UserMobile.from_toml(tmp_path / "nowhere.toml")


STAGE = {"width": 16, "depth": 2, "kernel": [3, 5], "expansion": [3, 6], "stride": 2}
TABLE = {
    "name": "one",
    "classes": 10,
    "resolution": 32,
    "stem": {"width": 16},
    "stage": [STAGE],
    "head": {"width": 32},
}


def with_(table="stage", **options):
    changed = copy.deepcopy(TABLE)
    (changed["stage"][0] if table == "stage" else changed if table is None else changed[table]).update(options)
    return UserMobile(changed)


def macs(space):
    return int(space.cost(space.as_batch([[0] * len(space.options)])).macs[0])


def test_every_option_changes_the_network():
    plain = UserMobile(TABLE)
    assert [choice.name for choice in plain.choices] == ["k1.1", "k1.2", "e1.1", "e1.2"]
    assert [choice.name for choice in with_(alike=True).choices] == ["k1", "e1"]
    assert macs(with_(stride=1)) > macs(with_(squeeze=True)) > macs(plain)
    assert macs(with_(width=24, shortcut="projection")) == macs(with_(width=24)) + 16 * 24 * 8 * 8
    assert macs(with_("stem", stride=1)) > 3 * macs(plain)
    assert macs(with_("head", mix=48)) == macs(plain) + 32 * 48 + 10 * 16
    assert macs(with_(None, classes=20)) == macs(plain) + 10 * 32
    assert macs(with_(splits=1)) == macs(with_(squeeze=True)) < macs(with_(splits=2))
    (layer,) = with_(act="hswish", transform=True).network.blocks[0].candidates
    assert (layer.act, layer.transform) == ("hswish", True)
    assert with_("stem", act="swish").network.stem.act == "swish"
    assert with_("head", act="relu").network.final.act == "relu"


def test_activations_and_splits_are_chosen_with_weights_of_their_own():
    space = with_(act=["relu", "hswish"], splits=[0, 2], depth=[1, 2])
    assert [choice.name for choice in space.choices if choice.kind in "as"] == ["a1.1", "a1.2", "s1.1", "s1.2"]
    assert space.layers["1.2"] == tuple(choice for choice in space.choices if choice.name.endswith(".2"))
    made = [(layer.act, layer.splits, layer.hidden is None) for layer in space.network.blocks[0].candidates]
    assert made == [("relu", 1, True), ("relu", 2, False), ("hswish", 1, True), ("hswish", 2, False)]
    assert space.size == 16 + 16**2
    assert len({*space.to_str(space.enumerate())}) == space.size
    shallow = space.from_str(["d1;k3,3;e3,3;arelu,hswish;s2,2", "d1;k3,5;e3,6;arelu,relu;s2,0"])
    assert len({*space.key(shallow).tolist()}) == 1
    assert [choice.name for choice in with_(act=["relu", "swish"], splits=[1], alike=True).choices][-2:] == [
        "a1",
        "s1",
    ]


def test_options_that_would_fill_the_memory_are_refused():
    many, sides = list(range(1, 128)), list(range(32, 64))
    stage = STAGE | {"width": many, "expansion": many[:16]}
    space = UserMobile(TABLE | {"resolution": sides, "stem": {"width": many}, "stage": [stage]})
    with pytest.raises(InvalidOption, match="too many options meet in one layer"):
        space.cost(space.sample(1, np.random.default_rng(0)))


def test_a_list_of_one_is_a_choice_with_one_option():
    table = {
        "name": "one",
        "classes": 4,
        "resolution": 16,
        "stem": {"width": 8},
        "stage": [{"width": 8, "depth": [1], "kernel": [3, 5]}],
        "head": {"width": 16},
    }
    space = UserMobile(table)
    assert space.to_str(space.enumerate()) == ["d1;k3", "d1;k5"]
    table["stage"] = [{"width": 8, "depth": [1], "kernel": 3}]
    assert UserMobile(table).to_str(UserMobile(table).sample(2, np.random.default_rng(0))) == ["d1", "d1"]
    table["stage"] = [{"width": 8}]
    with pytest.raises(InvalidOption, match="one has nothing to choose; write one number as a list"):
        UserMobile(table)
