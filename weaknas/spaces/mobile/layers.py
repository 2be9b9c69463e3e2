"""What a network of mobile blocks is made of, with elastic numbers in it, and what each part costs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..cost import Cost, conv, conv_bn, linear
from ..elastic import Elastic, Price, fixed, lift, priced
from .resnest import Bottleneck, DeepStem, Residual

__all__ = ["Act", "Block", "Conv", "Layer", "MBConv", "MobileNetwork", "Shortcut"]

Act = Literal["relu", "relu6", "hswish", "swish"]
Shortcut = Literal["none", "identity", "projection"]


@dataclass(frozen=True, eq=False)
class Conv:
    """A convolution with normalisation and activation.

    Attributes:
        c_in: input channels.
        c_out: output channels.
        side: height and width of its input.
        kernel: height and width of its filters.
        stride: step of the filters.
        act: the activation.
        norm: whether it is normalised.
        bias: whether it has a bias.
    """

    c_in: Elastic
    c_out: Elastic
    side: Elastic
    kernel: int = 1
    stride: int = 1
    act: Act = "relu"
    norm: bool = True
    bias: bool = False

    @property
    def numbers(self) -> tuple[Elastic, ...]:
        """The numbers that are its own to choose."""
        return (self.c_out,)

    def price(self) -> Price:
        """Return elastic parameters and MACs."""

        def cost(c_in: Any, c_out: Any, side: Any) -> Cost:
            one = conv_bn if self.norm else conv
            cost = one(c_in, c_out, self.kernel, -(-side // self.stride))
            return Cost(cost.params + self.bias * np.asarray(c_out), cost.macs)

        return priced(cost, self.c_in, self.c_out, self.side)


@dataclass(frozen=True, eq=False)
class MBConv:
    """An inverted bottleneck: expand by 1x1, depthwise convolution, attention, project by 1x1.

    Without any expansion to choose but 1 there is no first convolution. Attention is squeeze and excitation (Hu et
    al., CVPR 2018), or between several depthwise convolutions the split attention of ResNeSt (Zhang et al., 2020) as
    FP-NAS has it (Yan et al., CVPR 2021); the layer of FP-NAS is not published in code, so biases are our choice.

    Attributes:
        c_in: input channels.
        expansion: how many times wider it is inside.
        mid: the channels inside.
        c_out: output channels.
        side: height and width of its input.
        kernel: height and width of the depthwise filters.
        hidden: channels within the attention, None without.
        splits: depthwise convolutions; attention weighs several of them against one another, channel by channel.
        stride: step of the depthwise filters.
        act: the activation.
        hidden_act: the activation within the attention.
        shortcut: what is added to the result: the input if it has its shape (`identity`), or also a pooled and
            projected one if it has not (`projection`).
        transform: whether smaller kernels are learned from the larger ones, rather than cut out of their centres.
    """

    c_in: Elastic
    expansion: Elastic
    mid: Elastic
    c_out: Elastic
    side: Elastic
    kernel: Elastic
    hidden: Elastic | None = None
    splits: int = 1
    stride: int = 1
    act: Act = "relu"
    hidden_act: Act = "relu"
    shortcut: Shortcut = "identity"
    transform: bool = False

    @property
    def numbers(self) -> tuple[Elastic, ...]:
        """The numbers that are its own to choose."""
        return (self.expansion, self.c_out, self.kernel)

    @cached_property
    def expands(self) -> bool:
        """Whether there is a first convolution."""
        return bool((lift(np.not_equal, self.c_in, self.mid)).values.any())

    @cached_property
    def same(self) -> Elastic:
        """Whether input and output have as many channels."""
        return lift(np.equal, self.c_in, self.c_out)

    @property
    def adds_input(self) -> bool:
        """Whether the input, pooled where there is a stride, can be added to the result as it is."""
        reaches = self.shortcut == "projection" or (self.shortcut == "identity" and self.stride == 1)
        return reaches and bool(self.same.values.any())

    @property
    def projects_input(self) -> bool:
        """Whether the input can be projected before it is added."""
        return self.shortcut == "projection" and not self.same.values.all()

    def price(self) -> Price:
        """Return elastic parameters and MACs."""

        def cost(c_in: Any, mid: Any, hidden: Any, c_out: Any, kernel: Any, side: Any) -> Cost:
            after = -(-side // self.stride)
            total = conv_bn(1, mid, kernel, after) * self.splits + conv_bn(mid, c_out, 1, after)
            if self.expands:
                total += conv_bn(c_in, mid, 1, side)
            if self.hidden is not None:
                total += _attention(mid, hidden, self.splits)
            if self.projects_input:
                total += conv(c_in, c_out, 1, after) * (c_in != c_out)
            return total

        hidden = self.hidden or fixed(0)
        return priced(cost, self.c_in, self.mid, hidden, self.c_out, self.kernel, self.side)


Layer = Conv | MBConv | Bottleneck
"""What can stand in a block."""


@dataclass(frozen=True, eq=False)
class Block:
    """One place in the network, at which one of several layers stands, or none.

    Attributes:
        candidates: the layers, which share no weights.
        chosen: the place of the chosen layer among the candidates; -1 where the input is passed on.
        stage: number of the stage it belongs to.
        residual: what is added to the result of the layer chosen, whichever it is; None for nothing.
    """

    candidates: tuple[Layer, ...]
    chosen: Elastic
    stage: int
    residual: Residual | None = None

    def price(self) -> Price:
        """Return elastic parameters and MACs of the layer chosen, and of what is added to its result."""
        prices = [layer.price() for layer in self.candidates]
        price = Price(*(_chosen(self.chosen, list(elastics)) for elastics in zip(*prices, strict=True)))
        if self.residual is None:
            return price
        return Price(*(lift(np.add, *elastics) for elastics in zip(price, self.residual.price(), strict=True)))

    @cached_property
    def kernel(self) -> Elastic:
        """The kernel of the layer chosen, 0 where there is none."""
        kernels = [layer.kernel for layer in self.candidates]
        return _chosen(self.chosen, [k if isinstance(k, Elastic) else fixed(k) for k in kernels])

    @cached_property
    def expansion(self) -> Elastic:
        """The expansion of the layer chosen, 0 where there is none."""
        return _chosen(
            self.chosen, [fixed(1) if isinstance(layer, Conv) else layer.expansion for layer in self.candidates]
        )


@dataclass(frozen=True, eq=False)
class MobileNetwork:
    """Stem, blocks, and a head that pools between its two convolutions, or after the last block if it has none.

    Attributes:
        resolution: height and width that images are brought to.
        stem: the first convolution, or the first three.
        blocks: the blocks, stage by stage.
        final: the last convolution before pooling; None without.
        mix: a convolution after pooling, without normalisation; None without.
        classes: outputs of the classifier.
    """

    resolution: Elastic
    stem: Conv | DeepStem
    blocks: tuple[Block, ...]
    final: Conv | None
    mix: Conv | None
    classes: int

    @property
    def pooled(self) -> Elastic:
        """Channels that are pooled."""
        return (self.final or self.blocks[-1].candidates[0]).c_out

    @property
    def features(self) -> Elastic:
        """Inputs of the classifier."""
        return self.mix.c_out if self.mix else self.pooled

    def prices(self) -> list[Price]:
        """Return elastic parameters and MACs of each part; their sum is the network's."""
        head = [conv for conv in (self.final, self.mix) if conv is not None]
        parts: list[Conv | DeepStem | Block] = [self.stem, *self.blocks, *head]
        classifier = priced(lambda features: linear(features, self.classes), self.features)
        return [*(part.price() for part in parts), classifier]


def _chosen(chosen: Elastic, values: list[Elastic]) -> Elastic:
    """Return the value of the layer chosen, 0 where there is none."""

    def pick(place: Any, *values: Any) -> Any:
        return sum((value * (place == i) for i, value in enumerate(values)), start=0 * place)

    return lift(pick, chosen, *values)


def _attention(mid: Any, hidden: Any, splits: int) -> Cost:
    """Two 1x1 convolutions on pooled features: the first with bias or, between splits, normalised; the second with."""
    reduce = conv_bn(mid, hidden, 1, 1) if splits > 1 else conv(mid, hidden, 1, 1) + Cost(hidden, 0 * hidden)
    expand = conv(hidden, splits * mid, 1, 1)
    return reduce + expand + Cost(splits * mid, 0 * mid)
