import numpy as np
import pytest

from weaknas.errors import InvalidOption, NotFound
from weaknas_benchmarks.building.images import PARTS, digits, from_file


def test_the_digits_split_is_disjoint_stratified_and_always_the_same():
    images = digits()
    assert [len(images.y[part]) for part in PARTS] == [898, 449, 450]
    assert (images.classes, images.channels, images.side) == (10, 1, 8)
    for part, share in zip(PARTS, (2, 4, 4), strict=True):
        assert np.bincount(images.y[part]).min() >= 174 // share - 1
    everything = np.concatenate([images.x[part].reshape(-1, 64) for part in PARTS])
    assert len(np.unique(everything, axis=0)) == 1797
    assert images.x["train"].min() == 0
    assert images.x["train"].max() == 1
    assert images.digest.startswith("03d87fee")


def test_own_images_are_split_and_scaled(image_file):
    images = from_file(image_file, "bars")
    assert images.x["train"].shape == (48, 1, 4, 4)
    assert [np.bincount(images.y[part]).tolist() for part in PARTS] == [[16] * 3, [8] * 3, [8] * 3]
    assert images.x["train"].min() == 0
    assert images.x["train"].max() == 1


def test_own_splits_are_kept_and_colours_go_first(tmp_path):
    arrays = {f"x_{part}": np.random.default_rng(0).random((6, 4, 4, 3)) for part in PARTS}
    arrays |= {f"y_{part}": np.arange(6) % 2 for part in PARTS}
    np.savez(tmp_path / "own.npz", **arrays)
    images = from_file(tmp_path / "own.npz", "own")
    low, high = arrays["x_train"].min(), arrays["x_train"].max()
    expected = (arrays["x_test"][1, 2, 3] - low) / (high - low)
    np.testing.assert_allclose(images.x["test"][1, :, 2, 3], expected, rtol=1e-5)
    assert images.y["valid"].tolist() == [0, 1] * 3


X, Y = np.random.default_rng(0).random((8, 4, 4)), np.repeat([0, 1], 4)
OWN = {f"x_{part}": X for part in PARTS} | {f"y_{part}": Y for part in PARTS}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "holds nothing; it must hold x_train"),
        ({"x": X}, "holds x; it must hold"),
        ({"x": X[:, :3], "y": Y}, r"x of .* has shape \(8, 3, 4\)"),
        ({"x": X[:, :3, :3], "y": Y}, "even side"),
        ({"x": X.astype("U3"), "y": Y}, "type <U3"),
        ({"x": np.where(X > 0.9, np.nan, X), "y": Y}, "not finite"),
        ({"x": X, "y": Y[:5]}, "labels are 8 whole numbers"),
        ({"x": X, "y": Y - 1}, "labels are 8 whole numbers"),
        ({"x": X, "y": Y + 0.5}, "labels are 8 whole numbers"),
        ({"x": X, "y": 2 * Y}, "every label .* from 0 to 2 needs at least 4 images"),
        ({"x": 0 * X, "y": Y}, "all one grey"),
        (OWN | {"y_test": Y + 1}, "y_train does not have"),
        (OWN | {"x_test": X[:, :2, :2]}, "different shapes"),
    ],
)
def test_unusable_arrays_are_one_sentence(tmp_path, arrays, message):
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(InvalidOption, match=message):
        from_file(tmp_path / "own.npz", "own")


def test_a_file_that_is_no_npz_or_not_there(tmp_path):
    (tmp_path / "text.npz").write_text("no arrays")
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object), y=Y)
    for name in ("text.npz", "objects.npz"):
        with pytest.raises(InvalidOption, match="cannot be read as an"):
            from_file(tmp_path / name, "own")
    with pytest.raises(NotFound, match="no file"):
        from_file(tmp_path / "absent.npz", "own")
