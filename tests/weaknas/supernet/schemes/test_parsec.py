import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from weaknas.distributions import importance, prior_loss
from weaknas.errors import InvalidOption
from weaknas.supernet import Path
from weaknas.supernet.schemes import Parsec, extremes
from weaknas.testing.memory import SavedBytes


@pytest.fixture
def make_scheme(attached):
    return lambda **options: attached(Parsec, **{"samples": 6, "arch_rate": 0.1, **options})


def drawn(scheme, step):
    """Return the rows that a step draws, and the likelihoods of its images under them."""
    rows = scheme.distribution.sample(scheme.count(), np.random.default_rng((0, step.number)))
    with torch.no_grad():
        logs = [-float(F.cross_entropy(step.supernet(step.images, Path(row)), step.labels)) for row in rows]
    return rows, logs


def test_the_weights_learn_from_samples_in_proportion_to_their_likelihoods(make_scheme, make_step, watched, gradients):
    scheme, step = make_scheme(), make_step(watched, 3)
    rows, logs = drawn(scheme, step)
    for row, weight in zip(rows, importance(logs, len(step.labels)), strict=True):
        (weight * step.hard(watched(step.images, Path(row)))).backward()
    expected = gradients(watched)
    watched.zero_grad()
    scheme.step(step)
    torch.testing.assert_close(gradients(watched), expected, rtol=1e-3, atol=1e-6)


def test_likelier_become_those_that_explain_the_images_better(make_scheme, make_step, watched):
    scheme, step = make_scheme(), make_step(watched, 3)
    rows, logs = drawn(scheme, step)
    best = rows[[int(np.argmax(logs))]]
    before, optimizer = scheme.distribution.log_prob(best).item(), scheme.arch_optimizer()
    scheme.arch_step(step)
    optimizer.step()
    assert scheme.distribution.log_prob(best).item() > before
    assert not any(gradients for _, gradients, _ in watched.ran)  # only forward passes
    assert 2 <= step.logs["effective_samples"][0] <= 6


def test_an_architecture_that_is_drawn_often_runs_once(make_scheme, make_step, watched, small):
    scheme = make_scheme(samples=40)
    with torch.no_grad():
        for weight in scheme.distribution.logits.split(small.options.tolist()):
            weight[0] = 50.0
    step = make_step(watched)
    scheme.step(step)
    assert len(watched.trained) == 1
    assert step.logs["train_samples"] == [40]


def test_what_costs_too_much_becomes_less_likely_and_is_not_found(make_scheme, make_step, watched, small):
    macs = small.cost(small.sample(500, np.random.default_rng(0))).macs
    bound = float(np.quantile(macs, 0.3))
    scheme = make_scheme(constraint=f"macs <= {bound}", beta=5.0)
    optimizer, before = scheme.arch_optimizer(), scheme.distribution.expected_cost().macs.item()
    for number in range(20):
        optimizer.zero_grad()
        scheme.arch_step(make_step(watched, number))
        optimizer.step()
        assert small.cost(scheme.derive()).macs[0] <= bound
    assert scheme.distribution.expected_cost().macs.item() < before


def test_centred_weights_change_the_gradient(make_scheme, make_step, watched):
    found = []
    for centred in (False, True):
        scheme = make_scheme(centred=centred)
        scheme.arch_step(make_step(watched))
        found.append(scheme.distribution.logits.grad)
    assert not torch.allclose(*found)


def test_one_sample_that_decides_alone_is_warned_of_once(make_scheme, make_step, watched):
    step = make_step(watched)
    step.batch = 100_000
    scheme = make_scheme(ess=1.0)
    with pytest.warns(UserWarning, match="nearly all the weight"):
        scheme.arch_step(step)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheme.arch_step(step)
        make_scheme(ess=2.0).arch_step(step)


@pytest.mark.parametrize("options", [{"samples": 1}, {"ess": 0}, {"beta": -1}, {"frozen": 1}, {"arch_rate": 0}])
def test_options_out_of_range_are_refused(small, options):
    with pytest.raises(InvalidOption, match=f"{next(iter(options))} of parsec"):
        Parsec(**options).prepare(small, 10)


def test_any_number_of_samples_needs_the_memory_of_one_path(make_scheme, make_step, watched):
    for samples in (2, 12):
        scheme, step = make_scheme(samples=samples), make_step(watched, samples)
        with SavedBytes() as alone:
            for row in drawn(scheme, step)[0]:
                step.hard(watched(step.images, Path(row))).backward()
        with SavedBytes() as together:
            scheme.step(step)
        with SavedBytes() as searching:
            scheme.arch_step(step)
        assert searching.peak < together.peak <= 1.05 * alone.peak


def test_samples_beyond_the_constraint_have_no_weight_unless_they_may(make_scheme, make_step, watched, small):
    def change(strict, quantile):
        bound = float(np.quantile(small.cost(small.sample(500, np.random.default_rng(0))).macs, quantile))
        scheme = make_scheme(samples=12, strict=strict, beta=0.0, centred=False, constraint=f"macs <= {bound}")
        step = make_step(watched, 3)
        rows, logs = drawn(scheme, step)
        scheme.arch_step(step)
        return scheme.distribution.logits.grad, rows, np.array(logs), small.cost(rows).macs <= bound, step

    for quantile in (0.4, 0.6):
        gradient, rows, logs, within, step = change(True, quantile)
        assert 1 < within.sum() < len(rows)
        assert step.logs["within"] == [within.mean()]
        other = Parsec(samples=12)
        other.prepare(small, 100)
        other.attach(watched)
        weights = importance(np.where(within, logs, np.nan), step.batch)
        prior_loss(other.distribution, rows, weights).backward()
        torch.testing.assert_close(gradient, other.distribution.logits.grad)
        assert not torch.allclose(gradient, change(False, quantile)[0])


def test_where_all_exceed_the_constraint_the_nearest_to_it_become_likelier(make_scheme, make_step, watched, small):
    bound = float(small.cost(extremes(small)).macs[0])
    scheme, step = make_scheme(constraint=f"macs <= {bound}", beta=0.0), make_step(watched, 3)
    rows, _ = drawn(scheme, step)
    cheapest = rows[[int(small.cost(rows).macs.argmin())]]
    before, optimizer = scheme.distribution.log_prob(cheapest).item(), scheme.arch_optimizer()
    scheme.arch_step(step)
    optimizer.step()
    assert scheme.distribution.log_prob(cheapest).item() > before
