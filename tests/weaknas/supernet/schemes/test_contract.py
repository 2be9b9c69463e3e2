"""The published contract, over every built-in scheme and one in a plain file."""

from pathlib import Path

import pytest

import weaknas
from weaknas.testing import SchemeContract

EXAMPLE = f"{Path(__file__).parents[4] / 'docs' / 'examples' / 'importance.py'}:Importance"


@pytest.mark.parametrize("scheme", [*weaknas.names("schemes"), pytest.param(EXAMPLE, id="importance.py")])
class TestSchemes(SchemeContract):
    @pytest.fixture(autouse=True)
    def _tried(self, scheme):
        self.scheme = scheme

    def options(self, space):
        return {"arch": space.to_str(space.enumerate()[:1])[0]} if self.scheme == "single" else {}
