"""The measurements of one training in NAS-Bench-101, a protocol buffer, read without protobuf.

The layout is that of `ModelMetrics` in nasbench/lib/model_metrics.proto of github.com/google-research/nasbench:
repeated evaluations (field 1) at the start, halfway and at the end, then the trainable parameters (field 2). An
evaluation has, as doubles, the epoch (1), the training seconds so far (2), and the accuracies, from 0 to 1, on
training (3), validation (4) and test images (5).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Metrics", "TrainedAccuracies", "metrics"]

_DOUBLE = struct.Struct("<d")
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types: protobuf.dev/programming-guides/encoding
_EVALUATIONS, _PARAMS = 1, 2
_SECONDS, _VALID, _TEST = 2, 4, 5
_LONGEST = 1e9  # seconds of a training


class TrainedAccuracies(NamedTuple):
    """What was measured at one moment: accuracies in percent, and the seconds of training so far."""

    valid_acc: float
    test_acc: float
    seconds: float


class Metrics(NamedTuple):
    """What was measured in one training."""

    half: TrainedAccuracies
    final: TrainedAccuracies
    params: int


def metrics(data: bytes) -> Metrics:
    """Return what a `ModelMetrics` message says.

    Raises:
        ValueError: it is no such message, or a value is outside its range.
    """
    evaluations, params = [], 0
    for field, value in _fields(data):
        if field == _EVALUATIONS and isinstance(value, bytes):
            evaluations.append(value)
        elif field == _PARAMS and isinstance(value, int):
            params = value
    if len(evaluations) != 3 or params <= 0:
        raise ValueError(f"{len(evaluations)} evaluations where 3 are expected, {params} parameters")
    return Metrics(_evaluation(evaluations[1]), _evaluation(evaluations[2]), params)


def _evaluation(data: bytes) -> TrainedAccuracies:
    values = dict(_fields(data))
    valid, test, seconds = (values.get(field) for field in (_VALID, _TEST, _SECONDS))
    if not (isinstance(valid, float) and isinstance(test, float) and isinstance(seconds, float)):
        raise ValueError("an evaluation without accuracies or time")
    if not (0 <= valid <= 1 and 0 <= test <= 1 and 0 <= seconds < _LONGEST):
        raise ValueError(f"accuracies {valid} and {test} (0 to 1 expected) after {seconds} seconds")
    return TrainedAccuracies(100 * valid, 100 * test, seconds)


def _fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield the number and value of each field of a message."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire, value = tag & 7, b""
        if wire == _FIXED64:
            if at + 8 > len(data):
                raise ValueError("a message cut short")
            yield tag >> 3, _DOUBLE.unpack_from(data, at)[0]
            at += 8
        elif wire == _VARINT:
            number, at = _varint(data, at)
            yield tag >> 3, number
        elif wire in (_BYTES, _FIXED32):
            length, at = _varint(data, at) if wire == _BYTES else (4, at)
            value = data[at : at + length]
            if len(value) < length:
                raise ValueError("a message cut short")
            yield tag >> 3, value
            at += length
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number of 7 bits a byte, the lowest first, that starts at an offset, and the offset behind it."""
    number = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
    raise ValueError("a message cut short")
