"""Where a storage is, as users write it: read to the letter, and shown without its secrets."""

import re
from urllib.parse import unquote, unquote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ...errors import InvalidOption

__all__ = ["hidden", "journal_of", "no_address", "scrubbed", "server_of", "sqlite_of"]

_JOURNAL = "journal:"
_SQLITE = re.compile(r"sqlite(\+pysqlite)?:")
_USER = re.compile(r"^([^/@]*//)?([^:/@]*):.*@", re.DOTALL)  # up to the last @: a password may hold anything
_NO_PORT = re.compile(r"^([^/@]*//[^:/@?]*):(?!\d+(?:[/?]|$))[^/?]*")  # a user and a password without their host
_SECRET = re.compile(r"(?i)(\w*(?:pass|pwd|secret|token|key)\w*\s*=\s*)('[^']*'|[^\s&;]+)")
_PORTS = 65535
_SHORT = 3  # a secret of fewer letters is a part of many words


def journal_of(address: str) -> str | None:
    """Return the path of a journal file, None where the address is another."""
    if not address.startswith(_JOURNAL):
        return None
    path = address.removeprefix(_JOURNAL)
    if not path or "://" in path:
        raise no_address(address)
    return path


def sqlite_of(address: str) -> str | None:
    """Return the path of an SQLite file, to the letter; None where the address is another.

    SQLAlchemy would take what follows a question mark for options, and open another file.

    Raises:
        InvalidOption: it names no file, or has options.
    """
    kind = _SQLITE.match(address)
    if kind is None:
        return None
    begins = f"{kind[0]}///"
    path = address.removeprefix(begins)
    if not address.startswith(begins) or path in ("", ":memory:"):
        raise InvalidOption(f"the storage {address!r} names no file; write sqlite:///runs.db, with three slashes.")
    if path.startswith("file:") or re.search(r"\?\w+=", path):
        raise InvalidOption(
            f"the storage {address!r} has options, which an SQLite file cannot have here; write its path alone, as in "
            "sqlite:///runs.db."
        )
    return path


def server_of(address: str) -> URL:
    """Return the address of a database server.

    Raises:
        InvalidOption: it is none.
    """
    try:
        url = make_url(address)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        raise no_address(address) from None
    except ValueError:
        raise _no_port(address) from None
    except ImportError:
        pass  # the driver; said where it is needed
    if "@" in (url.host or ""):
        raise InvalidOption(f"the storage {hidden(address)!r} has more than one @; in a password, write it as %40.")
    if url.port is not None and not 0 < url.port <= _PORTS:
        raise _no_port(address)
    return url


def no_address(address: str) -> InvalidOption:
    """Return the error for what is no address."""
    return InvalidOption(
        f"the storage {hidden(address)!r} is no address; write sqlite:///runs.db, postgresql://user@host/database or "
        "journal:runs.log."
    )


def _no_port(address: str) -> InvalidOption:
    return InvalidOption(f"the storage {hidden(address)!r} has another port than a number from 1 to {_PORTS}.")


def hidden(address: str) -> str:
    """Return an address without its secrets: a password, and the options of a server."""
    if _of_file(address):
        return address
    shown = _USER.sub(r"\1\2:***@", address) if "@" in address else _NO_PORT.sub(r"\1:***", address)
    return _SECRET.sub(r"\1***", re.sub(r"\?.*", "?***", shown, flags=re.DOTALL))


def _of_file(address: str) -> bool:
    """Return whether an address is a file's, and not that of a server behind a word too many."""
    _, _, path = address.partition(":")
    return bool(_SQLITE.match(address) or address.startswith(_JOURNAL)) and "://" not in path


def scrubbed(text: str, address: str) -> str:
    """Return what others say of an address without its secrets, however they write them."""
    if _of_file(address):
        return text
    rest = address.partition("//")[2]
    found = [match[1] for pattern in (":(.*)@", ":([^@]*)@") if (match := re.search(pattern, rest, re.DOTALL))]
    found += [match[2] for match in _SECRET.finditer(rest)]
    secrets = {form for one in found for form in (one, unquote(one), unquote_plus(one)) if len(one) >= _SHORT}
    for secret in sorted({*secrets, address}, key=len, reverse=True):
        text = text.replace(secret, hidden(address) if secret == address else "***")
    return text
