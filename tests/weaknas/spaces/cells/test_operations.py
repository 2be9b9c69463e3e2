import pytest

from weaknas.spaces.cells.operations import DARTS, NASNET, NONE, operation_cost

C, S = 4, 8  # channels, and height and width of the output
AREA = S * S


@pytest.mark.parametrize(
    ("name", "stride", "params", "macs"),
    [
        (NONE, 1, 0, 0),
        ("max_pool_3x3", 2, 0, 0),
        ("avg_pool_3x3", 1, 0, 0),
        ("max_pool_7x7", 1, 0, 0),
        ("skip_connect", 1, 0, 0),
        ("skip_connect", 2, C * C + 2 * C, C * C * AREA),  # two convolutions to half of the channels
        ("sep_conv_5x5", 1, 2 * (25 * C + C * C + 2 * C), 2 * (25 * C + C * C) * AREA),
        ("sep_conv_5x5", 2, 2 * (25 * C + C * C + 2 * C), 2 * (25 * C + C * C) * AREA),
        ("dil_conv_3x3", 1, 9 * C + C * C + 2 * C, (9 * C + C * C) * AREA),
        ("conv_1x1", 1, C * C + 2 * C, C * C * AREA),
        ("conv_3x3", 2, 9 * C * C + 2 * C, 9 * C * C * AREA),
        ("conv_1x7_7x1", 1, 14 * C * C + 2 * C, 14 * C * C * AREA),
        ("conv_1x3_3x1", 2, 6 * C * C + 2 * C, (2 + 1) * 3 * C * C * AREA),  # the first reads rows of full height
    ],
)
def test_costs(name, stride, params, macs):
    cost = operation_cost(name, C, stride, S)
    assert (int(cost.params), int(cost.macs)) == (params, macs)


def test_every_operation_has_a_cost():
    assert all(operation_cost(name, C, stride, S).macs >= 0 for name in (*DARTS, *NASNET) for stride in (1, 2))
