"""Drawing architectures and the gradient of their log-probabilities, beside a loop over the choices.

Run with `make bench`. Processor seconds, both kinds in turns, medians of their ratios. The reference has a
`torch.distributions.Categorical` for each choice of the Once-for-All space and draws, and sums, one after the other.
"""

import time

import numpy as np
import pytest
import torch
from torch.distributions import Categorical

from weaknas.distributions import Independent, LayerJoint
from weaknas.spaces import OfaMobileNetV3

ROUNDS = 50
N = 16
SPACE = OfaMobileNetV3()


def one_by_one(logits):
    """Return the summed log-probability of drawn architectures, choice by choice."""
    choices = [Categorical(logits=each) for each in logits]
    with torch.no_grad():
        rows = SPACE.canonical(torch.stack([choice.sample((N,)) for choice in choices], dim=1).numpy().astype(np.int8))
    matters = torch.from_numpy(SPACE.matters(rows))
    columns = torch.from_numpy(rows).long()
    logs = [choice.log_prob(columns[:, i]) * matters[:, i] for i, choice in enumerate(choices)]
    return torch.stack(logs).sum()


@pytest.mark.parametrize("kind", [Independent, LayerJoint])
def test_draws_with_gradients_beside_a_loop_over_the_choices(benchmark, kind):
    torch.set_num_threads(1)
    distribution, rng = kind(SPACE), np.random.default_rng(0)
    logits = [torch.zeros(len(choice.options), requires_grad=True) for choice in SPACE.choices]

    def ours():
        distribution.log_prob(distribution.sample(N, rng)).sum().backward()

    def theirs():
        one_by_one(logits).backward()

    def turns():
        seconds = np.zeros((ROUNDS + 2, 2))
        for row in seconds:
            for place, call in enumerate((ours, theirs)):
                start = time.process_time()
                call()
                row[place] = time.process_time() - start
        return seconds[2:]

    seconds = benchmark.pedantic(turns, rounds=1)
    mine, other = np.median(seconds, axis=0) * 1e3
    print(f"\n{kind.__name__}: {mine:.2f} ms, choice by choice {other:.2f} ms: {mine / other:.2f} of it")
