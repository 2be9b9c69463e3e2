"""Images: layouts, splits, crops, and batches that can be gone on with."""

import gzip
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from weaknas.errors import InvalidImages, InvalidOption, NotFound
from weaknas.supernet.crops import _part, centre, fbnet_resize, jittered, ofa_resize, random_resized
from weaknas.supernet.data import batches, normalise, open_images

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
LABELS = np.arange(40) % 4


def _encoded(pixels: np.ndarray, kind: str = "png") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def _parquet(path: Path, pixels=PIXELS, labels=LABELS) -> Path:
    pq.write_table(pa.table({"image": [_encoded(one) for one in pixels], "label": labels}), path)
    return path


def _folder(root: Path) -> Path:
    for part, rows in (("train", range(40)), ("val", range(8))):
        for row in rows:
            place = root / part / f"n{LABELS[row]:04}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{row:03}.png").write_bytes(_encoded(PIXELS[row]))
    return root


def _idx(root: Path) -> Path:
    for stem, rows in (("train", 40), ("t10k", 8)):
        for name, array in (("images-idx3", PIXELS[:rows, ..., 0]), ("labels-idx1", LABELS[:rows].astype(np.uint8))):
            header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
            (root / f"{stem}-{name}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    return root


def _all(part, crop=None):
    return part.read(np.arange(len(part)), crop).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("layout", ["folder", "parquet", "parquets", "npz", "idx"])
def test_every_layout_gives_the_same_images_and_split(tmp_path: Path, layout: str):
    grey = layout == "idx"
    if layout == "folder":
        path = _folder(tmp_path)
    elif layout == "parquet":
        path = _parquet(tmp_path / "some.parquet")
    elif layout == "parquets":
        path = _parquet(tmp_path / "my_train.parquet").parent
        _parquet(tmp_path / "my_test.parquet", PIXELS[:8], LABELS[:8])
    elif layout == "npz":
        path = tmp_path / "some.npz"
        np.savez(path, x_train=PIXELS, y_train=LABELS, x_test=PIXELS[:8], y_test=LABELS[:8])
    else:
        path = _idx(tmp_path)
    data = open_images(path, held_out=0.25, seed=3)
    assert len(data.classes) == 4
    assert (len(data.train), len(data.held_out)) == (30, 10)
    shown = {(PIXELS[i][..., [0] * 3 if grey else [0, 1, 2]].tobytes(), LABELS[i]) for i in range(40)}
    parts = [data.train, data.held_out]
    seen = [(_all(part)[i].tobytes(), int(label)) for part in parts for i, label in enumerate(part.labels)]
    assert len(seen) == 40
    assert set(seen) == shown
    assert (data.val is None) == (layout == "parquet")
    if data.val is not None:
        assert len(data.val) == 8
    again, other = (open_images(path, held_out=10, seed=seed) for seed in (3, 4))
    assert again.held_out.digest == data.held_out.digest != other.held_out.digest


def test_numbers_of_any_type_become_bytes(tmp_path: Path):
    np.savez(tmp_path / "some.npz", x=PIXELS[..., 0] / 16.0, y=LABELS)
    data = open_images(tmp_path / "some.npz")
    assert data.train.read(np.arange(3)).shape == (3, 3, 12, 12)
    assert {int(_all(part).max()) for part in (data.train, data.held_out)} & {255}


def test_normalised_training_images_have_mean_0_and_deviation_1(tmp_path: Path):
    data = open_images(_parquet(tmp_path / "some.parquet"), held_out=1)
    both = torch.cat([normalise(part.read(np.arange(len(part))), data) for part in (data.train, data.held_out)])
    assert both.mean((0, 2, 3)).abs().max() < 1e-5
    assert (both.std((0, 2, 3)) - 1).abs().max() < 1e-3


def test_centre_resizes_the_shorter_side_and_cuts_the_middle():
    image = Image.fromarray(np.tile(np.arange(60, dtype=np.uint8)[None, :, None], (30, 1, 3)))
    cut = np.asarray(centre(20, 30)(image, RNG))
    assert cut.shape == (20, 20, 3)
    assert cut[0, 0, 0] == 20
    assert centre(20, 24)(image, RNG).size == (20, 20)
    with pytest.raises(InvalidOption, match="cannot be cut out"):
        centre(20, 10)


def test_resize_rules_of_the_published_systems():
    assert [ofa_resize(side) for side in (160, 224, 236)] == [183, 256, 270]
    assert [fbnet_resize(side) for side in (128, 224, 256)] == [152, 256, 296]


def test_random_crops_are_of_the_size_mirrored_and_within_the_scale():
    ramp = Image.fromarray(np.tile(np.arange(100, dtype=np.uint8)[None, :, None], (100, 1, 3)))
    crops = [np.asarray(random_resized(16)(ramp, np.random.default_rng(i)))[0, :, 0].astype(int) for i in range(60)]
    mirrored = [row[0] > row[-1] for row in crops]
    assert 15 < sum(mirrored) < 45
    whole = [np.asarray(random_resized(16, (1, 1), (1, 1))(ramp, np.random.default_rng(i))) for i in range(3)]
    assert all(abs(int(one[0, 0, 0]) - int(one[0, -1, 0])) > 85 for one in whole)
    wide = Image.fromarray(np.zeros((4, 400, 3), np.uint8))
    assert random_resized(16)(wide, RNG).size == (16, 16)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(20, 90), st.integers(20, 90))
def test_a_random_crop_does_not_look_at_the_pixels_around_it(seed, width, height):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    left, top, w, h = _part(image.size, (0.08, 1.0), (3 / 4, 4 / 3), np.random.default_rng(seed))
    alone = image.crop((left, top, left + w, top + h)).resize((16, 16), Image.Resampling.BILINEAR)
    found = np.asarray(random_resized(16)(image, np.random.default_rng(seed)))
    assert any((found == np.asarray(alone)[:, ::step]).all() for step in (1, -1))


def test_colours_change_by_factors_in_random_order():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8))
    crop = jittered(lambda image, rng: image, 0.1, 0.5)
    brightness, colour = (ImageEnhance.Brightness, 0.1), (ImageEnhance.Color, 0.5)
    seen = set()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        first = int(rng.permutation(2)[0])
        wanted = image
        for enhancer, reach in ((brightness, colour), (colour, brightness))[first]:
            wanted = enhancer(wanted).enhance(1 + rng.uniform(-reach, reach))
        seen.add(first)
        difference = np.asarray(crop(image, np.random.default_rng(seed))).astype(int) - np.asarray(wanted)
        assert np.abs(difference).max() <= 1
    assert seen == {0, 1}


@pytest.mark.parametrize("crop", [None, random_resized(8)])
def test_batches_follow_from_seed_and_epoch_and_can_begin_anywhere(tmp_path: Path, crop):
    part = open_images(_parquet(tmp_path / "some.parquet")).train
    whole = list(batches(part, 10, crop=crop, seed=1, epoch=2))
    assert len(whole) == 3
    rest = list(batches(part, 10, crop=crop, seed=1, epoch=2, first=1))
    for (images, labels), (others, numbers) in zip(whole[1:], rest, strict=True):
        assert torch.equal(images, others)
        assert torch.equal(labels, numbers)
    assert not torch.equal(whole[0][0], next(batches(part, 10, crop=crop, seed=1, epoch=3))[0])
    shares = [next(batches(part, 10, crop=crop, seed=1, epoch=2, share=(rank, 2)))[0] for rank in range(2)]
    assert torch.equal(torch.cat(shares), whole[0][0])


def test_batches_for_a_gpu_are_pinned(images_file: Path, monkeypatch: pytest.MonkeyPatch):
    pinned = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: pinned.append(len(tensor)) or tensor)
    part = open_images(images_file).train
    next(batches(part, 4))
    assert pinned == []
    next(batches(part, 4, pinned=True))
    assert pinned[:2] == [4, 4]  # images and labels; more where the next batch is read already


def test_a_corrupt_image_is_named(tmp_path: Path):
    root = _folder(tmp_path)
    broken = next((root / "train").glob("*/*.png"))
    broken.write_bytes(broken.read_bytes()[:60])
    data = open_images(root, held_out=1)
    with pytest.raises(InvalidImages, match=str(broken)):
        list(batches(data.train, 39, crop=centre(8, 8)))
    pq.write_table(pa.table({"image": [_encoded(PIXELS[0]), b"nothing"], "label": [0, 1]}), tmp_path / "two.parquet")
    with pytest.raises(InvalidImages, match=r"image 1 of .*two.parquet"):
        open_images(tmp_path / "two.parquet")


def test_images_of_several_sizes_need_a_crop(tmp_path: Path):
    content = [_encoded(PIXELS[row, : 12 - row % 2]) for row in range(4)]
    pq.write_table(pa.table({"image": content, "label": [0, 1, 0, 1]}), tmp_path / "some.parquet")
    data = open_images(tmp_path / "some.parquet", held_out=1)
    with pytest.raises(InvalidImages, match="several sizes"):
        data.train.read(np.arange(3))
    assert data.train.read(np.arange(3), centre(8, 8)).shape == (3, 3, 8, 8)


def test_refusals_name_the_place(tmp_path: Path):
    with pytest.raises(NotFound, match="no images at"):
        open_images(tmp_path / "none")
    with pytest.raises(InvalidImages, match="holds no images"):
        open_images(tmp_path)
    np.savez(tmp_path / "odd.npz", z=PIXELS)
    with pytest.raises(InvalidImages, match="must hold x_train"):
        open_images(tmp_path / "odd.npz")
    np.savez(tmp_path / "flat.npz", x=PIXELS, y=LABELS[:3])
    with pytest.raises(InvalidImages, match="40 whole numbers"):
        open_images(tmp_path / "flat.npz")
    (tmp_path / "bad.parquet").write_bytes(b"nothing")
    with pytest.raises(InvalidImages, match="no Parquet file"):
        open_images(tmp_path / "bad.parquet")
    (tmp_path / "train").mkdir()
    with pytest.raises(InvalidImages, match="no folders of classes"):
        open_images(tmp_path)
    path = _parquet(tmp_path / "some.parquet")
    with pytest.raises(InvalidOption, match="leaves one part empty"):
        open_images(path, held_out=40)
    data = open_images(path)
    with pytest.raises(InvalidOption, match="no split 'val'; it has train, held-out"):
        data.part("val")
    with pytest.raises(InvalidOption, match="does not go into"):
        next(batches(data.train, 100))
