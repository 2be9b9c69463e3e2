"""The NAS-Bench-101 cell (Ying et al., ICML 2019): a labelled graph of at most 7 vertices and 9 edges."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Batch, Floats, Keys, mix64, unique_rows
from ..batches import within
from ..choice import Choice
from ..cost import Cost, conv_bn, linear
from ..diagram import Arrow, Diagram, Vertex
from ..encodes import Encoder, truncate
from ..graphs import Graphs
from ..readers import elsewhere
from ..space import Space
from ..texts import as_texts, one_text
from . import cells101 as cells
from . import features101 as features
from .cells101 import INNER, MAX_EDGES, OPS, VERTICES, Bools
from .model_spec import read_graph

__all__ = ["MAX_EDGES", "OPS", "VERTICES", "NasBench101"]

_LETTERS: Final = "?13m"
_HASH_LABELS: Final = (-9, 1, 0, 2)  # the official labels: conv3x3 0, conv1x1 1, maxpool 2
_EXAMPLE: Final = "OPS:EDGES with OPS like i33m31o and one 0/1 per pair of vertices, such as i3o:101"


class NasBench101(Space):
    """Cells as 21 edge bits (the upper triangle of a 7 x 7 matrix, row-major) and 5 operations (into `OPS`).

    Vertex 0 is the input and vertex 6 always the output; a cell of fewer vertices leaves the last inner ones
    absent (operation 0, no edges). Vertices off every path from input to output carry no meaning: `canonical`
    removes them, `sample` and `mutate` return rows without them, and every other method looks through them.
    A row is valid if input and output are connected and at most 9 edges remain.

    `key` is the official graph hash with 64-bit arithmetic in position of MD5: invariant under permutations of
    the vertices, and different for all 423,624 cells. `module_hash` is the official one.

    The choices are edges, such as `edge0-3`, and operations, such as `op3`; the edges into a vertex and its operation
    are a layer (`vertex3`).

    Encodings: `onehot` (41), `adjacency` (45, the layout of the WeakNAS release: the output stands in the last
    column in use), `path` (364 operation sequences from input to output, shortest first), `counts` (10),
    `graph` (graphs of 7 vertices, see `Graphs`).
    """

    name = "nasbench101"
    recipe: ClassVar = {"space": name}
    layout = (
        f"21 edge bits, the upper triangle of a matrix of 7 vertices row by row, and the operations "
        f"({', '.join(f'{number} {op}' for number, op in enumerate(OPS))}) of vertices 1 to 5; from_graph reads a "
        "matrix and the names of its operations"
    )
    default_encoding = "adjacency"
    merges_isomorphs = True

    choices = (
        *(Choice(f"edge{source}-{target}", (0, 1), f"vertex{target}") for source, target in cells.EDGES),
        *(Choice(f"op{vertex}", OPS, f"vertex{vertex}") for vertex in range(1, 1 + INNER)),
    )

    @property
    def size(self) -> int:
        """The number of raw encodings with all seven vertices present: 2^21 * 3^5, about 5.1e8."""
        return int(2 ** len(cells.EDGES) * 3**INNER)

    # -- graphs ---------------------------------------------------------------------------------------

    def is_valid(self, batch: Batch) -> Bools:
        """Return `(n,)` whether each row is well formed, connected and small enough once pruned."""
        return within(batch, self._limits) & cells.well_formed(batch)

    def canonical(self, batch: Batch) -> Batch:
        """Return the rows pruned of vertices off every input-output path, the others moved together."""
        matrix, ops = cells.graphs(batch)
        alive = cells.alive(matrix) & cells.present(ops)
        alive[:, [0, -1]] = True
        matrix &= alive[:, :, None] & alive[:, None, :]
        order = np.argsort(~alive[:, :-1], axis=1, kind="stable")
        order = np.concatenate([order, np.full((len(batch), 1), VERTICES - 1)], axis=1)
        return cells.rows(*cells.permute(matrix, ops * alive[:, 1:-1], order))

    def narrow(self, allowed: Mapping[str, Sequence[Any]]) -> Space:
        """Return the part of the space with only some options; a vertex may be absent whatever operations are allowed.

        Args:
            allowed: options by the name of a choice, or of a kind (`edge`, `op`) for all its choices.

        Raises:
            NotFound: there is no such choice or kind.
            InvalidOption: none of a choice's options is allowed.
        """

        def or_absent(name: str, options: Any) -> Any:
            given = [options] if isinstance(options, str) else [*options]
            return [*given, OPS[0]] if name.startswith("op") else options

        return super().narrow({name: or_absent(name, options) for name, options in allowed.items()})

    def key(self, batch: Batch) -> Keys:
        """Return `(n,)` hashes that isomorphic cells share."""
        matrix, ops = cells.graphs(self.canonical(self.as_batch(batch)))
        label = np.zeros((len(batch), VERTICES), dtype=np.uint64)
        label[:, 1:-1] = ops
        label[:, -1] = len(OPS)
        state = mix64(label + np.uint64(1))
        targets = matrix.astype(np.uint64)
        sources = np.ascontiguousarray(targets.transpose(0, 2, 1))
        for _ in range(VERTICES):
            into = (sources @ mix64(state + np.uint64(11))[:, :, None])[:, :, 0]
            out = (targets @ mix64(state + np.uint64(23))[:, :, None])[:, :, 0]
            state = mix64(mix64(into) * np.uint64(3) + mix64(out) * np.uint64(5) + state)
        return mix64((state * cells.present(ops)).sum(1, dtype=np.uint64))

    def module_hash(self, batch: Batch) -> list[str]:
        """Return the official MD5 graph hash of each row (one by one: about 40 microseconds each)."""
        hashes = []
        for matrix, ops in zip(*cells.graphs(self.canonical(self.as_batch(batch))), strict=True):
            here = cells.present(ops[None])[0]
            labels = [-1, *(_HASH_LABELS[op] for op in ops if op), -2]
            hashes.append(cells.graph_hash(matrix[here][:, here], labels))
        return hashes

    def from_graph(self, matrix: ArrayLike, ops: Iterable[str]) -> Batch:
        """Return the row (a batch of one) of an official cell, as a `ModelSpec` takes it.

        Args:
            matrix: `(v, v)` upper-triangular adjacency, an array or lists; vertices off every path from input to
                output do not count.
            ops: `v` names in the order of the matrix: `input`, those of `OPS`, `output`.

        Raises:
            InvalidArchitecture: what the official code refuses: a matrix that is not square, not upper triangular, or
                of another size than the operations; no path from input to output; another operation, more than 7
                vertices or 9 edges on such paths.
        """
        return read_graph(matrix, ops)

    def to_graph(self, arch: ArrayLike) -> tuple[NDArray[np.int64], list[str]]:
        """Return the `(v, v)` matrix and the `v` operations of `arch` (a batch of one), as a `ModelSpec` takes."""
        (matrix,), (ops,) = cells.graphs(self._one(arch))
        here = cells.present(ops[None])[0]
        return matrix[np.ix_(here, here)].astype(np.int64), ["input", *(OPS[op] for op in ops if op), "output"]

    def diagrams(self, arch: ArrayLike) -> list[Diagram]:
        """Return the cell of `arch` (a batch of one) without what carries no meaning; operations are vertices."""
        matrix, names = self.to_graph(self.canonical(self._one(arch)))
        inner = (Vertex(name, "operation") for name in names[1:-1])
        arrows = tuple(Arrow(source, target) for source, target in np.argwhere(matrix).tolist())
        return [Diagram("NAS-Bench-101 cell", (Vertex("input", "input"), *inner, Vertex("output", "output")), arrows)]

    # -- drawing and moving ---------------------------------------------------------------------------

    def _draw(self, n: int, rng: np.random.Generator) -> Batch:
        edges = rng.integers(0, 2, (n, len(cells.EDGES)), dtype=np.int8)
        ops = rng.integers(1, len(OPS), (n, INNER), dtype=np.int8)
        return self.canonical(np.concatenate([edges, ops], axis=1))

    def _settle(self, batch: Batch) -> Batch:
        matrix, ops = cells.graphs(batch)
        present = cells.present(ops)
        matrix &= present[:, :, None] & present[:, None, :]
        return self.canonical(cells.rows(matrix, ops))

    def _step(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """Flip an edge (half of the time), change an operation, or insert a vertex into a new path."""
        batch = self.canonical(batch)
        matrix, ops = cells.graphs(batch)
        at = np.arange(len(batch))
        inner = (ops > 0).sum(1)
        edit = rng.choice(3, len(batch), p=(0.5, 0.3, 0.2))
        edit[(edit == 2) & (inner == INNER)] = 0

        last = inner + 1  # the output, counted among the vertices present
        i, j = np.sort(rng.random((len(batch), VERTICES)).argsort(1)[:, :2] % (last[:, None] + 1), axis=1).T
        i, j = np.where(i == last, VERTICES - 1, i), np.where(j == last, VERTICES - 1, j)
        flip = (edit == 0) & (i != j)
        matrix[at[flip], i[flip], j[flip]] ^= True

        vertex = rng.integers(0, np.maximum(inner, 1))
        change = (edit == 1) & (inner > 0)
        shift = rng.integers(1, len(OPS) - 1, len(batch), dtype=np.int8)
        ops[at[change], vertex[change]] = (ops[at[change], vertex[change]] - 1 + shift[change]) % 3 + 1

        grow = np.flatnonzero(edit == 2)
        position = rng.integers(1, inner[grow] + 2)
        before, after = rng.integers(0, position), rng.integers(position + 1, inner[grow] + 3)
        op = rng.integers(1, len(OPS), len(grow))
        matrix[grow], ops[grow] = cells.insert(matrix[grow], ops[grow], position, before, after, op)
        return self.canonical(cells.rows(matrix, ops))

    def neighbors(self, arch: Batch) -> Batch:
        """Return every valid cell one edit away: an edge flipped, an operation changed, a vertex inserted."""
        arch = self.canonical(arch)
        (matrix,), (ops,) = cells.graphs(arch)
        inner = int((ops > 0).sum())
        here = [*range(inner + 1), VERTICES - 1]
        found: list[cells.Graphs] = []
        for i, j in ((i, j) for i in here for j in here if i < j):
            flipped = matrix.copy()
            flipped[i, j] ^= True
            found.append((flipped[None], ops[None]))
        for vertex, op in product(range(inner), range(1, len(OPS))):
            changed = ops.copy()
            changed[vertex] = op
            found.append((matrix[None], changed[None]))
        if inner < INNER:
            position, before, after, kind = np.indices((inner + 2, inner + 2, inner + 3, len(OPS))).reshape(4, -1)
            (ways,) = np.nonzero((before < position) & (position < after) & (kind > 0))
            same, alike = (np.repeat(one[None], len(ways), axis=0) for one in (matrix, ops))
            found.append(cells.insert(same, alike, position[ways], before[ways], after[ways], kind[ways]))
        matrices, several = zip(*found, strict=True)
        rows = self.canonical(cells.rows(np.concatenate(matrices), np.concatenate(several)))
        rows = rows[self.is_valid(rows)]
        keys = self.key(rows)
        return unique_rows(rows[keys != self.key(arch)], keys[keys != self.key(arch)])

    # -- text -----------------------------------------------------------------------------------------

    def to_str(self, batch: Batch) -> list[str]:
        """Return `OPS:EDGES`, such as `i33m31o:110010010000010101101`, of the vertices present."""
        matrix, ops = cells.graphs(self.as_batch(batch))
        texts = []
        for graph, row in zip(matrix, ops, strict=True):
            here = np.flatnonzero(cells.present(row[None])[0])
            letters = "".join(_LETTERS[op] for op in row if op)
            upper = graph[np.ix_(here, here)][np.triu_indices(len(here), 1)]
            texts.append(f"i{letters}o:" + "".join("1" if bit else "0" for bit in upper))
        return texts

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of texts, vectorised over those of one length."""
        texts = as_texts(texts)
        rows = np.zeros((len(texts), len(self.options)), dtype=np.int8)
        lengths = np.array([len(t) if isinstance(t, str) and t.isascii() else 0 for t in texts], dtype=int)
        seen = np.zeros(len(texts), dtype=bool)
        for vertices in range(2, VERTICES + 1):
            pairs = vertices * (vertices - 1) // 2
            group = np.flatnonzero(lengths == vertices + 1 + pairs)
            if not len(group):
                continue
            chars = np.array([texts[i] for i in group], dtype=bytes).view(np.uint8).reshape(len(group), -1)
            letters, colon, bits = np.split(chars, [vertices, vertices + 1], axis=1)
            ops = (letters[:, 1:-1, None] == np.frombuffer(_LETTERS.encode(), np.uint8)).argmax(2)
            bits = bits - ord("0")
            seen[group] = (
                (letters[:, 0] == ord("i"))
                & (letters[:, -1] == ord("o"))
                & (colon[:, 0] == ord(":"))
                & (ops > 0).all(1)
                & (bits <= 1).all(1)
            )
            matrix = np.zeros((len(group), VERTICES, VERTICES), dtype=bool)
            here = np.array([*range(vertices - 1), VERTICES - 1])
            i, j = np.triu_indices(vertices, 1)
            matrix[:, here[i], here[j]] = bits & 1
            inner = np.zeros((len(group), INNER), dtype=np.int8)
            inner[:, : vertices - 2] = ops
            rows[group] = cells.rows(matrix, inner)
        valid = seen
        valid[seen] = self.is_valid(rows[seen])
        if not valid.all():
            wrong = texts[int(np.argmin(valid))]
            raise one_text("NAS-Bench-101", wrong, _EXAMPLE + elsewhere(wrong))
        return rows

    # -- cost and features ----------------------------------------------------------------------------

    def cost(self, batch: Batch) -> Cost:
        """Return parameters and MACs of the benchmark's CIFAR-10 network: 3 stacks of 3 cells, 128 channels up."""
        matrix, ops = cells.graphs(self.canonical(self.as_batch(batch)))
        zero = np.zeros(len(batch), dtype=np.int64)
        total = Cost(zero, zero) + conv_bn(3, 128, 3, 32) + linear(512, 10)
        for stack, channels in enumerate((128, 256, 512)):
            side = 32 >> stack
            for cell in range(3):
                c_in = channels // 2 if stack and cell == 0 else channels
                total += cells.cell_cost(matrix, ops, c_in, channels, side)
        return total

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {
            "onehot": self._canonical_onehot,
            "adjacency": self._adjacency,
            "path": self._path,
            "counts": self._counts,
            "graph": self._graph,
        }

    def _canonical_onehot(self, batch: Batch, argument: str = "") -> Floats:
        return self._onehot(self.canonical(batch))

    def _adjacency(self, batch: Batch, argument: str = "") -> Floats:
        return features.adjacency(*cells.graphs(self.canonical(batch)))

    def _path(self, batch: Batch, argument: str = "") -> Floats:
        return truncate(features.paths(*cells.graphs(self.canonical(batch))), argument, "path")

    def _counts(self, batch: Batch, argument: str = "") -> Floats:
        rows = self.canonical(batch)
        return features.counts(*cells.graphs(rows), self.cost(rows))

    def _graph(self, batch: Batch, argument: str = "") -> Floats:
        """`Graphs` of 7 vertices and 5 kinds: input, three operations, output."""
        matrix, ops = cells.graphs(self.canonical(batch))
        kinds = np.zeros((len(batch), VERTICES, 5), dtype=np.float32)
        kinds[:, 0, 0] = kinds[:, -1, -1] = 1
        kinds[:, 1:-1, 1:-1] = ops[:, :, None] == np.arange(1, len(OPS))
        return Graphs(matrix.astype(np.float32), kinds).flatten()
