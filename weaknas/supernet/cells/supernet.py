"""The supernet of networks of cells."""

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import InvalidArchitecture
from ...spaces import Batch
from ...spaces.cells.cell_space import CellNetworks
from ...spaces.cells.skeleton import CellNetwork
from ...spaces.elastic import fixed
from ..hooks import results_of
from ..normalisation import NormBlock
from ..resolution import resized
from ..selection import Path, Selection
from ..subnet import SubNet
from ..supernet import Supernet
from ..views import View
from .cell import ElasticCell, Given, Node, PlainCell
from .operations import Residual, conv_bn

__all__ = ["CellNet", "CellSupernet"]


class CellSupernet(Supernet):
    """All architectures of a space of cells: every operation on every edge of every cell, with weights of its own.

    Each cell can have a selection of its own; cells of a kind have the same choices, and so a selection for the whole
    network chooses alike in all of them.

    Args:
        space: the architectures; it says `cells`, its kinds of cells, and `network`, where they stand.
        zero_gamma: whether the last normalisation of each residual block begins as zero.
        bn_momentum: how fast running statistics follow; 0 keeps none.
    """

    def __init__(self, space: CellNetworks, *, zero_gamma: bool = False, bn_momentum: float = 0.1) -> None:
        super().__init__(space)
        cells, network = space.cells, space.network
        self.network = network
        self.stems = _stems(network)
        self.cells = nn.ModuleList()
        for place in network.places:
            if not place.kind:
                self.cells.append(Residual(place.feeds[0].channels, zero_gamma=zero_gamma))
                continue
            cell = cells[place.kind]
            if place is network.places[-1] and cell.given is not None:
                cell = cell._replace(given=(fixed(1),) * cell.nodes)  # the classifier is given all nodes
            self.cells.append(ElasticCell(cell, place))
        self.norm = nn.BatchNorm2d(network.features) if network.normalised else None
        self.classifier: nn.Linear = nn.Linear(network.features, network.classes)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = bn_momentum

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the cells: `reduction2` is the third of the network."""
        return tuple(place.name for place in self.network.places if place.kind)

    def features(self, images: Tensor, selection: Selection) -> Tensor:
        """Return the `(n, f)` means of the last cell's nodes."""
        view = self.view(selection)
        outputs = {
            number: [Node(0, x)] for number, x in run_stems(self.stems, resized(images, self.network.side)).items()
        }
        for number, (place, cell) in enumerate(zip(self.network.places, self.cells, strict=True)):
            inputs = [outputs[feed.source] for feed in place.feeds]
            if isinstance(cell, ElasticCell):
                outputs[number] = cell(inputs, view.within(place.name))
            else:
                outputs[number] = [Node(0, cell(inputs[0][0].map))]
        last = torch.cat([node.map for node in outputs[len(self.cells) - 1]], 1)
        return pooled(last, self.norm)

    def outputs(self, images: Tensor, selection: Selection) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the features, and the nodes in the outputs of the cells; see `Supernet.outputs`."""
        cells = [cell for cell in self.cells if isinstance(cell, ElasticCell)]
        with results_of(dict(zip(self.layers, cells, strict=True))) as found:
            features = self.features(images, selection)
        return features, {name: torch.cat([node.map for node in nodes], 1) for name, nodes in found.items()}

    def share_features(self) -> None:
        """Let all edges that leave a node of a cell have the same operations."""
        for cell in self.cells:
            if isinstance(cell, ElasticCell):
                cell.share()

    def _extract(self, arch: Batch) -> SubNet:
        return CellNet(self, self.view(Path(arch)), self.space.to_str(arch)[0])

    def pruned(self, selection: Selection) -> SubNet:
        """Return what is left of a mixture; see `Supernet.pruned`."""
        view = self.view(selection)
        if not all(_connected(cell, view) for cell in self.cells):
            raise InvalidArchitecture(
                f"the mixture leaves a cell of {self.space.name} without a path from its inputs to its output."
            )
        net = CellNet(self, view, "")
        net.class_names = self.class_names
        return net.train(self.training)

    def norm_blocks(self) -> list[NormBlock]:
        """Return the normalisations of the operations on each edge of each cell.

        A skip with a stride, which is a convolution, has one; other skips, poolings and `none` have none.
        """
        return [block for cell in self.cells if isinstance(cell, ElasticCell) for block in cell.norm_blocks()]


class CellNet(SubNet):
    """A network of cells, extracted from a supernet.

    Args:
        supernet: the supernet.
        view: what is left of it.
        arch: the architecture's text; empty for a mixture.
    """

    def __init__(self, supernet: CellSupernet, view: View, arch: str) -> None:
        super().__init__(supernet.space, arch, supernet.network.side)
        self.network = supernet.network
        self.stems = deepcopy(supernet.stems)
        self.cells = nn.ModuleList()
        given: dict[int, list[Given]] = {-2: [(0, None)], -1: [(0, None)]}
        for number, (place, cell) in enumerate(zip(self.network.places, supernet.cells, strict=True)):
            if isinstance(cell, ElasticCell):
                seen = view.within(place.name)
                given[number] = cell.given(seen)
                self.cells.append(PlainCell(cell, seen, [given[feed.source] for feed in place.feeds]))
            else:
                given[number] = [(0, None)]
                self.cells.append(deepcopy(cell))
        self.norm = deepcopy(supernet.norm)
        self.classifier = deepcopy(supernet.classifier)

    def features(self, images: Tensor) -> Tensor:
        """Return the `(n, f)` means of the last cell's nodes."""
        outputs = run_stems(self.stems, resized(images, self.resolution))
        for number, (place, cell) in enumerate(zip(self.network.places, self.cells, strict=True)):
            inputs = [outputs[feed.source] for feed in place.feeds]
            outputs[number] = cell(inputs) if isinstance(cell, PlainCell) else cell(*inputs)
        return pooled(outputs[len(self.cells) - 1], self.norm)


def _stems(network: CellNetwork) -> nn.ModuleList:
    """Return the one stem of a network, or the two."""
    if network.stem == "cifar":
        return nn.ModuleList([nn.Sequential(*conv_bn(3, network.width, 3))])
    half, width = network.width // 2, network.width
    first = nn.Sequential(*conv_bn(3, half, 3, 2), nn.ReLU(), *conv_bn(half, width, 3, 2))
    return nn.ModuleList([first, nn.Sequential(nn.ReLU(), *conv_bn(width, width, 3, 2))])


def run_stems(stems: nn.ModuleList, images: Tensor) -> dict[int, Tensor]:
    """Return the outputs of stems, -1 the last one's and -2 that of the one before, or the same."""
    outputs = [stems[0](images)]
    for stem in stems[1:]:
        outputs.append(stem(outputs[-1]))
    return {-2: outputs[0], -1: outputs[-1]}


def pooled(x: Tensor, norm: nn.Module | None) -> Tensor:
    """Return the means over positions, normalised and rectified before where the network does so."""
    return (x if norm is None else F.relu(norm(x))).mean((2, 3))


def _connected(cell: nn.Module, view: View) -> bool:
    """Return whether something flows from a cell's inputs to its output."""
    if not isinstance(cell, ElasticCell):
        return True
    seen = view.within(cell.place.name)
    reached = set(range(cell.cell.inputs))
    edges = [cell.cell.edges[number] for number, _, _ in cell.terms(seen)]
    for edge in sorted(edges, key=lambda edge: edge.target):
        if edge.source in reached:
            reached.add(edge.target)
    return any(cell.cell.inputs + number in reached for number, _ in cell.given(seen))
