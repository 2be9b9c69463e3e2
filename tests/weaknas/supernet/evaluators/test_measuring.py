"""Accuracy and loss by their definitions, and images that are kept on the device."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from weaknas.supernet.data import open_images
from weaknas.supernet.evaluators.measuring import Stack, device_named, measure

CPU = torch.device("cpu")


def test_measures_are_those_of_their_definitions():
    data = SimpleNamespace(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    logits = torch.randn(20, 8, generator=torch.Generator().manual_seed(0))
    images = torch.zeros(20, 3, 2, 2, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.arange(20)
    labels = torch.arange(20) % 8

    class Table(nn.Module):
        def forward(self, x):
            return logits[(x[:, 0, 0, 0] * 255).round().long()]

    score = measure(Table(), [(images[:12], labels[:12]), (images[12:], labels[12:])], data)
    order = logits.argsort(1, descending=True)
    assert score.top1 == pytest.approx(100 * (order[:, 0] == labels).float().mean().item())
    assert score.top5 == pytest.approx(100 * (order[:, :5] == labels[:, None]).any(1).float().mean().item())
    assert score.loss == pytest.approx(nn.functional.cross_entropy(logits, labels).item(), rel=1e-6)


def test_images_that_do_not_fit_are_read_again(images_file):
    part = open_images(images_file, held_out=0.25).held_out
    rows = np.arange(len(part))
    kept, read = Stack(part, rows, 30, None, CPU), Stack(part, rows, 30, None, CPU, keep=30 * 3 * 144)
    for _ in range(2):
        for (images, labels), (others, numbers) in zip(kept, read, strict=True):
            assert torch.equal(images, others)
            assert torch.equal(labels, numbers)
    assert (len(kept._kept), len(read._kept)) == (4, 1)


def test_the_images_that_fit_are_read_once(images_file, monkeypatch):
    part, reads = open_images(images_file, held_out=0.25).held_out, []
    read = type(part).read
    monkeypatch.setattr(type(part), "read", lambda self, rows, *rest: reads.extend(rows) or read(self, rows, *rest))
    half = Stack(part, np.arange(100), 30, None, CPU, keep=2 * 30 * 3 * 144)
    for _ in range(3):
        assert sum(len(labels) for _, labels in half) == 100
    assert len(reads) == 100 + 40 + 40
    next(iter(half))  # one that is not gone through to its end does no harm
    assert sum(len(labels) for _, labels in half) == 100


def test_a_device_is_found_where_none_is_named():
    assert device_named(None).type in ("cpu", "cuda")
