"""How far paths are from each other, and weights from what they were."""

import copy
from math import isnan

import numpy as np
import pytest
import torch
from torch import nn

import weaknas
from weaknas.errors import InvalidOption
from weaknas.supernet import Path, Supernet, make_supernet, shift
from weaknas.supernet.shift import feature_shift, parameter_shift

CELLS = weaknas.space("nasbench201", channels=4, stage=1, side=8, classes=5)


@pytest.fixture(params=["mobile", "cells"])
def supernet(request, small, randomise):
    torch.manual_seed(0)
    return randomise(make_supernet(small if request.param == "mobile" else CELLS))


def of_pair(supernet, images, pair, monkeypatch):
    monkeypatch.setattr(shift, "disjoint_pair", lambda space, rng: pair)
    return feature_shift(supernet, images, 1, np.random.default_rng(0))


def test_a_path_is_not_shifted_from_itself_and_from_others_it_is(supernet, images, monkeypatch):
    x = images(4, supernet.space.sides[-1])
    before = copy.deepcopy(supernet.state_dict())
    found = feature_shift(supernet, x, 3, np.random.default_rng(0))
    assert set(found) == {*supernet.layers, "features", "layers"}
    assert all(0 < value < 2 for value in found.values())
    assert found["layers"] == pytest.approx(np.mean([found[name] for name in supernet.layers]))
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())
    row = supernet.space.sample(1, np.random.default_rng(1))[0]
    assert set(of_pair(supernet, x, [row, row], monkeypatch).values()) == {0.0}


def test_it_is_one_minus_the_cosine_image_by_image(images, randomise, monkeypatch):
    net, x = randomise(make_supernet(CELLS)).train(), images(4, 8)
    pair = CELLS.sample(2, np.random.default_rng(0))
    found = of_pair(net, x, pair, monkeypatch)
    with torch.no_grad():
        one, other = (net.features(x, Path(row)).double().numpy() for row in pair)
    cosines = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert found["features"] == pytest.approx(1 - cosines.mean(), rel=1e-5)


def test_maps_of_other_sizes_are_brought_together():
    one, other = torch.rand(2, 3, 4, 4), torch.zeros(2, 5, 2, 2)
    other[:, :3] = nn.functional.avg_pool2d(one, 2)
    assert shift._distance(one, other) == pytest.approx(0, abs=1e-6)
    assert shift._distance(other, other) == shift._distance(0 * other, 0 * one[:, :1]) == 0
    assert shift._distance(one, 0 * one) == 1
    other[:, 3:] = 1  # channels that the first does not have
    assert shift._distance(one, other) > 0.1


def test_a_family_that_does_not_say_its_blocks_has_features_alone(images, monkeypatch):
    monkeypatch.delattr(type(make_supernet(CELLS)), "outputs")
    assert type(make_supernet(CELLS)).outputs is Supernet.outputs
    found = feature_shift(make_supernet(CELLS), images(4, 8), 2, np.random.default_rng(0))
    assert set(found) == {"features", "layers"}
    assert isnan(found["layers"])


def test_no_pairs_are_refused(images):
    with pytest.raises(InvalidOption, match="at least one pair of paths, not 0"):
        feature_shift(make_supernet(CELLS), images(4, 8), 0, np.random.default_rng(0))


def test_the_shift_of_parameters_is_relative(small):
    before = make_supernet(small)
    after = copy.deepcopy(before)
    assert set(parameter_shift(before, after).values()) == {0.0}
    with torch.no_grad():
        for value in after.blocks.parameters():
            value *= 1.5
    found = parameter_shift(before, after)
    assert set(found) == {name for name, _ in before.named_children()} | {"all"}
    assert found["blocks"] == pytest.approx(0.5)
    assert found["stem"] == 0
    whole, blocks = (
        float(nn.utils.parameters_to_vector(n.parameters()).norm().detach()) for n in (before, before.blocks)
    )
    assert found["all"] == pytest.approx(0.5 * blocks / whole, rel=1e-5)
    with pytest.raises(InvalidOption, match="of the same parameters, and these differ"):
        parameter_shift(before, before.blocks)
