"""The folders that a leaderboard is made of: those of studies, each by itself or among others in a folder."""

from collections.abc import Sequence
from pathlib import Path

from weaknas.errors import NotFound

from ..study.manifest import MANIFEST, has_manifest

__all__ = ["find_studies"]


def find_studies(directories: Sequence[Path]) -> list[Path]:
    """Return the study folders that are named, or that stand in a named folder, sorted within it.

    Raises:
        NotFound: a folder is not there, or holds no study.
    """
    found: dict[Path, None] = {}
    for directory in directories:
        if not directory.is_dir():
            raise NotFound(f"there is no folder {directory}; name folders of studies, or a folder of such.")
        inside = [path.parent for path in sorted(directory.glob(f"*/{MANIFEST}"))]
        studies = [directory] if has_manifest(directory) else inside
        studies = [study for study in studies if not study.resolve().name.startswith(".")]  # half a submission
        if not studies:
            raise NotFound(f"{directory} holds no study: neither it nor a folder in it has a {MANIFEST}.")
        found.update(dict.fromkeys(studies))
    return list(found)
