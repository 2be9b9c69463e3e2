import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.supernet.data import open_images
from weaknas.supernet.schemes import Spos
from weaknas.supernet.training.split import split


@pytest.fixture
def train(few_images):
    return open_images(few_images, held_out=12).train


def divided(train, share, seed=0):
    """Return the numbers of the images in both parts."""
    scheme = Spos()
    scheme.arch_share = share
    whole = train.read(np.arange(len(train))).flatten(1).tolist()
    return [
        [whole.index(image) for image in part.read(np.arange(len(part))).flatten(1).tolist()]
        for part in split(train, scheme, seed)
    ]


def test_the_parts_are_disjoint_and_cover_all_and_follow_from_the_seed(train):
    weights, arch = divided(train, 0.25)
    assert len(arch) == 12
    assert sorted(weights + arch) == list(range(48))
    assert divided(train, 0.25) == [weights, arch]
    assert divided(train, 0.25, seed=1)[1] != arch


def test_without_a_share_both_have_all(train):
    weights, arch = split(train, Spos(), 0)
    assert weights is arch is train


@pytest.mark.parametrize("share", [1.0, -0.1, True, "half"])
def test_what_is_no_share_is_refused(train, share):
    with pytest.raises(InvalidOption, match="arch_share of spos is a share of the images, from 0 to below 1, not"):
        divided(train, share)
