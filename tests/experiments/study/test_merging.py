"""Folders of one study become one."""

import pytest

import weaknas
import weaknas_predictors.ridge
from weaknas.errors import WeaknasError
from weaknas_experiments.study import folder
from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.merging import merge_folders
from weaknas_experiments.study.results import load


def test_a_merge_that_fails_does_not_stand_in_the_way_of_the_next(results_of, tmp_path, monkeypatch):
    whole = results_of("whole")

    def full(*arguments):
        raise WeaknasError("the disk is full.")

    write = folder.write_tables
    monkeypatch.setattr(folder, "write_tables", full)
    with pytest.raises(WeaknasError, match="the disk is full"):
        merge_folders([tmp_path / "whole"], tmp_path / "out")
    monkeypatch.setattr(folder, "write_tables", write)
    merge_folders([tmp_path / "whole"], tmp_path / "out")
    assert (tmp_path / "out" / folder.RESULTS).read_bytes() == whole


def test_folders_of_one_study_are_merged(results_of, tmp_path):
    whole = results_of("whole")
    results_of("first", ("seeds = 3", 'seeds = "0-1"'))
    results_of("second", ("seeds = 3", 'seeds = "1-2"'))
    merge_folders([tmp_path / "first", tmp_path / "second"], tmp_path / "both")
    assert (tmp_path / "both" / folder.RESULTS).read_bytes() == whole
    assert load(tmp_path / "both").manifest.strategies["random"].seeds == [[0, 2]]
    with pytest.raises(InvalidStudy, match="holds results already"):
        merge_folders([tmp_path / "first"], tmp_path / "both")
    results_of("third", ('"ridge"', '"ridge"\noptions = { pool = 30 }'))
    with pytest.raises(InvalidStudy, match=r"do not belong together: 'weaknas \(ridge\)' differs"):
        merge_folders([tmp_path / "first", tmp_path / "third"], tmp_path / "wrong")
    results_of("fourth", ('"small"', '"large"'))
    with pytest.raises(InvalidStudy, match="do not belong together: study is 'small' and 'large'"):
        merge_folders([tmp_path / "first", tmp_path / "fourth"], tmp_path / "wrong")


def test_folders_made_with_other_defaults_or_versions(results_of, tmp_path, monkeypatch):
    results_of("first", ("seeds = 3", 'seeds = "0-1"'))
    monkeypatch.setattr(weaknas, "__version__", "9.9.9")
    results_of("second", ("seeds = 3", 'seeds = "4-5"'))
    merge_folders([tmp_path / "first", tmp_path / "second"], tmp_path / "both")
    manifest = load(tmp_path / "both").manifest
    assert [made["weaknas"] for made in manifest.earlier_versions] == ["9.9.9"]
    assert manifest.strategies["random"].seeds == [[0, 1], [4, 5]]
    monkeypatch.setitem(weaknas.strategies.weak.WeakNAS.__init__.__kwdefaults__, "explore", 0.2)
    results_of("third", ("seeds = 3", 'seeds = "6-7"'))
    with pytest.raises(InvalidStudy, match=r"hold runs of weaknas \(ridge\) on toy with other defaults"):
        merge_folders([tmp_path / "first", tmp_path / "third"], tmp_path / "wrong")
    monkeypatch.setattr(weaknas_predictors.ridge.Ridge.__init__, "__defaults__", (2.0,))
    results_of("fourth", ("seeds = 3", 'seeds = "6-7"'))
    with pytest.raises(InvalidStudy, match=r"do not belong together: 'weaknas \(ridge\)' differs"):
        merge_folders([tmp_path / "third", tmp_path / "fourth"], tmp_path / "wrong")
