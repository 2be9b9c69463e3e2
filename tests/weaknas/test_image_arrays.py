import numpy as np
import pytest

from weaknas.errors import InvalidImages, NotFound
from weaknas.image_arrays import read_image_arrays

X, Y = np.random.default_rng(0).random((8, 4, 4)), np.repeat([0, 1], 4)


def test_images_and_labels_come_back_by_split(tmp_path):
    np.savez(tmp_path / "own.npz", x_train=X, y_train=Y, x_test=X[:2, ..., None], y_test=Y[:2].astype("u1"), x=X)
    splits = read_image_arrays(tmp_path / "own.npz")
    assert list(splits) == ["train", "test"]
    np.testing.assert_array_equal(splits["train"][0], X)
    assert splits["test"][0].shape == (2, 4, 4, 1)
    assert splits["test"][1].dtype == np.int64


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X.astype("U3"), "y": Y}, "type <U3"),
        ({"x": X[0], "y": Y}, r"x of .* holds images of shape \(4, 4\)"),
        ({"x": X[:, :0], "y": Y}, r"x of .* holds images of shape \(8, 0, 4\)"),
        ({"x": X, "y": Y[:5]}, "y of .* must be 8 whole numbers"),
        ({"x_test": X, "y_test": Y - 1}, "y_test of .* must be 8 whole numbers"),
        ({"x": X, "y": Y + 0.5}, "y of .* must be 8 whole numbers"),
    ],
)
def test_unusable_arrays_are_one_sentence(tmp_path, arrays, message):
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(InvalidImages, match=message):
        read_image_arrays(tmp_path / "own.npz")


def test_a_file_that_is_no_npz_or_not_there(tmp_path):
    (tmp_path / "text.npz").write_text("no arrays")
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object), y=Y)
    for name in ("text.npz", "objects.npz"):
        with pytest.raises(InvalidImages, match="cannot be read as an"):
            read_image_arrays(tmp_path / name)
    with pytest.raises(NotFound, match="no file"):
        read_image_arrays(tmp_path / "absent.npz")
