import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaknas.errors import InvalidTable
from weaknas_benchmarks.importing.tfrecord import LIMIT, masked_crc, records

DATA = [b"first", b"", b"a third one of some length"]


def frame(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


CONTENT = b"".join(map(frame, DATA))


def read(content):
    return list(records(io.BytesIO(content), "file"))


def test_known_checksum():
    # CRC-32C of "123456789" is 0xE3069283 (RFC 3720's polynomial); the mask rotates and adds.
    assert masked_crc(b"123456789") == (((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def test_records_come_back():
    assert read(CONTENT) == DATA
    assert read(b"") == []


@given(end=st.integers(1, len(CONTENT) - 1))
def test_a_truncated_file_is_refused_or_ends_between_records(end):
    ends = [sum(len(frame(data)) for data in DATA[:n]) for n in range(len(DATA))]
    if end in ends:
        assert read(CONTENT[:end]) == DATA[: ends.index(end)]
    else:
        with pytest.raises(InvalidTable, match=r"^file is truncated: it ends within record \d; get"):
            read(CONTENT[:end])


@given(bit=st.integers(0, 8 * len(CONTENT) - 1))
def test_a_flipped_bit_is_refused(bit):
    content = bytearray(CONTENT)
    content[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidTable, match=r"the checksum of record \d is wrong"):
        read(bytes(content))


def test_a_length_beyond_all_measure_is_refused():
    length = struct.pack("<Q", LIMIT + 1)
    with pytest.raises(InvalidTable, match="no tfrecord file or was altered"):
        read(length + struct.pack("<I", masked_crc(length)))
