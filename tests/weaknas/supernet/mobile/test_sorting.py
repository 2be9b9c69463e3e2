import pytest
import torch

from weaknas.spaces import UserMobile
from weaknas.supernet import Path, make_supernet
from weaknas.supernet.mobile.blocks import ElasticInverted
from weaknas.supernet.schemes import extremes


def elastic_blocks(supernet):
    return [
        block
        for block in supernet.modules()
        if isinstance(block, ElasticInverted) and block.expand is not None and block.layer.mid.choices
    ]


@pytest.fixture(params=["small", "splits"])
def space(request):
    return request.getfixturevalue(request.param)


def test_the_largest_network_computes_what_it_did(space, randomise, images):
    supernet = randomise(make_supernet(space)).eval()
    smallest, largest = extremes(space)
    x = images(4, 15)
    with torch.no_grad():
        before = [supernet(x, Path(row)) for row in (smallest, largest)]
        weights = {name: value.clone() for name, value in supernet.state_dict().items()}
        supernet.sort()
        after = [supernet(x, Path(row)) for row in (smallest, largest)]
        assert (after[1] - before[1]).abs().max() <= 1e-5
        assert (after[0] - before[0]).abs().max() > 1e-3  # smaller ones get other channels
        changed = [name for name, value in supernet.state_dict().items() if not torch.equal(value, weights[name])]
    assert any(".se." in name for name in changed)
    assert any(".depthwise.expand." in name for name in changed) == (space.name == "splits")
    assert any("running_mean" in name for name in changed)


def test_important_channels_come_first(space, randomise):
    supernet = randomise(make_supernet(space))
    supernet.sort()
    blocks = elastic_blocks(supernet)
    squeezes = [block.se.expand.weight for block in blocks if block.se is not None]
    between = [block.depthwise.expand for block in blocks if block.layer.splits > 1]
    assert len(blocks) >= 4
    assert squeezes
    assert bool(between) == (space.name == "splits")
    attention = squeezes + [torch.cat([conv.weight for conv in expand]) for expand in between]
    for weight in [block.project.conv.weight for block in blocks] + attention:
        norms = weight.abs().sum((0, 2, 3))
        assert (norms.diff() <= 0).all()
    again = {name: value.clone() for name, value in supernet.state_dict().items()}
    supernet.sort()
    assert all(torch.equal(value, again[name]) for name, value in supernet.state_dict().items())


@pytest.fixture
def three() -> UserMobile:
    """A space of one stage with three expansions."""
    stage = {"width": 16, "depth": 2, "expansion": [2, 3, 4]}
    return UserMobile(
        {
            "name": "three",
            "classes": 4,
            "resolution": 12,
            "stem": {"width": 16},
            "stage": [stage],
            "head": {"width": 8},
        }
    )


def test_networks_that_were_trained_keep_their_channels(three, randomise, images):
    supernet, x = randomise(make_supernet(three)).double().eval(), images(4, 12).double()
    rows = three.from_str(["e2,2", "e3,3", "e4,4", "e3,4"])
    trained = {choice.name: ["3", "4"] for choice in three.choices if choice.kind == "e"}
    with torch.no_grad():
        before = [supernet(x, Path(row)) for row in rows]
        supernet.sort(trained)
        after = [supernet(x, Path(row)) for row in rows]
    for one, other in list(zip(before, after, strict=True))[1:]:
        torch.testing.assert_close(one, other)
    assert (before[0] - after[0]).abs().max() > 1e-3
    for block in elastic_blocks(supernet):
        norms = block.project.conv.weight.abs().sum((0, 2, 3))
        ends = sorted({*block.layer.mid.distinct.tolist()})[-2:]
        assert (norms[: ends[0]].diff() <= 0).all()
        assert (norms[ends[0] :].diff() <= 0).all()
