import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from weaknas.spaces import Choice, Elastic
from weaknas.spaces.elastic import fixed
from weaknas.supernet.mobile.elastic_layers import ElasticConv, ElasticConv2d
from weaknas.supernet.views import MixView, PathView

KERNEL = Choice("k", (3, 5, 7))


def test_smaller_kernels_are_centres():
    conv = ElasticConv2d(4, 4, Elastic.of(KERNEL), depthwise=True)
    for kernel, cut in ((3, 2), (5, 1), (7, 0)):
        torch.testing.assert_close(
            conv.filters(4, 3, kernel), conv.weight[:3, :, cut : 7 - cut, cut : 7 - cut], rtol=0, atol=0
        )


def test_identity_transforms_are_centres_and_others_are_applied_one_after_the_other():
    torch.manual_seed(0)
    conv = ElasticConv2d(4, 4, Elastic.of(KERNEL), depthwise=True, transform=True)
    centre = conv.weight[:, :, 2:5, 2:5]
    torch.testing.assert_close(conv.filters(4, 4, 3), centre)
    first, second = torch.randn(25, 25), torch.randn(9, 9)
    with torch.no_grad():
        conv.get_parameter("7to5_matrix").copy_(first)
        conv.get_parameter("5to3_matrix").copy_(second)
    for channel in range(4):
        five = (first @ conv.weight[channel, 0, 1:6, 1:6].flatten()).view(5, 5)
        torch.testing.assert_close(conv.filters(4, 4, 5)[channel, 0], five)
        three = (second @ five[1:4, 1:4].flatten()).view(3, 3)
        torch.testing.assert_close(conv.filters(4, 4, 3)[channel, 0], three)


def test_a_mixture_of_kernels_is_the_mixture_of_their_outputs():
    torch.manual_seed(0)
    conv = ElasticConv2d(4, 4, Elastic.of(KERNEL), stride=2, depthwise=True)
    x = torch.randn(2, 4, 9, 9)
    weights = torch.tensor([0.2, 0.5, 0.3])
    parts = [conv(x, 4, PathView({"k": i})) * weights[i] for i in range(3)]
    torch.testing.assert_close(conv(x, 4, MixView({"k": weights})), sum(parts))


def test_a_mixture_of_widths_is_one_convolution_and_a_mask():
    torch.manual_seed(0)
    width = Elastic.of(Choice("w1", (8, 16, 24)))
    conv = ElasticConv(fixed(3), width, fixed(3), act="relu").eval()
    x = torch.randn(2, 3, 8, 8)
    weights = torch.tensor([0.2, 0.5, 0.3])
    padded = [F.pad(conv(x, PathView({"w1": i})), (0, 0, 0, 0, 0, 16 - 8 * i)) * weights[i] for i in range(3)]
    torch.testing.assert_close(conv(x, MixView({"w1": weights})), sum(padded))


@pytest.mark.parametrize("options", [2, 4, 8, 16])
def test_more_widths_to_choose_from_cost_neither_flops_nor_memory(options):
    """Measured against naive sums of outputs: 755 million and 12.2 MiB for four (see Wan et al., CVPR 2020)."""
    width = Elastic.of(Choice("w1", tuple(range(64 - 4 * (options - 1), 65, 4))))
    conv = ElasticConv2d(32, 64, fixed(3))
    view = MixView({"w1": torch.full((options,), 1 / options, requires_grad=True)})
    x, saved = torch.randn(8, 32, 32, 32), {}

    def keep(tensor):
        saved[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with (
        FlopCounterMode(display=False) as counter,
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
    ):
        view.mask(conv(x, 64, view), width)
    assert counter.get_total_flops() == pytest.approx(2 * 8 * 32 * 64 * 9 * 32**2, rel=1e-3)
    assert sum(saved.values()) / 2**20 == pytest.approx(3.1, abs=0.05)
