"""Which output of a network stands for which class of some images: told by names, by numbers where there are none."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import InvalidOption, NotFound, system_sentence
from .data import Images

__all__ = ["in_words", "matched", "read_names"]

_WNID = re.compile(r"n\d{8}")
_HOW = "name them with --classes FILE (classes= in Python), one name a line in the order of the outputs"


def matched(
    images: Images, outputs: int, names: Sequence[str] | None, *, imagenet: bool = False
) -> tuple[Images, str]:
    """Return images whose class numbers are the outputs of a network, and how classes were matched, in words.

    Images of some of the network's classes only are scored among all of its outputs.

    Args:
        images: the images.
        outputs: how many classes the network tells apart.
        names: their names in the order of its outputs, None where it does not know them.
        imagenet: whether, without names, its outputs are in the order of ImageNet's sorted identifiers (`n01440764`).

    Raises:
        InvalidOption: a class of the images is none of the network's, or it cannot be known which.
    """
    if names is not None and len(names) != outputs:
        raise InvalidOption(
            f"{len(names):,} classes are named and the network has {outputs:,}; name all of them, once."
        )
    if names is not None:
        return _by_name(images, tuple(names))
    mine = images.classes
    if len(mine) > outputs:
        raise InvalidOption(
            f"{images.name} has {len(mine)} classes and the network {outputs}; name its images, or {_HOW}."
        )
    if mine == tuple(str(number) for number in range(len(mine))):
        # Numbers are all that such images say.
        return images, "by number" if len(
            mine
        ) == outputs else f"by number, {len(mine):,} of the network's {outputs:,}"
    if len(mine) < outputs:
        raise InvalidOption(
            f"{images.name} has {len(mine)} of the network's {outputs:,} classes, and which is not known, since its "
            f"weights do not name them; {_HOW}."
        )
    if imagenet and (wrong := [name for name in mine if not _WNID.fullmatch(name)]):
        raise InvalidOption(
            f"{images.name} has the class {wrong[0]!r}, and the released weights are in the order of ImageNet's "
            f"identifiers (n01440764, ...); name folders so, or {_HOW}."
        )
    return images, "by number, in the order of their names: the weights do not name their classes"


def _by_name(images: Images, names: tuple[str, ...]) -> tuple[Images, str]:
    if images.classes == names:
        return images, "by name"
    places = {name: number for number, name in enumerate(names)}
    if unknown := [name for name in images.classes if name not in places]:
        more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        known = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
        raise InvalidOption(
            f"{images.name} has the class {unknown[0]!r}{more}, which the network does not know (its classes are "
            f"{known}); name its images, or, if its classes only have other names, {_HOW}."
        )
    numbers = np.array([places[name] for name in images.classes], dtype=np.int64)
    return images.renumbered(numbers, names), f"by name, {len(images.classes):,} of the network's {len(names):,}"


def in_words(matching: str) -> str:
    """Return how classes were matched as a note to a score; empty where nobody needs to be told."""
    return "" if matching in ("by name", "by number") else f"classes are matched {matching}"


def read_names(path: Path | str) -> tuple[str, ...]:
    """Return the names of classes that a text file lists, one a line.

    Raises:
        NotFound: there is no such file.
        InvalidOption: it lists none, or one twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"there is no file of class names {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOption(f"the class names in {path} cannot be read: {system_sentence(error)}.") from None
    names = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not names or len(set(names)) < len(names):
        raise InvalidOption(f"{path} must list the names of all classes, each once, one a line.")
    return names
