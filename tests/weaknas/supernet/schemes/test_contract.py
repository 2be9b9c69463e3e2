"""The published contract, over every built-in scheme; tests/docs has the one of the examples."""

import pytest

import weaknas
from weaknas.testing import SchemeContract


@pytest.mark.parametrize("scheme", weaknas.names("schemes"))
class TestSchemes(SchemeContract):
    @pytest.fixture(autouse=True)
    def _tried(self, scheme):
        self.scheme = scheme

    def options(self, space):
        if self.scheme == "single":
            return {"arch": space.to_str(space.enumerate()[:1])[0]}
        few = {"parsec": {"samples": 3}, "fp-nas": {"samples": 4}, "pi-nas": {"queue": 20, "dim": 8, "hidden": 16}}
        return few.get(self.scheme, {})
