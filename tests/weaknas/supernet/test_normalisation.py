"""Normalisations of blocks, by hand."""

import numpy as np
from torch import nn

from weaknas.spaces import Choice, Elastic
from weaknas.spaces.elastic import fixed
from weaknas.supernet.normalisation import Norm, NormBlock, norms_of
from weaknas.supernet.views import PathView


def test_a_block_gives_the_weights_of_the_candidate_that_stands_there():
    width, layer = Choice("w", (2, 4)), Choice("b", ("conv", "two", "skip"))
    first, second, third = (nn.BatchNorm2d(4) for _ in range(3))
    elastic = Elastic.of(width)
    block = NormBlock(
        ((Norm(first, elastic),), (Norm(second, fixed(3)), Norm(third, elastic))),
        Elastic.of(layer, np.array([0, 1, -1])),
    )
    found = {name: block.weights(PathView({"w": 0, "b": number})) for number, name in enumerate(layer.options)}
    assert {name: [len(weight) for weight in weights] for name, weights in found.items()} == {
        "conv": [2],
        "two": [3, 2],
        "skip": [],
    }
    assert found["two"][1].data_ptr() == third.weight.data_ptr()


def test_normalisations_without_weights_are_left_out():
    plain, affine = nn.BatchNorm2d(2, affine=False), nn.BatchNorm2d(2)
    assert list(norms_of(nn.Sequential(nn.Conv2d(2, 2, 1), plain, nn.Sequential(affine)))) == [affine]
