"""From the bytes of an image file to an image in RGB, whatever it holds."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import InvalidImages, system_sentence

__all__ = ["decoded", "endings"]

# Of all that Pillow opens, what images of data sets come in: others run programs (EPS) or are no images (HDF5).
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "DIB", "PPM", "TIFF", "GIF", "JPEG2000", "AVIF", "QOI")


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


@cache
def endings() -> frozenset[str]:
    """Return the endings of the names of image files, in small letters: `.jpeg`, `.png` and so on."""
    known = _formats()
    return frozenset(ending for ending, name in Image.registered_extensions().items() if name in known) | {".mpo"}


def decoded(file: Path | io.BytesIO, name: str) -> Image.Image:
    """Return an image in RGB, the first one of a file with several.

    Transparency is left out, as Pillow does; 16 bits a colour become 8 by their scale.

    Args:
        file: a file of any of the usual formats.
        name: of the file, for messages.

    Raises:
        InvalidImages: it is damaged, too large, or no image.
    """
    try:
        with Image.open(file, formats=_formats()) as image:
            return _rgb(image)
    except UnidentifiedImageError:
        reason = "it is empty" if _is_empty(file) else "no image that Pillow knows"
    except Image.DecompressionBombError:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise InvalidImages(
            f"{name} has more than {most:,} pixels, the most that Pillow decodes; make it smaller or take it out."
        ) from None
    except Exception as error:  # what decoders say of damaged files is of any type
        reason = system_sentence(error) or type(error).__name__
    raise InvalidImages(f"{name} cannot be decoded: {reason}; replace it with a fresh copy.") from None


def _is_empty(file: Path | io.BytesIO) -> bool:
    return not (file.getbuffer().nbytes if isinstance(file, io.BytesIO) else file.stat().st_size)


def _rgb(image: Image.Image) -> Image.Image:
    """Return the image in RGB."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        grey = np.asarray(image).astype(np.float32) / 257  # Pillow's own conversion cuts at 255
        return Image.fromarray(np.rint(grey).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError("its colours are 32-bit numbers of no known scale, not 8 or 16 bits")
    if image.mode == "P" and isinstance(image.info.get("transparency"), bytes):
        image = image.convert("RGBA")  # the same colours without a warning
    return image.convert("RGB")
