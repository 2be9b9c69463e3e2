"""Encoded matrices on disk: what they follow from, and what becomes of damaged ones."""

import importlib
import os
import resource
from pathlib import Path

import numpy as np
import pytest

from weaknas import doors
from weaknas.spaces import Choice, NasBench201, OfaMobileNetV3, Rows, Space, UserMobile, encoding_cache
from weaknas.spaces.origin import source

SPACE = NasBench201()
ROWS = SPACE.enumerate()[::50]
EXPECTED = SPACE.encode(ROWS, "counts")
LAYOUT = {
    "name": "own",
    "classes": 10,
    "resolution": [24, 32],
    "stem": {"width": 8},
    "stage": [{"width": [16, 24], "depth": [1, 2]}],
    "head": {"width": 64},
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding_cache, "cache_directory", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def encoded(kind="counts"):
    return Rows(SPACE, ROWS).encoded(kind)


# -- what a matrix follows from ------------------------------------------------------------------------------


def test_a_space_of_another_width_has_features_of_its_own():
    narrow, wide = OfaMobileNetV3(1.0), OfaMobileNetV3(1.2)
    rows = narrow.sample(5, np.random.default_rng(0))
    for space in (narrow, wide):
        np.testing.assert_array_equal(Rows(space, rows).encoded("counts"), space.encode(rows, "counts"))


def test_a_file_that_was_edited_has_features_of_its_own():
    before, after = UserMobile(LAYOUT), UserMobile(LAYOUT | {"resolution": [48, 64]})
    rows = before.enumerate()
    for kind in ("counts", "ordinal"):
        first = np.array(Rows(before, rows).encoded(kind))
        np.testing.assert_array_equal(Rows(after, rows).encoded(kind), after.encode(rows, kind))
        assert (first != Rows(after, rows).encoded(kind)).any()


def test_numbers_free_to_know_are_told_apart_by_their_names():
    macs, params = np.arange(3.0), np.ones(3)
    one = Rows(SPACE, ROWS[:3], {"macs": lambda: macs, "params": lambda: params})
    other = Rows(SPACE, ROWS[:3], {"params": lambda: macs, "macs": lambda: params})
    assert one.encoded("features:macs")[:, 0].tolist() == macs.tolist()
    assert other.encoded("features:macs")[:, 0].tolist() == params.tolist()


def test_numbers_of_rows_within_rows_count_too():
    for numbers in (np.arange(3.0), np.ones(3)):
        inner = Rows(SPACE, ROWS[:3], {"macs": lambda numbers=numbers: numbers})
        assert Rows(inner, ROWS[:3]).encoded("features")[:, 0].tolist() == numbers.tolist()


def test_another_version_of_a_learned_encoding_is_learned_anew(monkeypatch):
    class Learned:
        version = 1
        factor = 1.0

        def __init__(self, space):
            pass

        def __call__(self, batch, argument="", /):
            return (batch[:, :2] * self.factor).astype(np.float32)

    monkeypatch.setattr(doors.Door, "names", lambda self, pattern="*": ["learned"])
    monkeypatch.setattr(doors.Door, "load", lambda self, name: Learned)
    first = np.array(encoded("onehot+learned"))
    Learned.factor, Learned.version = 2.0, 2
    second = encoded("onehot+learned")
    np.testing.assert_array_equal(second[:, -2:], 2 * first[:, -2:])


def test_the_source_of_a_class_and_of_its_ancestors_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def source_of(module, text):
        (tmp_path / f"{module}.py").write_text(text)
        return source(importlib.import_module(module).Made)

    child = "from {} import Made as Parent\nclass Made(Parent): pass"
    parents = [source_of("parent_one", "class Made: pass"), source_of("parent_two", "class Made: pass  # another")]
    children = [source_of("child_one", child.format("parent_one")), source_of("child_two", child.format("parent_two"))]
    assert len({*parents, *children}) == 4
    assert source(type("Made", (), {"__module__": "nowhere"})) is None


def test_a_space_that_does_not_say_what_it_follows_from_is_kept_in_memory(cache):
    class Mine(Space):
        name = "mine"
        choices = (Choice("depth", (1, 2)), Choice("kernel", (3, 5, 7)))
        width = 1.0

        @property
        def encoders(self):
            return {"wide": lambda batch, argument="": (batch * self.width).astype(np.float32)}

        def to_str(self, batch):
            return [str(row) for row in batch.tolist()]

        def from_str(self, texts):
            raise NotImplementedError

    space = Mine()
    rows = space.enumerate()
    np.testing.assert_array_equal(Rows(space, rows).encoded("wide"), rows)
    space.width = 2.0
    np.testing.assert_array_equal(Rows(space, rows).encoded("wide"), 2 * rows)
    assert not cache.exists()


def test_a_class_that_inherits_what_it_follows_from_does_not_say_it(cache):
    class Wide(OfaMobileNetV3):
        factor = 1.0

        @property
        def encoders(self):
            return {"wide": lambda batch, argument="": (batch * self.factor).astype(np.float32)}

    space = Wide()
    rows = space.sample(3, np.random.default_rng(0))
    np.testing.assert_array_equal(Rows(space, rows).encoded("wide"), rows)
    space.factor = 2.0
    np.testing.assert_array_equal(Rows(space, rows).encoded("wide"), 2 * rows)


def test_a_name_that_is_no_file_name_is_kept_all_the_same(cache):
    whole = OfaMobileNetV3()
    part = whole.restrict(lambda batch: np.ones(len(batch), dtype=bool), "MACs / parameter " + "x" * 300)
    rows = whole.sample(3, np.random.default_rng(0))
    np.testing.assert_array_equal(Rows(part, rows).encoded("onehot"), whole.encode(rows))
    assert len(list(cache.iterdir())) == 1


# -- what becomes of damaged files ---------------------------------------------------------------------------


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def another(matrix: np.ndarray):
    def write(path: Path) -> None:
        np.save(path, matrix)

    return write


@pytest.mark.parametrize(
    "damage",
    [
        flipped,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes() + b"\0"),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        another(np.zeros_like(EXPECTED)),
        another(EXPECTED[::-1]),
        another(EXPECTED.astype(np.float64)),
        another(np.asfortranarray(EXPECTED)),
    ],
    ids=["flipped", "empty", "cut", "longer", "blank", "zeros", "permuted", "double", "order"],
)
def test_a_damaged_matrix_is_made_again(cache, damage):
    encoded()
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    damage(path)
    np.testing.assert_array_equal(encoded(), EXPECTED)
    assert path.read_bytes() == whole


def test_the_whole_matrix_of_another_encoding_is_not_taken_for_this_one(cache):
    encoded("onehot")
    (other,) = cache.iterdir()
    encoded()
    (path,) = set(cache.iterdir()) - {other}
    path.write_bytes(other.read_bytes())
    np.testing.assert_array_equal(encoded(), EXPECTED)


def test_damage_is_noticed_in_a_file_that_was_checked_before(cache):
    rows = Rows(SPACE, ROWS)
    rows.encoded("counts")
    (path,) = cache.iterdir()
    os.utime(path, ns=(0, 0))  # long ago, so that it is checked once
    rows.encoded("counts")
    flipped(path)
    np.testing.assert_array_equal(rows.encoded("counts"), EXPECTED)


def test_a_matrix_is_checked_once_as_long_as_its_file_is_the_same(cache, monkeypatch):
    encoded()
    (path,) = cache.iterdir()
    os.utime(path, ns=(0, 0))
    first = encoded()
    monkeypatch.setattr(Path, "open", lambda *arguments: pytest.fail("it was read again"))
    assert encoded() is first


# -- where it cannot be kept ---------------------------------------------------------------------------------


def test_on_a_full_disk_the_matrix_stays_in_memory_and_no_part_of_it_on_the_disk(cache):
    rows = Rows(SPACE, ROWS)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        first = rows.encoded("counts")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    np.testing.assert_array_equal(first, EXPECTED)
    assert list(cache.iterdir()) == []
    assert rows.encoded("counts") is first  # not made a second time
    assert not first.flags.writeable


def test_a_matrix_is_written_not_mapped(monkeypatch):
    # Of a page that is mapped and finds no room on the disk a process hears by a signal, which ends it.
    memmap = np.memmap

    def opened(*arguments, mode="r", **options):
        assert mode == "r"
        return memmap(*arguments, mode=mode, **options)

    monkeypatch.setattr(np, "memmap", opened)
    np.testing.assert_array_equal(encoded(), EXPECTED)
