import numpy as np
import pytest

from weaknas.errors import InvalidImages
from weaknas_benchmarks.building.images import SPLITS, digits, from_file


def test_the_digits_split_is_disjoint_stratified_and_always_the_same():
    images = digits()
    assert [len(images.y[split]) for split in SPLITS] == [898, 449, 450]
    assert (images.classes, images.channels, images.side) == (10, 1, 8)
    for split, share in zip(SPLITS, (2, 4, 4), strict=True):
        assert np.bincount(images.y[split]).min() >= 174 // share - 1
    everything = np.concatenate([images.x[split].reshape(-1, 64) for split in SPLITS])
    assert len(np.unique(everything, axis=0)) == 1797
    assert images.x["train"].min() == 0
    assert images.x["train"].max() == 1
    assert images.digest.startswith("03d87fee")


def test_own_images_are_split_and_scaled(image_file):
    images = from_file(image_file, "bars")
    assert images.x["train"].shape == (48, 1, 4, 4)
    assert [np.bincount(images.y[split]).tolist() for split in SPLITS] == [[16] * 3, [8] * 3, [8] * 3]
    assert images.x["train"].min() == 0
    assert images.x["train"].max() == 1


def test_own_splits_are_kept_and_colours_go_first(tmp_path):
    arrays = {f"x_{split}": np.random.default_rng(0).random((6, 4, 4, 3)) for split in SPLITS}
    arrays |= {f"y_{split}": np.arange(6) % 2 for split in SPLITS}
    np.savez(tmp_path / "own.npz", **arrays)
    images = from_file(tmp_path / "own.npz", "own")
    low, high = arrays["x_train"].min(), arrays["x_train"].max()
    expected = (arrays["x_test"][1, 2, 3] - low) / (high - low)
    np.testing.assert_allclose(images.x["test"][1, :, 2, 3], expected, rtol=1e-5)
    assert images.y["valid"].tolist() == [0, 1] * 3


X, Y = np.random.default_rng(0).random((8, 4, 4)), np.repeat([0, 1], 4)
OWN = {f"x_{split}": X for split in SPLITS} | {f"y_{split}": Y for split in SPLITS}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "must hold x_train"),
        ({"x": X}, "must hold x_train"),
        ({"x": X[:, :3], "y": Y}, r"x of .* has shape \(8, 3, 4\)"),
        ({"x": X[:, :3, :3], "y": Y}, "even side"),
        ({"x": np.where(X > 0.9, np.nan, X), "y": Y}, "not finite"),
        ({"x": X, "y": 2 * Y}, "every label .* from 0 to 2 needs at least 4 images"),
        ({"x": 0 * X, "y": Y}, "all one grey"),
        (OWN | {"y_test": Y + 1}, "y_train does not have"),
        (OWN | {"x_test": X[:, :2, :2]}, "different shapes"),
    ],
)
def test_unusable_arrays_are_one_sentence(tmp_path, arrays, message):
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(InvalidImages, match=message):
        from_file(tmp_path / "own.npz", "own")
