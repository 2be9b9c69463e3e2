"""Image files in folders of classes, as ImageNet is laid out."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import InvalidImages, system_sentence
from .decoding import endings

__all__ = ["classes_in", "images_in"]

# What data sets keep beside their images; other files that are no images are not passed over.
_NOTES = {".txt", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".md", ".html", ".log", ".ini", ".db", ".lmdb"}


def classes_in(root: Path) -> list[str]:
    """Return the names of the classes, sorted.

    Raises:
        InvalidImages: there are none, or images lie beside their folders.
    """
    children = [child for child in _listed(root) if not child.name.startswith(".")]
    classes = sorted(child.name for child in children if child.is_dir())
    if not classes:
        raise InvalidImages(f"{root} has no folders of classes, such as {root.name}/n01440764/.")
    loose = [child.name for child in children if child.name not in classes]
    refuse_others(root, [name for name in loose if _ending(name) not in _NOTES], len(loose), "in no folder of a class")
    return classes


def images_in(root: Path, name: str) -> list[str]:
    """Return the image files of a class, those in folders within it too, sorted, by their paths from `root`.

    Hidden files and notes (`.txt`, `.json` and the like) are passed over.

    Raises:
        InvalidImages: some files are neither images nor notes, by their endings.
    """
    found: list[str] = []
    seen: set[tuple[int, int]] = set()

    def fail(error: OSError) -> None:
        raise InvalidImages(f"a folder of images cannot be read ({system_sentence(error)}); make it readable.")

    for place, folders, files in os.walk(root / name, onerror=fail, followlinks=True):
        state = os.stat(place)
        if (state.st_dev, state.st_ino) in seen:  # a link to a folder above itself
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        within = os.path.relpath(place, root)
        found += [f"{within}/{file}" for file in files if not file.startswith(".") and _ending(file) not in _NOTES]
    others = [file for file in found if _ending(file) not in endings()]
    refuse_others(root / name, others, len(found), "no images by their endings")
    return sorted(found)


def refuse_others(place: Path, others: Sequence[str], count: int, what: str) -> None:
    """Refuse files that would not be read.

    Raises:
        InvalidImages: there are some.
    """
    if others:
        kinds = ", ".join(sorted({_ending(name) or "without ending" for name in others})[:3])
        raise InvalidImages(
            f"{len(others):,} of the {count:,} files in {place} are {what}, such as {min(others)} ({kinds}); "
            "move them, or rename them as what they are."
        )


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _listed(root: Path) -> Iterable[Path]:
    try:
        return list(root.iterdir())
    except OSError as error:
        raise InvalidImages(
            f"a folder of images cannot be read ({system_sentence(error)}); make it readable."
        ) from None
