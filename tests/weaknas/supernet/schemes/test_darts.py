from functools import partial

import numpy as np
import pytest
import torch

from weaknas.supernet import Mix
from weaknas.supernet.schemes import Darts


@pytest.fixture
def make_scheme(attached):
    return partial(attached, Darts)


def test_both_steps_run_all_options_by_their_probabilities(make_scheme, make_step, watched):
    scheme = make_scheme()
    scheme.step(make_step(watched))
    scheme.arch_step(make_step(watched, 1))
    for _, _, selection in watched.ran:
        assert isinstance(selection, Mix)
        for name, weight in scheme.distribution.weights().items():
            assert torch.equal(selection.weights[name], weight)
    assert scheme.distribution.logits.grad.abs().sum() > 0


def test_it_stands_for_the_mixture_that_steps_run(make_scheme, make_step, watched, images):
    scheme = make_scheme()
    scheme.step(step := make_step(watched))
    with torch.no_grad():
        loss = step.hard(watched(step.images, scheme.selection()))
    assert loss.item() == pytest.approx(step.losses["loss"][0].item())


def test_scale_and_shift_of_normalisations_are_frozen(make_scheme, make_step, watched):
    scheme = make_scheme()
    norms = [module for module in watched.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    scheme.step(make_step(watched))
    assert len(norms) > 10
    assert all(value.grad is None for module in norms for value in module.parameters())
    assert watched.stem.conv.weight.grad is not None


def test_logits_begin_as_a_little_noise_of_the_runs_seed(small, watched):
    def begun(seed):
        scheme = Darts()
        scheme.prepare(small, 100, seed)
        scheme.attach(watched)
        return scheme.distribution.logits.detach()

    assert torch.equal(begun(1), begun(1))
    assert not torch.equal(begun(1), begun(2))
    assert 2e-4 < begun(1).std() < 5e-3


def test_probabilities_learn_by_adam_as_the_papers(make_scheme):
    (group,) = make_scheme(arch_rate=0.1).arch_optimizer().param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.1, (0.5, 0.999), 1e-3)


def test_found_is_what_the_space_makes_of_the_probabilities(make_scheme, small, monkeypatch):
    scheme = make_scheme()
    rng = np.random.default_rng(0)
    scheme.distribution.logits.data = torch.from_numpy(rng.normal(size=small.options.sum())).float()
    np.testing.assert_array_equal(scheme.derive(), small.canonical(scheme.distribution.mode()))
    rows = small.sample(1, rng)
    monkeypatch.setattr(small, "strongest", lambda weights: rows)
    np.testing.assert_array_equal(scheme.derive(), rows)
    bound = small.cost(rows).macs[0] - 1
    assert small.cost(make_scheme(constraint=f"macs <= {bound}").derive()).macs[0] <= bound


def test_a_constraint_adds_the_excess_of_the_mixtures_cost(make_scheme, make_step, watched, small):
    bound = float(np.quantile(small.cost(small.sample(200, np.random.default_rng(0))).macs, 0.2))
    losses = {}
    for options in ({}, {"constraint": f"macs <= {bound}", "beta": 2.0}):
        scheme, step = make_scheme(**options), make_step(watched)
        scheme.arch_step(step)
        losses[len(options)] = step.losses["arch_loss"][0].item()
    excess = scheme.distribution.expected_cost().macs.item() / bound - 1
    assert losses[2] - losses[0] == pytest.approx(2 * excess, rel=1e-4)
