"""What networks like ResNeSt-50-D (Zhang et al., 2020) are made of beside convolutions, and what each part costs."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from ..cost import Cost, conv, conv_bn
from ..elastic import Elastic, Price, fixed, lift, priced

__all__ = ["Bottleneck", "DeepStem", "Residual"]


@dataclass(frozen=True, eq=False)
class Bottleneck:
    """A bottleneck with split attention: reduce by 1x1, attention, project by 1x1; no activation at the end.

    A grouped 3x3 convolution makes `radix` maps, the splits. Their sum, pooled to one pixel, goes through two 1x1
    convolutions in `cardinality` groups, the first normalised, both with bias; a softmax over the splits (of a single
    one a sigmoid) gives each channel of each split its weight. A stride is that of 3x3 average pooling before the
    projection.

    Attributes:
        c_in: input channels.
        mid: channels of each split, a multiple of the groups of its convolution, `radix * cardinality`.
        hidden: channels within the attention, a multiple of `cardinality`.
        c_out: output channels.
        side: height and width of its input.
        radix: number of splits.
        cardinality: groups within a split.
        stride: of the pooling; 1 for none.
    """

    c_in: Elastic
    mid: int
    hidden: int
    c_out: Elastic
    side: Elastic
    radix: int
    cardinality: int
    stride: int = 1

    kernel: ClassVar[int] = 3

    @property
    def numbers(self) -> tuple[Elastic, ...]:
        """The numbers that are its own to choose."""
        return (self.c_out,)

    @property
    def expansion(self) -> Elastic:
        """How many times wider it is inside."""
        return lift(lambda c_in: self.mid / c_in, self.c_in)

    def price(self) -> Price:
        """Return elastic parameters and MACs."""
        groups, outputs = self.cardinality, self.radix * self.mid

        def cost(c_in: Any, c_out: Any, side: Any) -> Cost:
            splits = conv_bn(self.mid // (self.radix * groups), outputs, self.kernel, side)
            attention = conv_bn(self.mid // groups, self.hidden, 1, 1) + conv(self.hidden // groups, outputs, 1, 1)
            biases = Cost(np.asarray(self.hidden + outputs), np.asarray(0))
            project = conv_bn(self.mid, c_out, 1, -(-side // self.stride))
            return conv_bn(c_in, self.mid, 1, side) + splits + attention + biases + project

        return priced(cost, self.c_in, self.c_out, self.side)


@dataclass(frozen=True, eq=False)
class Residual:
    """What a block adds to the result of its layer, before the ReLU at its end; all layers of the block share it.

    It is the input, where that has another shape pooled (2x2, of the pixels that there are) and projected by a
    normalised 1x1 convolution.

    Attributes:
        c_in: input channels.
        c_out: output channels.
        side: height and width of its input.
        stride: of the pooling; 1 for none.
    """

    c_in: Elastic
    c_out: Elastic
    side: Elastic
    stride: int = 1

    @property
    def projects(self) -> bool:
        """Whether the input is projected."""
        return self.stride > 1 or bool(lift(np.not_equal, self.c_in, self.c_out).values.any())

    def price(self) -> Price:
        """Return elastic parameters and MACs."""

        def cost(c_in: Any, c_out: Any, side: Any) -> Cost:
            return conv_bn(c_in, c_out, 1, -(-side // self.stride)) * self.projects

        return priced(cost, self.c_in, self.c_out, self.side)


@dataclass(frozen=True, eq=False)
class DeepStem:
    """Three 3x3 convolutions, the first of stride 2, and 3x3 max pooling of stride 2; the third is twice as wide.

    Attributes:
        width: output channels of the first two.
        side: height and width of its input.
    """

    width: int
    side: Elastic

    stride: ClassVar[int] = 4

    @property
    def widths(self) -> tuple[int, ...]:
        """Input and output channels of each convolution, one after the other."""
        return (3, self.width, self.width, 2 * self.width)

    @property
    def c_out(self) -> Elastic:
        """Output channels."""
        return fixed(self.widths[-1])

    def price(self) -> Price:
        """Return elastic parameters and MACs."""

        def cost(side: Any) -> Cost:
            one, two, three = (conv_bn(c_in, c_out, 3, -(-side // 2)) for c_in, c_out in pairwise(self.widths))
            return one + two + three

        return priced(cost, self.side)
