import struct

import pytest

from weaknas_benchmarks.importing.metrics101 import metrics


def double(field, value):
    return bytes([field << 3 | 1]) + struct.pack("<d", value)


def submessage(field, content):
    return bytes([field << 3 | 2, len(content)]) + content


def evaluation(valid=0.5, test=0.25, seconds=10.0, extra=b""):
    return submessage(
        1, double(1, 54.0) + double(2, seconds) + double(3, 1) + double(4, valid) + double(5, test) + extra
    )


START = evaluation(0.1, 0.1, 0)
PARAMS = b"\x10\xac\x02"  # field 2, the varint 300


def test_measurements_are_read():
    found = metrics(START + evaluation(0.5, 0.25, 10) + evaluation(0.75, 0.5, 20) + PARAMS + double(3, 99))
    assert found == ((50.0, 25.0, 10.0), (75.0, 50.0, 20.0), 300)


def test_unknown_fields_are_skipped():
    extra = submessage(6, b"/a/checkpoint") + b"\x3d1234" + b"\x40\x01"  # a string, 32 bits, a varint
    found = metrics(START + evaluation(extra=extra) + evaluation() + PARAMS)
    assert found.half == (50.0, 25.0, 10.0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (START + evaluation() + PARAMS, "2 evaluations"),
        (START + evaluation() + evaluation(), "0 parameters"),
        (START + evaluation() + evaluation(valid=1.5) + PARAMS, r"accuracies 1\.5"),
        (START + evaluation() + evaluation(test=float("nan")) + PARAMS, "nan"),
        (START + evaluation() + evaluation(seconds=-1) + PARAMS, "-1.0 seconds"),
        (START + evaluation() + submessage(1, double(4, 0.5)) + PARAMS, "without accuracies or time"),
        (PARAMS + START[:-1], "cut short"),
        (PARAMS + submessage(1, double(1, 1)[:-1]) * 3, "cut short"),
        (b"\x10\xff", "cut short"),
        (b"\x13", "wire type 3"),
    ],
)
def test_what_is_no_measurement_is_refused(data, message):
    with pytest.raises(ValueError, match=message):
        metrics(data)
