import torch

from weaknas.supernet import Path
from weaknas.supernet.schemes import Spos


def test_each_step_trains_random_paths_that_its_number_decides(watched, make_step, small):
    scheme = Spos(paths=3)
    scheme.prepare(small, 10)
    for number in (0, 1, 0):
        scheme.step(make_step(watched, number))
    first, second, again = (watched.trained[i : i + 3] for i in (0, 3, 6))
    assert first == again != second
    assert len(set(first)) == 3


def test_more_paths_are_an_average(watched, make_step, small, gradients):
    scheme = Spos(paths=2)
    scheme.prepare(small, 10)
    rows = small.sample(2, make_step(watched).rng)
    step = make_step(watched)
    scheme.step(step)
    with torch.no_grad():
        losses = [float(step.hard(watched(step.images, Path(row)))) for row in rows]
    torch.testing.assert_close([float(loss) for loss in step.losses["loss"]], losses, rtol=1e-4, atol=1e-5)
    averaged = gradients(watched)
    watched.zero_grad()
    for row in rows:
        (step.hard(watched(step.images, Path(row))) / 2).backward()
    torch.testing.assert_close(averaged, gradients(watched), rtol=1e-3, atol=1e-6)
