"""From image files of every kind to colours, or to one sentence."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from weaknas.errors import InvalidImages
from weaknas.supernet import decoding
from weaknas.supernet.decoding import decoded, endings

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


def encoded(image, kind="png", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def colours(content):
    return np.asarray(decoded(io.BytesIO(content), "one"))


@pytest.mark.parametrize("kind", ["png", "tiff", "ppm", "jpeg2000"])
def test_sixteen_bits_are_scaled_to_eight(kind):
    grey = np.array([[0, 255, 257, 25700], [32768, 65278, 65534, 65535]], np.uint16)
    found = colours(encoded(Image.fromarray(grey), kind))
    assert found.shape == (2, 4, 3)
    assert np.abs(found[..., 0] - grey / 257).max() <= 1
    assert found[1, 3].tolist() == [255, 255, 255]


def test_colours_of_every_mode():
    image = Image.fromarray(RGB)
    for mode in ("RGB", "RGBA", "CMYK"):
        kind = "tiff" if mode == "CMYK" else "png"
        assert np.abs(colours(encoded(image.convert(mode), kind)).astype(int) - RGB).max() <= 2
    grey = np.asarray(image.convert("L"))
    for mode in ("L", "LA"):
        assert np.array_equal(colours(encoded(image.convert(mode))), grey[..., None].repeat(3, 2))
    for options in ({}, {"transparency": bytes(range(256))}):
        palette = image.quantize(16)
        assert np.array_equal(colours(encoded(palette, **options)), np.asarray(palette.convert("RGB")))
    assert set(np.unique(colours(encoded(image.convert("1"))))) <= {0, 255}


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_of_an_animation_the_first_image_is_taken(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    found = colours(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert found[0, 0, 0] > 200
    assert found[0, 0, 2] < 50


def test_an_image_of_too_many_pixels_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(InvalidImages, match=r"^one has more than 40 pixels, the most that Pillow decodes; make it"):
        colours(encoded(Image.fromarray(RGB)))


def test_what_cannot_be_decoded_says_why():
    png = encoded(Image.fromarray(RGB))
    for content, reason in (
        (b"", "it is empty"),
        (b"<svg/>", "no image that Pillow knows"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no image that Pillow knows"),  # would run Ghostscript
        (png[:-30], ""),
        (encoded(Image.fromarray(RGB[..., 0].astype(np.float32)), "tiff"), "32-bit numbers of no known scale"),
    ):
        with pytest.raises(
            InvalidImages, match=rf"^one cannot be decoded: .*{reason}.*; replace it with a fresh copy\.$"
        ):
            colours(content)


@pytest.mark.filterwarnings("ignore")
def test_damaged_images_are_one_sentence():
    rng, said = random.Random(0), []
    for kind in ("png", "jpeg", "webp", "gif", "bmp", "ppm", "jpeg2000"):
        whole = encoded(Image.fromarray(RGB), kind)
        for _ in range(30):
            content = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])])
            for _ in range(min(len(content), 3)):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            try:
                colours(bytes(content))
            except InvalidImages as error:
                said.append(str(error))
    assert len(said) > 50
    assert not any("\n" in one for one in said)


def test_endings_are_those_of_images_of_data_sets():
    assert {".jpeg", ".jpg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".gif"} <= endings()
    assert not {".eps", ".pdf", ".h5", ".txt", ""} & endings()
    assert decoding._formats()
