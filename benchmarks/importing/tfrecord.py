"""TensorFlow's record files, read without TensorFlow.

A record is its length (8 bytes, little-endian), the masked CRC-32C of those 8 bytes, the data, and the masked CRC-32C
of the data (4 bytes each): https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details. The
checksums come from google-crc32c, a small binding to a C library that computes several GB/s.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from google_crc32c import value as crc32c

from weaknas.errors import InvalidTable

__all__ = ["masked_crc", "records"]

LIMIT = 2**24
"""Bytes that a record may have: a length beyond it is no length."""

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")


def masked_crc(data: bytes) -> int:
    """Return the CRC-32C of the data as the format stores it: rotated right by 15 bits, plus a constant."""
    crc: int = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield the data of each record, one at a time.

    Args:
        file: the open file.
        name: what errors call it.

    Raises:
        InvalidTable: the file is truncated or a checksum is wrong.
    """
    number = 0
    while header := file.read(_HEADER.size):
        number += 1
        if len(header) < _HEADER.size:
            raise _truncated(name, number)
        length, length_crc = _HEADER.unpack(header)
        if masked_crc(header[:8]) != length_crc or length > LIMIT:
            raise _altered(name, number)
        body = file.read(length + _FOOTER.size)
        if len(body) < length + _FOOTER.size:
            raise _truncated(name, number)
        data = body[:length]
        if masked_crc(data) != _FOOTER.unpack_from(body, length)[0]:
            raise _altered(name, number)
        yield data


def _truncated(name: str, number: int) -> InvalidTable:
    return InvalidTable(f"{name} is truncated: it ends within record {number:,}; get the whole file again.")


def _altered(name: str, number: int) -> InvalidTable:
    return InvalidTable(
        f"{name} is no tfrecord file or was altered: the checksum of record {number:,} is wrong; get it again."
    )
