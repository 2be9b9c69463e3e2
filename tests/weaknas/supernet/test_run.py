"""The description of a run: sealed, checked, and told from others by contents."""

import copy
import json
import random
from dataclasses import replace

import pytest

from weaknas.errors import InvalidCheckpoint, InvalidOption, UntrustedName, WeaknasError
from weaknas.supernet.recorded import space_of, with_classes
from weaknas.supernet.run import TrainingRun

VALUES = [
    None,
    True,
    -1,
    10**6,
    1.5,
    float("nan"),
    "x",
    "evil.py:bench",
    "x.toml",
    [],
    {},
    ["a", "a"],
    {"space": "mobile"},
]


@pytest.fixture
def run(run_folder):
    return TrainingRun.load(run_folder)


def write(folder, content):
    (folder / "run.json").write_text(json.dumps(content) if isinstance(content, dict) else content)
    return folder


def unsealed(run_folder):
    content = json.loads((run_folder / "run.json").read_text())
    del content["seal"]
    return content


def places(content, path=()):
    if path:
        yield path
    for key in content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ():
        yield from places(content[key], (*path, key))


def test_a_changed_bit_is_noticed(run_folder, tmp_path):
    rng, whole = random.Random(0), (run_folder / "run.json").read_bytes()
    for _ in range(100):
        content = bytearray(whole)
        content[rng.randrange(len(content) - 1)] ^= 1 << rng.randrange(8)
        (tmp_path / "run.json").write_bytes(content)
        with pytest.raises(InvalidCheckpoint) as caught:
            TrainingRun.load(tmp_path)
        assert "\n" not in str(caught.value)


def test_a_run_of_an_older_version_found_nothing(run_folder, tmp_path):
    content = unsealed(run_folder)
    assert content.pop("found") is None
    content["recipe"] = {"learning_rate": 0.5}
    run = TrainingRun.load(write(tmp_path, content))
    assert (run.found, run.optimisation) == (None, {"learning_rate": 0.5})


def test_values_of_the_wrong_kind_are_one_sentence(run_folder, run, tmp_path):
    rng, said = random.Random(0), []
    for _ in range(150):
        content = unsealed(run_folder)
        *above, last = rng.choice(list(places(content)))
        place = content
        for key in above:
            place = place[key]
        place[last] = copy.deepcopy(rng.choice(VALUES))
        try:
            assert isinstance(TrainingRun.load(write(tmp_path, content)).differences(run), list)
        except WeaknasError as error:
            said.append(str(error))
    assert len(said) > 50
    assert not any("\n" in one for one in said)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps of a training run is a whole number from 1, not 0"),
        ({"held_out": True}, "held out of a training run is a share"),
        ({"seed": -1}, "seed of a training run is a whole number from 0, not -1"),
        ({"data": 3}, "data of a training run is a text, not 3"),
        ({"classes": ["a", "a"]}, "classes of a training run is different names or nothing"),
        ({"space": {"space": "evil.toml"}}, "a file does not name another one"),
        ({"space": {"space": "evil.py:Space"}}, r"'evil\.py:Space' is named by data"),
        ({"space": {"space": "nasbench101"}}, "there is no supernet of nasbench101"),
        ({"unheard": 1}, "was not written by this version"),
        ({"format": 2}, r"was not written by this version of weaknas \(format 2\)"),
        ({"read": False}, "was not written by this version"),
    ],
)
def test_what_describes_no_run_is_refused(run_folder, tmp_path, changes, message):
    with pytest.raises(InvalidCheckpoint, match=message):
        TrainingRun.load(write(tmp_path, unsealed(run_folder) | changes))


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "null", "[" * 100_000, '{"format": 1', '{"format": ' + "9" * 5000 + "}"]
)
def test_what_is_no_description_is_refused(tmp_path, text):
    with pytest.raises(
        InvalidCheckpoint, match=r"is damaged, or no description of a training run|not written by this"
    ):
        TrainingRun.load(write(tmp_path, text))


def test_values_that_cannot_be_used_are_refused_from_the_start(run):
    for changes in ({"seed": -1}, {"steps": 1.5}, {"split_seed": "x"}, {"options": [1]}):
        with pytest.raises(InvalidOption, match="of a training run is"):
            replace(run, **changes)


def test_runs_are_told_apart_by_contents(run):
    known = replace(run, images="one", classes=("a", "b", "c", "d"), read=False)
    assert known.differences(replace(known, data="/elsewhere")) == []
    assert known.differences(replace(known, images="two")) == [f"other images than those in {run.data}"]
    assert run.differences(replace(known, data="/elsewhere"))[0].startswith("data ")  # of an older version
    assert run.differences(known) == []
    assert "classes" in known.differences(replace(known, classes=("a", "b", "c", "e")))[0]
    begun = replace(known, weights="/a", weights_digest="one")
    assert begun.differences(replace(begun, weights="/b")) == []
    assert begun.differences(replace(begun, weights_digest="two")) == ["other weights than those in /a"]
    assert begun.differences(replace(begun, weights="/b", weights_digest=None)) == ["weights '/a' instead of '/b'"]


def test_a_run_may_become_longer_and_not_shorter(run):
    assert run.differences(replace(run, steps=run.steps + 1)) == []
    assert run.differences(replace(run, steps=run.steps - 1)) == [f"steps {run.steps} instead of {run.steps - 1}"]


def test_a_recipe_of_a_file_names_no_file(small):
    assert space_of(small.recipe).recipe == small.recipe
    assert with_classes(small, 3).classes == 3
    assert small.classes == 10
    with pytest.raises(UntrustedName):
        space_of({"space": "a.toml"})
    for recipe in (None, [], {}, {"space": 3}, {"space": "ofa-mbv3", "width": "x"}, {"space": "mobile", "table": 3}):
        with pytest.raises(WeaknasError):
            space_of(recipe)


def test_an_option_that_an_older_version_did_not_have_is_as_by_default(run):
    old = replace(run, scheme="single", options={"arch": "x", "dropout": 0.0, "drop_connect": 0.0})
    new = replace(old, options={**old.options, "teacher": None, "distil": 1.0})
    assert old.differences(new) == []
    assert "options" in old.differences(replace(new, options={**new.options, "distil": 0.5}))[0]
    assert "options" in new.differences(old)[0]
