import torch

from weaknas.testing.memory import SavedBytes


def test_it_counts_what_backward_passes_keep_at_once():
    x = torch.ones(1000, requires_grad=True)
    with SavedBytes() as kept:
        x.exp().sum().backward()  # its result, 4 bytes each
    assert kept.peak == 4000
    with SavedBytes() as two:
        losses = [(x * i).exp().sum() for i in (1.0, 2.0)]
        for loss in losses:
            loss.backward()
    assert two.peak >= 8000


def test_what_was_let_go_does_not_count():
    x = torch.ones(1000, requires_grad=True)
    with SavedBytes() as kept:
        for _ in range(5):
            x.exp().sum().backward()
    assert kept.peak == 4000
