"""What a stopped run goes on from, in a file: tensors and numbers as torch writes them, with a checksum at the end."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...errors import InvalidCheckpoint, InvalidTable, system_sentence
from ...files import SEAL, verified, write_atomically

__all__ = ["read_state", "write_state"]

_END = b"PK\x05\x06"  # of the record that ends a zip archive


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state, whole or not at all.

    Raises:
        WeaknasError: it cannot be written.
    """
    content = io.BytesIO()  # of a full disk Python tells more than torch does
    torch.save(state, content)
    content.write(SEAL.encode())  # after its end a zip archive may have more
    write_atomically(path, lambda part: part.write_bytes(content.getbuffer()), sealed=True)


def read_state(path: Path) -> Mapping[str, Any]:
    """Return what `write_state` wrote; nothing but tensors and numbers is unpickled.

    Raises:
        InvalidCheckpoint: the file is gone, damaged or altered.
    """
    try:
        content = verified(path)
        if content[-22:-18] != _END and not content[-len(SEAL) :].startswith(SEAL.rstrip("0").encode()):
            raise InvalidTable("neither the end of an archive, as older versions wrote it, nor a seal")
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except InvalidTable:
        reason = "it was altered or damaged since it was written"
    except OSError as error:
        reason = system_sentence(error)
    except Exception as error:  # of damaged files, of any type and in the words of other libraries
        reason = f"it is damaged, {type(error).__name__}"
    else:
        if isinstance(state, dict):
            return state
        reason = "it is the state of no run"
    raise InvalidCheckpoint(f"{path}, from which the run would go on, cannot be read ({reason}); begin it anew.")
