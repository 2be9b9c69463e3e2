"""A classifier of an architecture's own: ridge regression as scikit-learn has it, on features of the batch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from weaknas.errors import InvalidOption
from weaknas.supernet import make_supernet
from weaknas.supernet.data import normalise
from weaknas.supernet.evaluators import LinearProbe
from weaknas.supernet.evaluators.linear_probe import ridge


def test_the_regression_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    x, y = rng.normal(3, [1, 5, 0.1, 2], (50, 4)), rng.normal(size=(50, 3))
    weights, bias = ridge(torch.from_numpy(x), torch.from_numpy(y), 0.3)
    scale = x.std(0)
    reference = Ridge(alpha=0.3 * 50).fit(x / scale, y)
    new = rng.normal(3, 2, (9, 4))
    np.testing.assert_allclose(
        new @ weights.numpy() + bias.numpy(), reference.predict(new / scale), rtol=1e-3, atol=1e-4
    )


def test_a_constant_feature_adds_nothing():
    x, y = torch.randn(20, 3, dtype=torch.double), torch.randn(20, 2, dtype=torch.double)
    more = torch.cat([x, torch.full((20, 1), 7.0, dtype=torch.double)], 1)
    (one, bias), (other, shifted) = ridge(x, y, 0.1), ridge(more, y, 0.1)
    assert torch.allclose(more @ other + shifted, x @ one + bias, atol=1e-6)


def test_scores_are_those_of_the_features(supernet, data, settings, rows):
    probe = LinearProbe(supernet, data, settings, images=40, strength=0.2)
    net = supernet.subnet(rows[0]).train()
    with torch.no_grad():
        (x, y), (held, labels) = (
            (net.features(normalise(images, data)).double(), of)
            for split in ("train", "held-out")
            for images, of in probe._stack(split, net.resolution)
        )
    weights, bias = ridge(x, torch.eye(supernet.classes, dtype=torch.double)[y], 0.2)
    guesses = held @ weights + bias
    score = probe.score(rows[0])
    assert len(y) == 40 == probe.bn_images
    assert score.top1 == pytest.approx(100 * (guesses.argmax(1) == labels).double().mean().item())
    wrong = (guesses - torch.eye(supernet.classes, dtype=torch.double)[labels]).square().sum(1).mean().item()
    assert score.loss == pytest.approx(wrong)


def test_features_count_and_nothing_of_the_supernet_changes(supernet, data, settings, rows):
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    learned = [LinearProbe(supernet, data, settings).score(row).loss for row in rows]
    assert all(torch.equal(before[name], value) for name, value in supernet.state_dict().items())
    with torch.no_grad():
        supernet.classifier.weight.zero_()
    assert [LinearProbe(supernet, data, settings).score(row).loss for row in rows] == learned
    untrained = LinearProbe(make_supernet(supernet.space), data, settings)
    assert np.mean([untrained.score(row).loss for row in rows]) > np.mean(learned)


def test_scores_are_kept_by_the_options(supernet, data, settings, rows, monkeypatch):
    known = LinearProbe(supernet, data, settings, images=30).score(rows[0])
    others = LinearProbe(supernet, data, settings, images=20), LinearProbe(supernet, data, settings, strength=1.0)
    assert len({known.loss, *(other.score(rows[0]).loss for other in others)}) == 3
    monkeypatch.setattr(LinearProbe, "_subnet", lambda self, arch: pytest.fail("it was scored before"))
    assert LinearProbe(supernet, data, settings, images=30).score(rows[0]) == known


def test_what_cannot_be_used_is_refused(supernet, data, settings):
    with pytest.raises(InvalidOption, match="images of the evaluator linear-probe is a whole number from 2, not 1"):
        LinearProbe(supernet, data, settings, images=1)
    with pytest.raises(InvalidOption, match="strength of the evaluator linear-probe is a positive number, not 0"):
        LinearProbe(supernet, data, settings, strength=0)


def test_it_is_judged_on_one_batch_where_that_is_asked_for(supernet, data, settings, rows):
    whole, some = (LinearProbe(supernet, data, replace(settings, batch_statistics=n)) for n in (None, 30))
    assert some.score(rows[0]).top1 * 30 / 100 == pytest.approx(round(some.score(rows[0]).top1 * 30 / 100))
    assert (some.bn_images, some.images("held-out")) == (300, 30)
    assert some._key("held-out") != whole._key("held-out")
