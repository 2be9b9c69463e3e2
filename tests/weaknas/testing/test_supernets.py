"""The contract of supernets notices what it is there for."""

import pytest
import torch

from weaknas.spaces import UserMobile
from weaknas.spaces.elastic import fixed
from weaknas.supernet import Mix
from weaknas.supernet.mobile.supernet import MobileSupernet
from weaknas.supernet.normalisation import NormBlock
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


class ForgetsANormalisation(MobileSupernet):
    """Does not say the normalisations of its second block."""

    def norm_blocks(self):
        return super().norm_blocks()[:1]


class SaysOtherWidths(MobileSupernet):
    """Says that each normalisation has four channels."""

    def norm_blocks(self):
        blocks = super().norm_blocks()
        others = [[[norm._replace(channels=fixed(4)) for norm in norms] for norms in b.candidates] for b in blocks]
        return [NormBlock(norms, block.chosen) for norms, block in zip(others, blocks, strict=True)]


@pytest.mark.parametrize(
    ("family", "fails"),
    [
        (MobileSupernet, set()),
        (WithoutMask, {"A path, a one-hot mixture"}),
        (Waits, {"Forward and backward of a mixture look at no value"}),
        (ForgetsItsMomentum, {"`make_supernet` takes `zero_gamma`"}),
        (ForgetsANormalisation, {"What `norm_blocks` says"}),
        (SaysOtherWidths, {"What `norm_blocks` says"}),
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
