"""What every supernet must do, as tests that the author of a family of networks inherits."""

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import sqrt
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ..errors import InvalidOption
from ..spaces import Batch
from ..supernet import Each, Mix, Path, Supernet, active_options, load, make_supernet, onehot, save
from ..supernet.normalisation import norms_of
from ..supernet.schemes.extremes import extremes
from .running import require

__all__ = ["SupernetContract", "randomise"]

_WAITS = ("tolist", "item", "cpu", "numpy", "new_tensor", "__bool__", "__float__", "__int__")
_ROUNDING = 1e-9  # of double precision, relative


def randomise(net: Any) -> Any:
    """Give a network weights and statistics under which no mistake goes unseen: all its parts carry signal."""
    generator = torch.Generator().manual_seed(1)

    def normal(value: Tensor) -> Tensor:
        return torch.randn(value.shape, generator=generator)

    with torch.no_grad():
        for name, value in net.state_dict().items():
            if name.endswith("matrix"):
                value.add_(0.05 * normal(value))
            elif value.ndim > 1:
                value.copy_(normal(value) * sqrt(1 / value[0].numel()))
            elif name.endswith(("running_var", "weight")):
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
            elif value.ndim:
                value.copy_(0.2 * normal(value))
    return net


class SupernetContract:
    """The contract of supernets. Subclass it, give the fixture `supernet`, and every test is inherited.

    The fixture returns a supernet of a small space, in which everything that can be chosen is, and which
    `make_supernet` makes of that space. Its weights are drawn anew here.

    Attributes:
        images: how many images it is given.
        seed: of architectures and images.
    """

    images: int = 4
    seed: int = 0

    # -- one network, three ways ----------------------------------------------------------------------

    def test_path_mixture_and_extraction_are_one(self, supernet: Supernet) -> None:
        """A path, a one-hot mixture and the extracted network give the same logits, and other paths others."""
        net, rows = self._double(supernet), self._rows(supernet, 3)
        for training in (False, True):
            logits = [self.one(net.train(training), row) for row in rows]
            keys = net.space.key(rows)
            for other in (1, 2):
                if keys[0] != keys[other]:
                    differs = _distance(logits[0], logits[other]) > 1e-6
                    require(differs, "two architectures give the same logits: a choice that does nothing.")

    def test_the_smallest_and_the_largest_are_one(self, supernet: Supernet) -> None:
        """The cheapest and the dearest architecture, too, are one as path, mixture and extracted network."""
        for row in extremes(supernet.space):
            self.one(self._double(supernet).eval(), row)

    def one(self, supernet: Supernet, row: Batch) -> Tensor:
        """Compare path, mixture and extracted network, in the mode that the supernet is in; return the logits."""
        x, weights = self._images(supernet), onehot(supernet.space, row)
        with torch.no_grad():
            path: Tensor = supernet(x, Path(row))
            mix = supernet(x, Mix(weights, active=active_options(weights)))
            subnet = supernet.subnet(row)(x)
        require(tuple(path.shape) == (len(x), supernet.classes), f"logits have the shape {tuple(path.shape)}.")
        require(float(path.abs().max()) > 1e-3, "all logits are zero.")
        require(_distance(path, mix) < _ROUNDING, f"a one-hot mixture is {_distance(path, mix):.1g} off its path.")
        off = _distance(path, subnet)
        require(off < _ROUNDING, f"the extracted network is {off:.1g} off its path.")
        return path

    def test_the_classifier_is_given_the_features(self, supernet: Supernet) -> None:
        """The logits are the classifier of the features, of a supernet and of what is extracted from it."""
        net = self._double(supernet).eval()
        (row,), x = self._rows(net, 1), self._images(net)
        with torch.no_grad():
            features, sub = net.features(x, Path(row)), net.subnet(row)
            require(features.ndim == 2 and len(features) == len(x), "features are not of the shape (n, f).")
            require(_distance(net.classifier(features), net(x, Path(row))) < _ROUNDING, "features give other logits.")
            require(_distance(sub.classifier(sub.features(x)), sub(x)) < _ROUNDING, "features give other logits.")
            require(_distance(features, sub.features(x)) < _ROUNDING, "an extracted network has other features.")
            for arch in extremes(net.space):
                require(net.features(x, Path(arch)).shape[1] <= net.most_features, "they are more than most_features.")

    def test_the_outputs_of_blocks_or_cells_are_theirs(self, supernet: Supernet) -> None:
        """They come by the names in `layers`, with the features; a path in one block changes none before it."""
        net = self._double(supernet).eval()
        (row, other), x, changed = self._rows(net, 2), self._images(net), 0
        with torch.no_grad():
            features, maps = net.outputs(x, Path(row))
            require(_distance(features, net.features(x, Path(row))) < _ROUNDING, "outputs come with other features.")
            if not maps:
                raise SkipTest("the family does not say them.")
            require(tuple(maps) == net.layers, f"outputs are of {', '.join(maps)}, and not of the layers.")
            for number, layer in enumerate(net.layers):
                _, others = net.outputs(x, Each({layer: Path(other)}, Path(row)))
                same = [torch.equal(maps[name], others[name]) for name in net.layers[: number + 1]]
                require(all(same[:-1]), f"a path in {layer} changes what comes before it.")
                changed += not same[-1]
        require(changed > 0, "no output changes with the path of its own block or cell.")

    # -- mixtures -------------------------------------------------------------------------------------

    def test_each_layer_has_its_own_selection(self, supernet: Supernet) -> None:
        """A mixture in one block or cell and a path elsewhere is the mixture that is one-hot elsewhere."""
        net = self._double(supernet).eval()
        (row,), x, tried = self._rows(net, 1), self._images(net), 0
        for layer in net.layers:
            own = {choice.name for choice in net.space.layers.get(layer, ()) if len(choice.options) > 1}
            mixed = {name: weight.double() for name, weight in onehot(net.space, row).items()}
            mixed |= {name: weight.detach() for name, weight in self._softmax(net).items() if name in own}
            with torch.no_grad():
                each = net(x, Each({layer: Mix(mixed)}, Path(row)))
                require(_distance(each, net(x, Mix(mixed))) < _ROUNDING, f"{layer} is not seen by its own selection.")
            tried += bool(own)
        if not tried:
            raise SkipTest("no block or cell has choices of its own by its name.")

    def test_gradients_reach_every_weight_of_a_mixture(self, supernet: Supernet) -> None:
        """Every option of every choice gets a finite gradient, and some are not zero."""
        net = self._double(supernet).train()
        weights = self._softmax(net)
        net(self._images(net), Mix(weights)).square().sum().backward()
        for choice in net.space.choices:
            found = weights[choice.name].grad
            gradient = torch.zeros(1) if found is None else found
            require(bool(gradient.isfinite().all()), f"the gradient of {choice.name} is no number.")
            require(len(choice.options) == 1 or bool(gradient.any()), f"no gradient reaches {choice.name}.")

    def test_what_is_not_active_is_left_out(self, supernet: Supernet) -> None:
        """Options of weight zero change nothing, computed or not."""
        net = self._double(supernet).eval()
        (row,), x = self._rows(net, 1), self._images(net)
        weights = onehot(net.space, row)
        with torch.no_grad():
            all_of_them, some = net(x, Mix(weights)), net(x, Mix(weights, active=active_options(weights)))
        require(_distance(all_of_them, some) < _ROUNDING, "options of weight zero change the logits.")

    def test_a_mixture_waits_for_nothing(self, supernet: Supernet) -> None:
        """Forward and backward of a mixture look at no value on the device, and bring none there."""
        net = self._double(supernet).train()
        weights, x = self._softmax(net), self._images(net)
        for context in (ExitStack(), _no_waiting()):  # constants are brought there once
            with context:
                net(
                    x, Mix(weights, active={name: np.ones(len(w), bool) for name, w in weights.items()})
                ).sum().backward()

    # -- what is extracted ----------------------------------------------------------------------------

    def test_an_extracted_network_costs_what_the_space_says(self, supernet: Supernet) -> None:
        """Parameters and multiply-accumulates of an extracted network are those of the space's formula."""
        for row in self._rows(supernet, 3):
            net, cost = supernet.subnet(row).float().eval(), supernet.space.cost(row[None])
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                net(torch.zeros(1, 3, net.resolution, net.resolution))
            macs, params = counter.get_total_flops() // 2, sum(p.numel() for p in net.parameters())
            require(macs == cost.macs[0], f"{net.arch} has {macs:,} MACs, the space says {cost.macs[0]:,}.")
            require(params == cost.params[0] == supernet.active_params(row), f"{net.arch} has {params:,} parameters.")

    def test_an_extracted_network_is_of_its_own(self, supernet: Supernet) -> None:
        """It says what it is, in the supernet's mode, and shares no memory with the supernet."""
        supernet.class_names = tuple(f"class {number}" for number in range(supernet.classes))
        row, space = self._rows(supernet, 1), supernet.space
        mine = {parameter.data_ptr() for parameter in supernet.parameters()}
        for training in (False, True):
            net = supernet.train(training).subnet(row)
            require(net.arch == space.to_str(row)[0] and net.resolution in space.sides, "it is another architecture.")
            require(net.class_names == supernet.class_names and net.training == training, "classes or mode are lost.")
            require(not mine & {parameter.data_ptr() for parameter in net.parameters()}, "it shares weights.")

    def test_files_keep_it(self, supernet: Supernet) -> None:
        """Supernets and extracted networks come back from files as they were."""
        row, x = self._rows(supernet, 1), self._images(supernet)
        net = randomise(supernet).eval()
        with TemporaryDirectory() as folder, torch.no_grad():
            file = FilePath(folder) / "net.safetensors"
            save(net, file)
            require(torch.equal(load(file).net(x, Path(row)), net(x, Path(row))), "a supernet's file has another.")
            save(net.subnet(row), file)
            require(torch.equal(load(file).net(x), net.subnet(row)(x)), "a sub-network's file has another.")

    # -- what schemes ask for -------------------------------------------------------------------------

    def test_the_options_of_every_family(self, supernet: Supernet) -> None:
        """`make_supernet` takes `zero_gamma` and `bn_momentum`, and 0 keeps no statistics."""
        net = make_supernet(supernet.space, zero_gamma=True, bn_momentum=0.0)
        before = {name: value.clone() for name, value in net.state_dict().items() if "running" in name}
        net.train()(self._images(net), Path(self._rows(net, 1)))
        after = net.state_dict()
        kept = all(torch.equal(value, after[name]) for name, value in before.items())
        require(type(net) is type(supernet) and kept, "with bn_momentum=0 running statistics change.")

    def test_sorting_keeps_the_largest(self, supernet: Supernet) -> None:
        """After `sort` the largest architecture computes what it did."""
        net, largest = self._double(supernet).eval(), extremes(supernet.space)[1]
        with torch.no_grad():
            before = net(self._images(net), Path(largest))
            net.sort()
            require(
                _distance(before, net(self._images(net), Path(largest))) < _ROUNDING, "it computes something else."
            )

    def test_blocks_have_the_normalisations_of_every_architecture(self, supernet: Supernet) -> None:
        """What `norm_blocks` says of an architecture is what its network has, but for what all have alike."""
        net, others = self._double(supernet), set()
        try:
            net.norm_blocks()
        except InvalidOption:
            raise SkipTest("the family does not say which normalisations its blocks have.") from None
        for row in np.concatenate([extremes(net.space), self._rows(net, 3)]):
            left = [norm.weight for norm in norms_of(net.subnet(row))]
            told = [weight for block in net.norm_weights(row) for weight in block]
            others.add(len(left) - len(told))
            for weight in told:  # in order: each is looked for behind the one before it
                while left and not (left[0].shape == weight.shape and torch.equal(left[0], weight)):
                    left.pop(0)
                require(len(left) > 0, "norm_blocks() tells weights that the extracted network does not have.")
                left.pop(0)
        require(len(others) == 1, "norm_blocks() leaves out normalisations that only some architectures have.")

    # -- what the tests share -------------------------------------------------------------------------

    def _double(self, supernet: Supernet) -> Supernet:
        net: Supernet = randomise(copy.deepcopy(supernet)).double()
        return net

    def _rows(self, supernet: Supernet, n: int) -> Batch:
        return supernet.space.sample(n, np.random.default_rng(self.seed))

    def _images(self, supernet: Supernet) -> Tensor:
        side, generator = supernet.space.sides[-1], torch.Generator().manual_seed(self.seed)
        return torch.randn(self.images, 3, side, side, generator=generator).to(next(supernet.parameters()))

    def _softmax(self, supernet: Supernet) -> dict[str, Tensor]:
        """Return positive weights that want gradients."""
        generator = torch.Generator().manual_seed(self.seed)
        drawn = {c.name: torch.randn(len(c.options), generator=generator).double() for c in supernet.space.choices}
        return {name: values.softmax(0).requires_grad_() for name, values in drawn.items()}


def _distance(one: Tensor, other: Tensor) -> float:
    """Return the largest difference, relative to the largest value."""
    return float((one - other).abs().max() / one.abs().max())


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Fail where a value of a tensor is looked at, or a new one is made of Python's numbers."""

    def refuse(self: Tensor, *args: Any, **options: Any) -> Any:
        raise AssertionError("a mixture looks at the values of a tensor, or makes one: on a GPU that waits.")

    with ExitStack() as patched:
        for name in _WAITS:
            patched.enter_context(patch.object(Tensor, name, refuse))
        patched.enter_context(patch.object(torch, "tensor", refuse))
        patched.enter_context(patch.object(torch, "from_numpy", refuse))
        yield
