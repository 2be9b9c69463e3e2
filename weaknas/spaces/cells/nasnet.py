"""The NASNet space (Zoph, Vasudevan, Shlens and Le, CVPR 2018): cells of five blocks, each the sum of two branches."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np

from ..arrays import Batch
from ..choice import Choice
from ..elastic import Elastic, fixed, lift
from .cell_space import KINDS, Cell, CellSpace, Edge
from .cell_texts import Terms
from .operations import NASNET, NONE
from .wiring import INPUTS, Wiring

__all__ = ["NasNet"]

_BLOCKS: Final = range(INPUTS, INPUTS + 5)
_BRANCHES: Final = (1, 2)

# As the code of DARTS has them.
_NASNET_A = (
    "normal:sep_conv_5x5~1,sep_conv_3x3~0+sep_conv_5x5~0,sep_conv_3x3~0+avg_pool_3x3~1,skip_connect~0"
    "+avg_pool_3x3~0,avg_pool_3x3~0+sep_conv_3x3~1,skip_connect~1/reduction:sep_conv_5x5~1,sep_conv_7x7~0"
    "+max_pool_3x3~1,sep_conv_7x7~0+avg_pool_3x3~1,sep_conv_5x5~0+skip_connect~3,avg_pool_3x3~2"
    "+sep_conv_3x3~2,max_pool_3x3~1"
)
_AMOEBANET_A = (
    "normal:avg_pool_3x3~0,max_pool_3x3~1+sep_conv_3x3~0,sep_conv_5x5~2+sep_conv_3x3~0,avg_pool_3x3~3"
    "+sep_conv_3x3~1,skip_connect~1+skip_connect~0,avg_pool_3x3~1/reduction:avg_pool_3x3~0,sep_conv_3x3~1"
    "+max_pool_3x3~0,sep_conv_7x7~2+sep_conv_7x7~0,avg_pool_3x3~1+max_pool_3x3~0,max_pool_3x3~1"
    "+conv_1x7_7x1~0,sep_conv_3x3~5"
)


class NasNet(CellSpace):
    """Cells of five blocks, nodes 2 to 6, each the sum of two branches: one of 13 operations on any earlier node.

    A cell's output is the concatenation of the blocks that no other reads; the classifier is given all blocks of the
    last cell. The choices of a block are a layer: what its first and second branch read (`normal.in4.1`) and do
    (`normal.op4.1`). There are 5.1e33 rows; see `CellSpace` for which are one architecture, and for the rest.

    What is our own: blocks add their branches (the paper's controller may also concatenate them, its cells add), an
    input that no block reads is not in the output, the skeleton and its stems are those of DARTS.
    """

    name = "nasnet"
    title = "the NASNet space"
    ops = NASNET
    node_count = len(_BLOCKS)
    loose = True
    published: Mapping[str, str] = {"nasnet-a": _NASNET_A, "amoebanet-a": _AMOEBANET_A}
    layout = (
        "for the normal and then the reduction cell, for blocks 2 to 6 and both branches: the node that it reads and "
        f"the operation ({', '.join(f'{i} {op}' for i, op in enumerate(NASNET))})"
    )

    choices = tuple(
        Choice(f"{kind}.{what}{block}.{branch}", options, f"{kind}.node{block}")
        for kind in KINDS
        for block in _BLOCKS
        for branch in _BRANCHES
        for what, options in (("in", tuple(range(block))), ("op", NASNET))
    )

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """The two kinds of cells."""
        own = {choice.name: choice for choice in self.choices}
        names = np.array(NASNET)
        found = {}
        for kind in KINDS:
            reads = {
                (block, branch): Elastic.of(own[f"{kind}.in{block}.{branch}"])
                for block in _BLOCKS
                for branch in _BRANCHES
            }
            edges = []
            for (block, branch), read in reads.items():
                op = Elastic.of(own[f"{kind}.op{block}.{branch}"], np.arange(len(NASNET)))
                for source in range(block):
                    done = lift(lambda i, o, source=source: np.where(i == source, names[o], NONE), read, op)
                    edges.append(Edge(source, block, done))
            given = tuple(
                lift(
                    lambda *later, block=block: 1 - np.any([i == block for i in np.broadcast_arrays(*later)], axis=0),
                    *(read for (other, _), read in reads.items() if other > block),
                )
                if block < _BLOCKS[-1]
                else fixed(1)
                for block in _BLOCKS
            )
            found[kind] = Cell(INPUTS, len(_BLOCKS), tuple(edges), given)
        return found

    def wiring(self, batch: Batch) -> Mapping[str, Wiring]:
        """Return the wirings by the kind of cell: two terms for each block."""
        target = np.repeat(_BLOCKS, len(_BRANCHES))
        found = {}
        for kind, part in zip(KINDS, np.split(batch, len(KINDS), axis=1), strict=True):
            found[kind] = Wiring(part[:, ::2], part[:, 1::2], target, len(_BLOCKS))
        return found

    def rows(self, cells: Mapping[str, Terms]) -> list[int]:
        """Return the row of cells."""
        row = []
        for kind in KINDS:
            for block, terms in zip(_BLOCKS, cells[kind], strict=True):
                if len(terms) != len(_BRANCHES) or not all(0 <= source < block for source, _ in terms):
                    raise ValueError(terms)
                row += [number for source, op in terms for number in (source, NASNET.index(op))]
        return row
