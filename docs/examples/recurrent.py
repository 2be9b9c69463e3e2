"""A family of recurrent networks in a plain file, after the recurrent cell of DARTS (Liu et al., ICLR 2019).

A supernet's images are here `(n, length)` character numbers, its labels the character that comes next; schemes train
it as they are. The text is made by a small grammar. To train and compare dense and sparse cells, and
DARTS's own, in less than three minutes:

python docs/examples/recurrent.py
"""

import argparse
from collections.abc import Iterable
from contextlib import nullcontext
from copy import deepcopy
from itertools import islice
from math import exp

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from weaknas.errors import InvalidArchitecture, WeaknasError
from weaknas.spaces import Choice, Cost, Elastic, NetworkSpace
from weaknas.supernet import Path, SubNet, Supernet, make_supernet
from weaknas.supernet.schemes import Step, make_scheme

ACTIVATIONS = {"none": None, "tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "identity": lambda x: x}
ALPHABET = " .abcdefghijklmnopqrstuvwxyz"
_NOUNS = ("bird", "cat", "dog", "fish", "tree")
_VERBS = ("see", "hear", "follow", "find")
_ADJECTIVES = ("", "", "red ", "small ", "old ")


# -- the network --------------------------------------------------------------------------------------


def highway(gates, state, activation):
    """Return a state that a gate has let part of a new one into; `(n, 2 * width)` gates are the gate's and its."""
    gate, new = gates.chunk(2, 1)
    return state + gate.sigmoid() * (activation(new) - state)


def unroll(net, tokens, kept):
    """Return the `(n, width)` state of the cell after the last of `(n, length)` tokens.

    The first node takes in the token and the state before. The others are the mean over all edges into them of the
    weighted sum of the edge's activations; to divide by the number of edges is our own form, without which unbounded
    weights make states grow. The new state is the mean of these nodes.

    Args:
        net: has `embed`, `enter` and `edges`.
        tokens: numbers of characters.
        kept: of each edge's activations the names and weights of those that are computed, in order.
    """
    embedded = net.embed(tokens)
    state = torch.zeros_like(embedded[:, 0])
    for x in embedded.unbind(1):
        nodes = [highway(net.enter(torch.cat([x, state], 1)), state, torch.tanh)]
        for node in range(1, net.space.steps + 1):
            total = 0 * state
            for source in range(node):
                if parts := kept[f"{source}-{node}"]:
                    gates = net.edges[f"{source}-{node}"](nodes[source])
                    for name, weight in parts:
                        part = highway(gates, nodes[source], ACTIVATIONS[name])
                        total = total + (part if weight is None else weight * part)
            nodes.append(total / node)
        state = torch.stack(nodes[1:]).mean(0)
    return state


class RecurrentSupernet(Supernet):
    """All activations on all edges of the cell, those of an edge with the same weights.

    Options that every family takes do nothing: there is no normalisation.
    """

    def __init__(self, space, zero_gamma: bool = False, bn_momentum: float = 0.1) -> None:
        super().__init__(space)
        width = space.width
        self.embed = nn.Embedding(space.classes, width)
        self.enter = nn.Linear(2 * width, 2 * width, bias=False)
        self.edges = nn.ModuleDict({edge: nn.Linear(width, 2 * width, bias=False) for edge in space.edges})
        self.chosen = {edge: Elastic.of(choice) for edge, choice in zip(space.edges, space.choices, strict=True)}
        self.classifier = nn.Linear(width, space.classes)

    def features(self, images, selection):
        return unroll(self, images, self.kept(selection))

    def kept(self, selection):
        """Return the activations that a selection computes, as `unroll` takes them."""
        view = self.view(selection)
        return {
            edge: [(name, weight) for name, weight in view.options(number) if name != "none"]
            for edge, number in self.chosen.items()
        }

    def _extract(self, arch):
        return RecurrentNet(self, self.space.to_str(arch)[0], self.kept(Path(arch)))

    def pruned(self, selection):
        kept = {
            edge: [(name, 1.0 if weight is None else weight.item()) for name, weight in parts]
            for edge, parts in self.kept(selection).items()
        }
        kept = {edge: [part for part in parts if part[1]] for edge, parts in kept.items()}
        if not any(kept[edge] for edge in self.space.edges if edge.startswith("0-")):
            raise WeaknasError(
                f"the mixture has no path through the cell of {self.space.title}: no edge leaves node 0."
            )
        return RecurrentNet(self, "", kept)


class RecurrentNet(SubNet):
    """What is left of the cell, with copies of its weights."""

    def __init__(self, supernet, text, kept) -> None:
        super().__init__(supernet.space, text, supernet.space.length)
        self.kept = kept
        self.embed, self.enter = deepcopy(supernet.embed), deepcopy(supernet.enter)
        self.edges = nn.ModuleDict({edge: deepcopy(supernet.edges[edge]) for edge, parts in kept.items() if parts})
        self.classifier = deepcopy(supernet.classifier)

    def features(self, images):
        return unroll(self, images, self.kept)


# -- the space ----------------------------------------------------------------------------------------


class Recurrent(NetworkSpace):
    """A cell whose every edge has an activation, or none; the first node must lead somewhere.

    Args:
        steps: nodes after the first.
        width: of all states.
        length: characters that the cell sees.
    """

    name, title = "recurrent", "the space of recurrent cells"
    supernet = RecurrentSupernet

    def __init__(self, steps: int = 3, width: int = 32, length: int = 12) -> None:
        self.steps, self.width, self.length = steps, width, length
        self.recipe = {"space": self.name, "steps": steps, "width": width, "length": length}
        self.edges = tuple(f"{source}-{node}" for node in range(1, steps + 1) for source in range(node))
        self.choices = tuple(Choice(f"op{edge}", tuple(ACTIVATIONS)) for edge in self.edges)

    @property
    def classes(self):
        return len(ALPHABET)

    @property
    def sides(self):
        return (self.length,)

    @property
    def nodes(self):
        edges = iter(self.choices)
        return {f"node{node}": tuple(islice(edges, node)) for node in range(1, self.steps + 1)}

    def is_valid(self, batch):
        first = [column for column, edge in enumerate(self.edges) if edge.startswith("0-")]
        return super().is_valid(batch) & (batch[:, first] != 0).any(1)

    def cost(self, batch):
        return self._cost((self.as_batch(batch) != 0).sum(1))

    def expected_cost(self, weights):
        return self._cost(sum(weights[choice.name][1:].sum() for choice in self.choices))

    def _cost(self, edges):
        """Return the cost of cells of so many edges; of activations and gates nothing is counted."""
        edge, enter, classifier = 2 * self.width**2, 4 * self.width**2, self.width * self.classes
        macs = self.length * (enter + edge * edges) + classifier
        return Cost(enter + edge * edges + 2 * classifier + self.classes, macs)

    def to_str(self, batch):
        return ["|".join(tuple(ACTIVATIONS)[op] for op in row) for row in self.as_batch(batch).tolist()]

    def from_str(self, texts: Iterable[str]):
        rows = [text.split("|") for text in ([texts] if isinstance(texts, str) else texts)]
        if any(len(row) != len(self.choices) or not set(row) <= ACTIVATIONS.keys() for row in rows):
            known = ", ".join(ACTIVATIONS)
            raise InvalidArchitecture(f"an architecture of {self.title} is {len(self.choices)} of {known}, with '|'.")
        numbers = [[tuple(ACTIVATIONS).index(op) for op in row] for row in rows]
        return self.validate(np.array(numbers, dtype=np.int8).reshape(-1, len(self.choices)))


# -- the text -----------------------------------------------------------------------------------------


def corpus(characters: int, seed: int = 0) -> np.ndarray:
    """Return `(characters,)` numbers of the letters of sentences, in which verbs agree with nouns before them."""
    rng = np.random.default_rng(seed)
    text = ""
    while len(text) < characters:
        several = rng.random() < 0.5
        subject, verb, thing = (words[rng.integers(len(words))] for words in (_NOUNS, _VERBS, _NOUNS))
        first, second = (_ADJECTIVES[rng.integers(len(_ADJECTIVES))] for _ in range(2))
        text += f"the {first}{subject}{'s' * several} {verb}{'s' * (not several)} the {second}{thing}. "
    return np.array([ALPHABET.index(letter) for letter in text[:characters]])


def windows(text: np.ndarray, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return all `(n, length)` windows of a text, and the `(n,)` characters after them."""
    rows = np.lib.stride_tricks.sliding_window_view(text, length + 1)
    return torch.from_numpy(rows[:, :-1].copy()), torch.from_numpy(rows[:, -1].copy())


# -- training -----------------------------------------------------------------------------------------


def train(space, name, options, steps, seed=0, batch=64):
    """Train a supernet by a scheme's own steps; return both."""
    torch.manual_seed(seed)
    supernet, scheme = make_supernet(space).train(), make_scheme(name, options)
    scheme.prepare(space, steps, seed)
    scheme.attach(supernet)
    descent = scheme.arch_optimizer()
    weights = torch.optim.Adam([value for value in supernet.parameters() if value.requires_grad], lr=5e-3)
    halves = [windows(text, space.length) for text in np.split(corpus(20_000, seed), 2)]

    def learn(number, half, optimizer, scheme_step):
        rng = np.random.default_rng((seed, number, half))
        drawn = rng.integers(len(halves[half][0]), size=batch)
        tokens, labels = (values[drawn] for values in halves[half])
        optimizer.zero_grad()
        scheme_step(Step(number, supernet, (tokens,), labels, rng, batch, 0.0, nullcontext, lambda values: values))
        nn.utils.clip_grad_norm_(supernet.parameters(), 1.0)
        optimizer.step()

    for number in range(steps):
        learn(number, 0, weights, scheme.step)
        if scheme.searches(number):
            learn(number, 1, descent, scheme.arch_step)
    return supernet.eval(), scheme


@torch.no_grad()
def measured(space, net, *selection):
    """Return the loss on text that nothing learned from, and the multiply-accumulates of a window."""
    tokens, labels = windows(corpus(4_000, seed=999), space.length)
    loss = F.cross_entropy(net(tokens, *selection), labels).item()
    with FlopCounterMode(display=False) as counter:
        net(tokens[:1], *selection)
    return loss, counter.get_total_flops() // 2


def main() -> None:
    """Compare a dense cell with sparse ones, and DARTS's mixture."""
    parser = argparse.ArgumentParser(description="Train dense and sparse recurrent cells on generated text.")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    space = Recurrent()
    runs = [("dense", "sparse", {"lam1": 0.0, "lam2": 0.0})]
    runs += [(f"sparse {lam}", "sparse", {"lam1": lam, "lam2": lam}) for lam in (0.003, 0.01, 0.03)]
    runs.append(("darts", "darts", {}))
    print("run            loss  perplexity  zeros  1000 MACs  taken out: off by  one path: loss")
    for label, name, options in runs:
        supernet, scheme = train(space, name, options, given.steps, given.seed)
        mixture = scheme.selection()
        pruned, path = supernet.pruned(mixture), supernet.subnet(scheme.derive())
        loss, _ = measured(space, supernet, mixture)
        again, macs = measured(space, pruned)
        zeros = 1 - sum(map(len, pruned.kept.values())) / (len(space.edges) * (len(ACTIVATIONS) - 1))
        print(
            f"{label:12}  {loss:5.3f}  {exp(loss):10.3f}  {zeros:5.0%}  {macs / 1e3:9.0f}  {abs(again - loss):17.1e}"
            f"  {measured(space, path)[0]:14.3f}"
        )


if __name__ == "__main__":
    main()
