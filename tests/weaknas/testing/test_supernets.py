"""The contract of supernets notices what it is there for."""

import pytest
import torch

from weaknas.spaces import UserMobile
from weaknas.supernet import Mix
from weaknas.supernet.mobile.supernet import MobileSupernet
from weaknas.testing import SupernetContract, verdicts

SPACE = {
    "name": "broken",
    "classes": 3,
    "resolution": [6, 8],
    "stem": {"width": [8, 16]},
    "stage": [{"width": 8, "depth": [1, 2], "kernel": [3, 5]}],
    "head": {"width": 8},
}


class WithoutMask(MobileSupernet):
    """Widths of a mixture are not masked."""

    def features(self, images, selection):
        if isinstance(selection, Mix):
            view = self.view(selection)
            view.mask = lambda x, number: x
            selection.view = lambda space: view
        return super().features(images, selection)


class Waits(MobileSupernet):
    """Looks at its images."""

    def features(self, images, selection):
        assert bool(images.isfinite().all())
        return super().features(images, selection)


class ForgetsItsMomentum(MobileSupernet):
    """Keeps running statistics whatever it is told."""

    def __init__(self, space, *, zero_gamma=False, bn_momentum=0.1):
        super().__init__(space, zero_gamma=zero_gamma)


@pytest.mark.parametrize(
    ("family", "fails"),
    [
        (MobileSupernet, set()),
        (WithoutMask, {"A path, a one-hot mixture"}),
        (Waits, {"Forward and backward of a mixture look at no value"}),
        (ForgetsItsMomentum, {"`make_supernet` takes `zero_gamma`"}),
    ],
)
def test_mistakes_are_noticed(family, fails):
    space = type("Space", (UserMobile,), {"supernet": family})(SPACE)

    def make():
        torch.manual_seed(0)
        return family(space)

    failed = {verdict.what for verdict in verdicts(SupernetContract(), make) if verdict.passed is False}
    assert all(any(what.startswith(start) for what in failed) for start in fails)
    assert bool(failed) == bool(fails)
