"""Image files in folders of classes, as ImageNet is laid out."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import InvalidImages, system_sentence
from .decoding import endings

__all__ = ["classes_in", "images_in"]

# What data sets keep beside their images; other files that are no images are not passed over.
_TEXTS = {".txt", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".md", ".rst", ".html", ".pdf", ".log", ".ini"}
_NOTES = _TEXTS | {".py", ".sh", ".md5", ".sha256", ".db", ".lmdb", ".cache"}
_NAMED = {"readme", "license", "licence", "copying", "authors"}  # notes without an ending
_HIDDEN = (".", "__MACOSX", "@eaDir")  # names of files and folders that operating systems leave begin so


def classes_in(root: Path) -> list[str]:
    """Return the names of the classes, sorted.

    Raises:
        InvalidImages: there are none, or images lie beside their folders.
    """
    children = [child for child in _listed(root) if not child.name.startswith(_HIDDEN)]
    classes = sorted(child.name for child in children if child.is_dir())
    if not classes:
        raise InvalidImages(f"{root} has no folders of classes, such as {root.name}/n01440764/.")
    loose = [child.name for child in children if child.name not in classes]
    refuse_others(root, [name for name in loose if not _is_note(name)], len(loose), "in no folder of a class")
    return classes


def images_in(root: Path, name: str) -> list[str]:
    """Return the image files of a class, those in folders within it too, sorted, by their paths from `root`.

    There are none where the class has no folder: images for validation may be of some classes only. Hidden files and
    notes (`.txt`, `.json` and the like) are passed over.

    Raises:
        InvalidImages: some files are neither images nor notes, by their endings.
    """
    found: list[str] = []
    if not (root / name).is_dir():
        return found
    # Links to a folder above would bring in other classes, or the class again.
    seen = {_identity(folder) for folder in (root / name).resolve().parents}

    def fail(error: OSError) -> None:
        raise InvalidImages(f"a folder of images cannot be read ({system_sentence(error)}); make it readable.")

    for place, folders, files in os.walk(root / name, onerror=fail, followlinks=True):
        if (identity := _identity(place)) in seen:
            folders.clear()
            continue
        seen.add(identity)
        folders[:] = sorted(folder for folder in folders if not folder.startswith(_HIDDEN))
        within = os.path.relpath(place, root)
        found += [f"{within}/{file}" for file in files if not file.startswith(_HIDDEN) and not _is_note(file)]
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


def _identity(folder: Path | str) -> tuple[int, int]:
    state = os.stat(folder)
    return state.st_dev, state.st_ino


def _is_note(name: str) -> bool:
    return _ending(name) in _NOTES or name.lower() in _NAMED


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _listed(root: Path) -> Iterable[Path]:
    try:
        return list(root.iterdir())
    except OSError as error:
        raise InvalidImages(
            f"a folder of images cannot be read ({system_sentence(error)}); make it readable."
        ) from None
