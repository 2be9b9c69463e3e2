"""Blocks: shortcuts, and what is left out of them in training."""

import numpy as np
import torch

from weaknas.supernet import Path, make_supernet


def largest(space):
    return Path((space.options - 1).astype(np.int8)).view(space)


def test_zero_gamma_makes_blocks_with_a_shortcut_the_identity(small):
    supernet = make_supernet(small, zero_gamma=True).eval()
    x = torch.rand(2, 24, 6, 6)
    places = [i for i, block in enumerate(supernet.blocks) if block.block.candidates[0].shortcut == "none"]
    for i, block in enumerate(supernet.blocks):
        gammas = [layer.project.bn.weight for layer in block.candidates]
        assert all(
            bool((gamma == 0).all()) == (i not in places and layer.has_shortcut)
            for gamma, layer in zip(gammas, block.candidates, strict=True)
        )
    same = supernet.blocks[5]
    torch.testing.assert_close(same(x, largest(small)), x)


def test_drop_connect_leaves_the_input_and_keeps_the_mean(small, randomise):
    supernet = randomise(make_supernet(small)).eval()
    layer = next(b.candidates[0] for b in supernet.blocks if b.block.stage == 3 and b.block.candidates[0].stride == 1)
    view = largest(small)
    x = torch.rand(1, 24, 4, 4).expand(2000, -1, -1, -1)
    with torch.no_grad():
        layer.train()
        layer.depthwise.bn.eval(), layer.expand.bn.eval(), layer.project.bn.eval()
        whole = layer(x[:1], view)
        dropped = layer(x, view, 0.25)
        layer.eval()
    left = (dropped == x).flatten(1).all(1)
    assert 0.2 < left.float().mean() < 0.3
    torch.testing.assert_close(
        dropped[~left] - x[~left], ((whole - x[:1]) / 0.75).expand(int((~left).sum()), -1, -1, -1)
    )
