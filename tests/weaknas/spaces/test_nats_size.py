import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture
from weaknas.spaces import NatsSize

SPACE = NatsSize()
ALL = SPACE.enumerate()


def test_there_are_32768_networks_in_the_official_order():
    assert weaknas.space("nats-size").size == len(ALL) == len(np.unique(SPACE.key(ALL))) == 32_768
    assert SPACE.to_str(ALL[[0, 1, 11, 284, -1]]) == [
        "8:8:8:8:8",
        "8:8:8:8:16",
        "8:8:8:16:32",
        "8:8:40:32:40",
        "64:64:64:64:64",
    ]


@pytest.mark.parametrize("text", ["8:8:8:8", "8:8:8:8:8:8", "8:8:8:8:9", "8:8:8:8:72", "", None, "08:8:8:8:8"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(InvalidArchitecture, match="is not an architecture of NATS-Bench size"):
        SPACE.from_str([text])


@pytest.mark.parametrize(
    ("classes", "side", "params", "macs"),
    [
        (10, 32, [11_714, 49_202, 144_834], [4_481_114, 6_840_650, 21_827_994]),
        (100, 32, [12_524, 52_172, 148_524], [4_481_924, 6_843_620, 21_831_684]),
        (120, 16, [12_704, 52_832, 149_344], [1_121_336, 1_714_040, 5_461_816]),
    ],
)
def test_cost_equals_the_official_numbers(classes, side, params, macs):
    """Of architectures 0, 11 and 284; the official MACs count the biases of the classifier too."""
    cost = SPACE.cost(ALL[[0, 11, 284]], classes, side)
    assert cost.params.tolist() == params
    assert (cost.macs + classes).tolist() == macs


def test_encodings():
    rows = SPACE.from_str(["8:16:24:8:64"])
    assert SPACE.encode(rows).shape == (1, 40)
    assert SPACE.encode(rows, "ordinal")[0].tolist() == [0.125, 0.25, 0.375, 0.125, 1]
    counts = SPACE.encode(rows, "counts")[0]
    np.testing.assert_allclose(np.exp(counts[5:]), [SPACE.cost(rows).params[0], SPACE.cost(rows).macs[0]], rtol=1e-5)
