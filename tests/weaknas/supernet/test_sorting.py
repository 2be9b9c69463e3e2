import torch

from weaknas.supernet import Path, Supernet
from weaknas.supernet.blocks import ElasticInverted
from weaknas.supernet.schemes import extremes
from weaknas.supernet.sorting import sort_channels


def elastic_blocks(supernet):
    return [
        block
        for block in supernet.modules()
        if isinstance(block, ElasticInverted) and block.expand is not None and block.layer.mid.choices
    ]


def test_the_largest_network_computes_what_it_did(small, randomise, images):
    supernet = randomise(Supernet(small)).eval()
    smallest, largest = extremes(small)
    x = images(4, 15)
    with torch.no_grad():
        before = [supernet(x, Path(row)) for row in (smallest, largest)]
        weights = {name: value.clone() for name, value in supernet.state_dict().items()}
        sort_channels(supernet)
        after = [supernet(x, Path(row)) for row in (smallest, largest)]
        assert (after[1] - before[1]).abs().max() <= 1e-5
        assert (after[0] - before[0]).abs().max() > 1e-3  # smaller ones get other channels
        changed = [name for name, value in supernet.state_dict().items() if not torch.equal(value, weights[name])]
    assert any(".se." in name for name in changed)
    assert any("running_mean" in name for name in changed)


def test_important_channels_come_first(small, randomise):
    supernet = randomise(Supernet(small))
    sort_channels(supernet)
    blocks = elastic_blocks(supernet)
    squeezes = [block.se for block in blocks if block.se is not None]
    assert len(blocks) >= 4
    assert squeezes
    for weight in [block.project.conv.weight for block in blocks] + [se.expand.weight for se in squeezes]:
        norms = weight.abs().sum((0, 2, 3))
        assert (norms.diff() <= 0).all()
    again = {name: value.clone() for name, value in supernet.state_dict().items()}
    sort_channels(supernet)
    assert all(torch.equal(value, again[name]) for name, value in supernet.state_dict().items())
