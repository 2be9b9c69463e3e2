"""Resolutions in a mixture: each on its share of the positions of one map."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from weaknas.spaces import UserMobile
from weaknas.supernet import Mix, Path, make_supernet
from weaknas.supernet.resolution import resized, scattered, shared, subsampled

SPACE = {
    "name": "sides",
    "classes": 10,
    "resolution": [12, 15, 20],
    "stem": {"width": 8, "stride": 1},
    "stage": [{"width": 16, "depth": 2, "expansion": 2, "stride": 2, "squeeze": True}],
    "head": {"width": 32, "mix": 64},
}


@pytest.fixture
def supernet(randomise):
    return randomise(make_supernet(UserMobile(SPACE))).eval()


@pytest.mark.parametrize(("few", "many"), [(1, 7), (3, 7), (6, 7), (7, 7), (12, 15)])
def test_what_is_scattered_is_found_again_and_nothing_beside_it(few, many):
    x = torch.rand(2, 3, few, few) + 1
    larger = scattered(x, many)
    assert larger.shape == (2, 3, many, many)
    assert torch.equal(subsampled(larger, few), x)
    assert (larger != 0).sum() == x.numel()


def test_positions_are_the_nearest():
    row = torch.arange(7.0).expand(1, 1, 7, 7)
    assert subsampled(row, 3)[0, 0, 0].tolist() == [0, 2, 4]


def test_maps_are_added_at_their_positions_with_their_weights():
    small, large = torch.ones(1, 1, 1, 1), torch.ones(1, 1, 2, 2)
    weights = [torch.tensor(0.25), torch.tensor(0.5)]
    first, second = shared([small, large], weights)
    assert first.flatten().tolist() == [0.75]
    assert second.flatten().tolist() == [0.75, 0.5, 0.5, 0.5]
    assert shared([large], [None])[0] is large


def test_images_are_resized_only_where_they_need_to_be():
    images = torch.rand(1, 3, 8, 8)
    assert resized(images, 8) is images
    assert resized(images, 5).shape == (1, 3, 5, 5)


def test_a_mixture_of_resolutions_costs_what_they_cost_together(supernet, images):
    """All but the head after pooling, which runs once; widths to choose from cost nothing (test_elastic_layers.py)."""

    def macs(selection):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            supernet(images(2, 20), selection)
        return counter.get_total_flops() / 2

    paths = sum(macs(Path([[number]])) for number in range(3))
    head = 2 * (32 * 64 + 64 * 10)
    assert macs(Mix({"r": torch.full((3,), 1 / 3)})) == pytest.approx(paths - 2 * head, rel=1e-4)


def test_a_mixture_of_resolutions_is_no_mixture_of_their_outputs(supernet, images):
    """Layers see the sum, so that resolutions are trained on one another's maps (Wan et al., CVPR 2020)."""
    x, weights = images(2, 20), torch.tensor([0.5, 0.3, 0.2])
    outputs = sum(weight * supernet(x, Path([[number]])) for number, weight in enumerate(weights))
    mixed = supernet(x, Mix({"r": weights}))
    assert mixed.isfinite().all()
    assert (mixed - outputs).abs().max() > 1e-3


def test_gradients_reach_every_resolution(supernet, images):
    weights = torch.full((3,), 1 / 3, requires_grad=True)
    supernet(images(2, 20), Mix({"r": weights}, active={"r": np.array([True, True, False])})).square().sum().backward()
    assert (weights.grad != 0).tolist() == [True, True, False]
