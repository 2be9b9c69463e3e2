"""The published contract, over every registered space and one of a plain file."""

from pathlib import Path

import pytest

import weaknas
from weaknas.testing import SpaceContract

NEEDED = {
    "choices": {"choices": {"depth": [2, 3, 4], "width": [16, 32], "act": ["relu", "swish", "gelu", "none"]}},
    "mobile": {
        "table": {
            "name": "small",
            "classes": 10,
            "resolution": [24, 32],
            "stem": {"width": [8, 16], "stride": 1},
            "stage": [
                {"width": [16, 24], "depth": [1, 2], "kernel": [3, 5], "expansion": [3, 6], "squeeze": True},
                {"width": 24, "depth": 2, "candidates": ["k3e3", "k5e3", "skip"]},
            ],
            "head": {"width": 64},
        }
    },
}
"""What spaces are made with that cannot be made without options."""

SPACES = {name: weaknas.space(name, **NEEDED.get(name, {})) for name in weaknas.names("spaces")}
OFA = SPACES["ofa-mbv3"]
SPACES |= {
    "ofa-mbv3, wide": weaknas.space("ofa-mbv3", width=1.2, resolutions=[236, 160]),
    "fbnetv2, of two resolutions": weaknas.space("fbnetv2", resolutions=[192, 224]),
    "ofa-mbv3, narrowed": OFA.narrow({"k": [5, 7], "d": [4]}),
    "ofa-mbv3, filtered": OFA.where("macs < 250e6"),
    "choices, listed": weaknas.spaces.Rows(SPACES["choices"], SPACES["choices"].enumerate()[::2]),
    "a plain file": weaknas.space(f"{Path(__file__).parents[3] / 'docs/examples/chain.py'}:Chain", layers=4),
}


@pytest.mark.parametrize("name", SPACES)
class TestSpaces(SpaceContract):
    @pytest.fixture
    def space(self, name):
        return SPACES[name]
