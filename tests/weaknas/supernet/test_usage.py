"""Which weights a result was computed with: what its gradients reach."""

import numpy as np
import torch

from weaknas.supernet import Path, make_supernet
from weaknas.supernet.usage import used_parameters


def test_they_are_those_that_gradients_reach(small):
    supernet = make_supernet(small)
    supernet.classifier.requires_grad_(False)
    for row in small.sample(5, np.random.default_rng(0)):
        supernet.zero_grad(set_to_none=True)
        features = supernet.features(torch.randn(2, 3, 8, 8), Path(row))
        used = used_parameters(features)
        features.sum().backward()
        reached = [value for value in supernet.parameters() if value.grad is not None]
        assert 0 < len(used) == len(set(used))
        assert set(used) == set(reached)


def test_without_gradients_there_are_none(small):
    with torch.no_grad():
        assert (
            used_parameters(
                make_supernet(small).features(torch.randn(2, 3, 8, 8), Path(small.sample(1, np.random.default_rng(0))))
            )
            == []
        )
