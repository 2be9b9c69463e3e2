"""Downloading official files: from the address in a benchmark's card, resumed where it broke off, checked."""

import errno
import os
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from platformdirs import user_cache_path

from weaknas.doors import unknown
from weaknas.errors import NotFound, WeaknasError

__all__ = ["OfficialFile", "fetch", "official_files"]

_CHUNK = 1 << 20
_TIMEOUT = 30  # seconds without an answer


@dataclass(frozen=True)
class OfficialFile:
    """An official file, from the card of its benchmark.

    Attributes:
        name: what `weaknas data fetch` calls it.
        file: its file name.
        size: how large it is, in words.
        page: the official page that offers it.
        url: its address; empty where the page has to be visited by a person.
        sha256: its checksum; empty where none was published.
        note: what to know of it.
    """

    name: str
    file: str
    size: str
    page: str
    url: str = ""
    sha256: str = ""
    note: str = ""

    @property
    def by_hand(self) -> str:
        """How to get the file without this command."""
        where = self.url or self.page
        check = f", sha256 {self.sha256}" if self.sha256 else ""
        return f"get {self.file} ({self.size}{check}) from {where}, then run: weaknas data import {self.file}"


@cache
def official_files() -> dict[str, OfficialFile]:
    """Return the official files by name."""
    found = {}
    for card in files("weaknas_benchmarks").joinpath("cards").iterdir():
        if card.name.endswith(".toml"):
            for entry in tomllib.loads(card.read_text("utf-8")).get("source", []):
                found[entry["name"]] = OfficialFile(**entry)
    return found


def fetch(name: str, folder: Path | None = None) -> Path:
    """Download an official file, or find it where it was downloaded before.

    A download that broke off goes on where it stopped; a file whose checksum is wrong is deleted.

    Args:
        name: a name of `official_files`.
        folder: where to; the user's cache by default.

    Raises:
        NotFound: there is no such file, its page has to be visited by a person, or the address does not answer.
        WeaknasError: the checksum is wrong, or the file cannot be written.
    """
    if name not in official_files():
        raise unknown("official file", name, official_files())
    official = official_files()[name]
    folder = folder or user_cache_path("weaknas") / "official"
    if not official.url:
        raise NotFound(f"{official.file} cannot be fetched by a program: {official.by_hand}.")
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    try:
        found = pooch.retrieve(
            official.url,
            f"sha256:{official.sha256}",
            fname=official.file,
            path=folder,
            downloader=_resume(folder / official.file),
        )
    except requests.RequestException as error:
        reason = f"HTTP {error.response.status_code}" if error.response is not None else type(error).__name__
        raise NotFound(
            f"{official.url} could not be downloaded ({reason}); try again to go on, or {official.by_hand}."
        ) from error
    except ValueError as error:
        raise WeaknasError(
            f"what {official.url} sent is not {official.file}: its sha256 is not {official.sha256}; "
            "it was deleted, try again."
        ) from error
    except OSError as error:
        full = " (what was downloaded is kept)" if error.errno == errno.ENOSPC else ""
        raise WeaknasError(f"cannot write {folder / official.file}: {error.strerror or error}{full}.") from error
    return Path(found)


def _resume(target: Path) -> Any:
    """Return a downloader for pooch that keeps what it has in `.FILE.part` until all is there."""
    part = target.with_name(f".{target.name}.part")

    def download(url: str, output_file: str, _: object) -> None:
        import requests

        part.parent.mkdir(parents=True, exist_ok=True)
        have = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if response.status_code != requests.codes.requested_range_not_satisfiable:  # else all is there already
                response.raise_for_status()
                resumed = response.status_code == requests.codes.partial_content
                with part.open("ab" if resumed else "wb") as file:
                    _copy(response, file, have if resumed else 0)
        shutil.move(os.fspath(part), output_file)

    return download


def _copy(response: Any, file: IO[bytes], have: int) -> None:
    """Write what arrives, with progress on standard error."""
    import requests
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, completed=have)
        for chunk in response.iter_content(_CHUNK):
            file.write(chunk)
            have += len(chunk)
            bar.update(task, completed=have)
    if total is not None and have < total:
        raise requests.ConnectionError(f"the connection broke after {have:,} of {total:,} bytes")
