"""A head on frozen features: what features are worth, whatever the supernet's own classifier."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from weaknas.errors import InvalidOption
from weaknas.supernet import make_supernet
from weaknas.supernet.evaluators import FrozenHead, RecalibratedAccuracy


def test_features_count_and_the_classifier_does_not(supernet, data, settings, rows):
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    learned = [FrozenHead(supernet, data, settings).score(row).top1 for row in rows]
    assert all(torch.equal(before[name], value) for name, value in supernet.state_dict().items())
    with torch.no_grad():
        supernet.classifier.weight.zero_()
    assert [FrozenHead(supernet, data, settings).score(row).top1 for row in rows] == learned
    assert min(learned) > 80
    assert max(RecalibratedAccuracy(supernet, data, settings).score(row).top1 for row in rows) < 50
    untrained = FrozenHead(make_supernet(supernet.space), data, settings)
    assert np.mean([untrained.score(row).top1 for row in rows]) < np.mean(learned)


def test_the_head_is_not_trained_for_scores_that_are_known(supernet, data, settings, rows, monkeypatch):
    known = FrozenHead(supernet, data, settings, epochs=1).score(rows[0])
    other = FrozenHead(supernet, data, settings, epochs=2)
    monkeypatch.setattr(FrozenHead, "_subnet", lambda self, arch: pytest.fail("a head was trained"))
    assert FrozenHead(supernet, data, settings, epochs=1).score(rows[0]) == known
    assert other.weights != FrozenHead(supernet, data, settings, epochs=1).weights
    assert other.weights != RecalibratedAccuracy(supernet, data, settings).weights


def test_each_step_has_another_random_path_under_the_statistics_of_its_batch(supernet, data, settings, monkeypatch):
    seen, features = [], type(supernet).features

    def watched(net, images, selection):
        seen.append((selection.arch[0], net.training))
        return features(net, images, selection)

    monkeypatch.setattr(type(supernet), "features", watched)
    head = FrozenHead(supernet, data, settings, epochs=40)
    head.score(supernet.space.sample(1, np.random.default_rng(0)))
    assert len(seen) == 40 * (len(data.train) // 256)
    assert all(training for _, training in seen)
    drawn = np.stack([row for row, _ in seen])
    assert all(
        set(column) == set(range(options)) for column, options in zip(drawn.T, supernet.space.options, strict=True)
    )


def test_no_epochs_are_refused(supernet, data, settings):
    with pytest.raises(InvalidOption, match="epochs of the evaluator frozen-head is a whole number from 1, not 0"):
        FrozenHead(supernet, data, settings, epochs=0)


def test_the_head_is_scored_by_the_statistics_of_one_batch_too(supernet, data, settings, rows):
    fast = FrozenHead(supernet, data, replace(settings, batch_statistics=60), epochs=8)
    assert min(fast.score(row).top1 for row in rows) > 60
    assert fast._key("held-out") != FrozenHead(supernet, data, settings, epochs=8)._key("held-out")
