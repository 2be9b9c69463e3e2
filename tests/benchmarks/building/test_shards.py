import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from weaknas.errors import InUse, InvalidOption, WeaknasError
from weaknas_benchmarks.building import build_spec
from weaknas_benchmarks.building.build_spec import BuildSpec
from weaknas_benchmarks.building.shards import Shards, build_directory

pytest.importorskip("filelock")


def measured(spec: BuildSpec, number: int) -> SimpleNamespace:
    members, fidelities = len(spec.shard(number)) * len(spec.runs), len(spec.recipe.fidelities) + 1
    values = np.full((members, fidelities), 50, dtype=np.float32)
    parts = {"valid": values, "test": values - 1}
    return SimpleNamespace(accuracy=parts, loss=parts, seconds=np.ones(members))


@pytest.fixture
def shards(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(build_spec, "SHARD", 1)
    return Shards(tiny, tmp_path / "build")


def test_what_is_written_is_read_and_the_rest_is_missing(shards):
    with shards.locked():
        assert shards.missing() == [0, 1]
        shards.write(1, measured(shards.spec, 1), {})
        assert shards.missing() == [0]
        assert shards.read(1)["valid_acc"].shape == (1, 3, 2)


def test_a_damaged_shard_or_one_of_other_architectures_is_missing(shards):
    with shards.locked():
        for number in (0, 1):
            shards.write(number, measured(shards.spec, number), {})
    first, second = (shards.directory / f"shard-000{number}.npz" for number in (0, 1))
    whole = first.read_bytes()
    for broken in (whole[:-40], b"", whole[:300] + b"\0" * 40 + whole[340:], second.read_bytes()):
        first.write_bytes(broken)
        assert shards.missing() == [0]


def test_a_shard_with_what_cannot_be_measured_is_missing(shards):
    with shards.locked():
        for altered in (lambda values: values + 100, lambda values: -values, lambda values: values.astype(str)):
            result = measured(shards.spec, 0)
            result.accuracy["valid"] = altered(result.accuracy["valid"])
            shards.write(0, result, {})
            assert 0 in shards.missing()
        shards.write(0, measured(shards.spec, 0), {})
        assert shards.missing() == [1]


def test_half_written_files_are_cleared_away(shards):
    with shards.locked():
        pass
    (shards.directory / ".shard-0000.npz.0123.part").write_bytes(b"half")
    with shards.locked():
        assert not list(shards.directory.glob(".*.part"))


def test_two_builds_at_once_are_refused(shards):
    with shards.locked(), pytest.raises(InUse, match=r"another process is working on .*build; wait"):
        Shards(shards.spec, shards.directory).locked().__enter__()
    with shards.locked():
        pass


def test_another_spec_is_refused_unless_fresh(shards):
    with shards.locked():
        shards.write(0, measured(shards.spec, 0), {})
    other = Shards(replace(shards.spec, runs=(0, 1)), shards.directory)
    with pytest.raises(InvalidOption, match="was begun with other runs; start it again with --fresh"), other.locked():
        pass
    with other.locked(fresh=True):
        assert other.missing() == [0, 1]
    with shards.locked(fresh=True):
        assert json.loads((shards.directory / "plan.json").read_text())["runs"] == [0, 1, 2]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{}", b"[1]", b"null", b"[" * 100_000, b""])
def test_an_unreadable_plan_is_refused(shards, content):
    with shards.locked():
        (shards.directory / "plan.json").write_bytes(content)
    with pytest.raises(InvalidOption, match="settings, which cannot be read; start it again with --fresh"):
        shards.locked().__enter__()


def test_a_folder_that_cannot_be_made_is_one_sentence(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WeaknasError, match=r"cannot write to .*file.build: .*; build under another name"):
        Shards(tiny, tmp_path / "file" / "build").locked().__enter__()


def test_builds_are_kept_in_the_users_data(tmp_path):
    assert build_directory("mine") == tmp_path / "user" / "builds" / "mine"
