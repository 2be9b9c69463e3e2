"""Zero-cost proxies as indicators: untrained networks of a supernet's architectures."""

import numpy as np
import pytest
import torch

from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.proxies import PROXIES
from weaknas.spaces import NasBench201
from weaknas.supernet import make_supernet
from weaknas.supernet.data import open_images
from weaknas.supernet.evaluators import ZeroCost

SPACE = NasBench201(channels=4, stage=1, side=8, classes=4)
ROWS = SPACE.sample(3, np.random.default_rng(0))


@pytest.fixture(scope="module")
def data(images_file):
    return open_images(images_file, held_out=0.25)


@pytest.fixture(scope="module")
def supernet():
    return make_supernet(SPACE)


@pytest.mark.parametrize("proxy", PROXIES)
def test_scores_follow_from_the_seed_and_not_from_the_weights(supernet, data, randomise, proxy):
    scores = [ZeroCost(supernet, data, proxy, images=4).score(row) for row in ROWS]
    assert len(set(scores)) == len(ROWS)
    state = torch.get_rng_state()
    other = ZeroCost(randomise(make_supernet(SPACE)).eval(), data, proxy, images=4)
    assert [other.score(row) for row in ROWS] == scores
    seeded = ZeroCost(supernet, data, proxy, images=4, seed=1)
    assert seeded.score(ROWS[0]) != scores[0]
    torch.set_rng_state(state)
    seeded.score(ROWS[0])
    assert torch.equal(torch.get_rng_state(), state)


def test_it_is_the_proxy_of_the_network_that_it_draws(supernet, data):
    indicator = ZeroCost(supernet, data, "snip", images=300)
    net = indicator.network(ROWS[0])
    trained = supernet.subnet(ROWS[0])
    assert all((a != b).any() for a, b in zip(net.parameters(), trained.parameters(), strict=True) if a.ndim > 1)
    pixels = data.train.read(np.arange(300)).float() / 255  # all that there are, so that their order is of no matter
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (data.mean, data.std))
    assert indicator.score(ROWS[0]) == pytest.approx(
        PROXIES["snip"](net, (pixels - mean) / std, data.train.labels), rel=1e-3
    )


def test_images_have_the_resolution_of_the_architecture(small, images_file):
    data = open_images(images_file)
    indicator = ZeroCost(make_supernet(small), data, "naswot", images=2)
    rows = small.sample(20, np.random.default_rng(0))
    sides = [indicator.network(row).resolution for row in rows]
    found = {side: indicator.score(rows[sides.index(side)]) for side in (12, 15)}
    for side, score in found.items():
        assert ZeroCost(indicator.supernet, data, "naswot", images=2).score(rows[sides.index(side)]) == score


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"proxy": "zen"}, "is one of synflow, naswot, jacov, grad-norm, snip, not 'zen'"),
        ({"proxy": "snip", "images": 1}, "a number of images from 2, not 1"),
        ({"proxy": "snip", "seed": -1}, "a whole number from 0, not -1"),
    ],
)
def test_what_cannot_be_used_is_refused(supernet, data, options, message):
    with pytest.raises(InvalidOption, match=message):
        ZeroCost(supernet, data, **options)


def test_an_architecture_of_another_space_is_refused(supernet, data):
    with pytest.raises(InvalidArchitecture):
        ZeroCost(supernet, data, "snip").score(ROWS[0] + 100)
