"""Which runs are replicates: those that differ in the seed, and in where things lie."""

import shutil
from dataclasses import replace

import pytest

from weaknas.errors import InvalidOption, NotFound
from weaknas.supernet.replicates import replicates_of
from weaknas.supernet.run import TrainingRun


@pytest.fixture
def variant(run_folder, tmp_path):
    """A run like another one but for some of what it is."""

    def make(name, **changes):
        (tmp_path / name).mkdir()
        replace(TrainingRun.load(run_folder), **changes).save(tmp_path / name)
        return tmp_path / name

    return make


def test_seeds_of_one_scheme_are_replicates(run_folder, variant):
    more = [variant("b", seed=7, images="a digest", data="/elsewhere"), variant("a", seed=2, images="a digest")]
    again = variant("c", seed=1)
    found = replicates_of([*more, run_folder, again])
    assert [one.name for one in found] == ['spos, images "a digest"', "spos, images null"]
    assert [one.runs for one in found] == [{2: more[1], 7: more[0]}, {0: run_folder, 1: again}]


def test_schemes_are_named_and_told_apart_by_what_differs(run_folder, variant):
    runs = [
        run_folder,
        variant("wide", options={"paths": 2}),
        variant("long", steps=200, done=200),
        variant("other", scheme="bignas"),
    ]
    names = [one.name for one in replicates_of(runs)]
    assert names == [
        "spos, done 0, paths null, steps 96",
        "spos, done 0, paths 2, steps 96",
        "spos, done 200, paths null, steps 200",
        "bignas",
    ]
    assert [one.name for one in replicates_of(runs[1:2])] == ["spos"]


def test_what_is_no_other_supernet_is_refused(run_folder, tmp_path):
    shutil.copytree(run_folder, tmp_path / "copy")
    for other in (run_folder, tmp_path / "copy"):
        with pytest.raises(InvalidOption, match="of one scheme and one seed, no two supernets; leave one out"):
            replicates_of([run_folder, other])
    with pytest.raises(NotFound, match="there is no training run in"):
        replicates_of([tmp_path])
