import numpy as np
import pytest

from weaknas.spaces import NasBench201
from weaknas.spaces.cells.nasbench201 import EDGES
from weaknas_benchmarks.building.cost import cost, live_edges

torch = pytest.importorskip("torch")
F = torch.nn.functional
from weaknas_benchmarks.building.network import Group  # noqa: E402

ROWS = np.array([[3, 2, 1, 4, 3, 2], [1, 3, 0, 2, 4, 3], [0, 0, 0, 0, 0, 0], [3, 2, 1, 4, 3, 2]], dtype=np.int8)


def group(rows, channels=1, classes=10, width=8):
    generators = [torch.Generator().manual_seed(seed) for seed in range(len(rows))]
    return Group(rows, generators, channels, classes, width)


def plain(network, rows, member, x):
    """Run one member on its images as anyone would write the network, with its own slice of the parameters."""
    row, live = rows[member], live_edges(rows)[member]

    def part(values, position, groups):
        return values.chunk(groups)[position]

    def conv(layer, x, position):
        weight = part(layer.weight, position, layer.groups)
        norm = [part(values, position, layer.groups) for values in (layer.norm.scale, layer.norm.shift)]
        y = F.conv2d(x, weight, stride=layer.stride, padding=layer.padding)
        return F.batch_norm(y, None, None, *norm, training=True, eps=1e-5)

    def cell(layers, x):
        nodes = [x, 0, 0, 0]
        for edge, (source, target) in enumerate(EDGES):
            if live[edge]:
                (kind,) = [k for k in layers.edges[edge] if k.index is None or member in k.index.tolist()]
                at = member if kind.index is None else kind.index.tolist().index(member)
                value = nodes[source]
                if row[edge] == 4:
                    value = F.avg_pool2d(value, 3, 1, 1, count_include_pad=False)
                elif row[edge] in (2, 3):
                    value = conv(kind.conv, F.relu(value), at)
                nodes[target] = nodes[target] + value
        return nodes[3] if live.any() else torch.zeros_like(x)

    x = cell(network.first, conv(network.stem, x, member))
    x = cell(network.second, conv(network.reduction, F.relu(x), member))
    norm = [part(values, member, len(rows)) for values in (network.norm.scale, network.norm.shift)]
    x = F.relu(F.batch_norm(x, None, None, *norm, training=True, eps=1e-5)).mean((2, 3))
    return F.linear(x, network.weight[member], network.bias[member, 0])


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], ROWS[[0, 0, 0]]], ids=["mixed", "alone", "runs of one"])
def test_every_member_is_the_plain_network_forward_and_backward(rows):
    network = group(rows)
    x = torch.randn(16, len(rows), 8, 8, generator=torch.Generator().manual_seed(0))
    together = network(x.contiguous(memory_format=torch.channels_last))
    apart = torch.stack([plain(network, rows, member, x[:, member : member + 1]) for member in range(len(rows))])
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-4)
    parameters = list(network.parameters())
    weights = torch.randn(together.shape, generator=torch.Generator().manual_seed(1))
    gradients = [torch.autograd.grad((y * weights).sum(), parameters, allow_unused=True) for y in (together, apart)]
    for one, other in zip(*gradients, strict=True):
        if other is not None:
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_no_member_sees_another():
    network = group(ROWS)
    x = torch.randn(8, len(ROWS), 8, 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x)[1].square().sum(), x)
    assert gradient[:, 1].abs().max() > 0
    assert gradient[:, [0, 2, 3]].abs().max() == 0


def test_measuring_goes_by_the_last_training_batch():
    network = group(ROWS)
    x = torch.randn(256, len(ROWS), 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        trained = network(x)
        network.eval()
        torch.testing.assert_close(network(x), trained, rtol=1e-3, atol=1e-3)


def test_analytic_cost_is_torchs_own_count():
    from torch.utils.flop_counter import FlopCounterMode

    space = NasBench201()
    rows = np.concatenate([ROWS[:3], space.sample(12, np.random.default_rng(0))])
    for shape in ({"channels": 1, "classes": 10, "width": 8}, {"channels": 3, "classes": 5, "width": 4}):
        price = cost(rows, side=12, **shape)
        for at in range(len(rows)):
            network = group(rows[at : at + 1], **shape).eval()
            assert sum(p.numel() for p in network.parameters()) == price.params[at]
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                network(torch.zeros(1, shape["channels"], 12, 12))
            assert counter.get_total_flops() == 2 * price.macs[at]
