import pytest

torch = pytest.importorskip("torch")
from weaknas_benchmarks.building.distortions import Distorted, distort  # noqa: E402
from weaknas_benchmarks.building.images import digits  # noqa: E402
from weaknas_benchmarks.building.recipe import Recipe  # noqa: E402


def test_training_images_depend_on_run_and_epoch_and_measured_ones_on_nothing(tiny):
    bars = Distorted(tiny.images, tiny.recipe, torch.device("cpu"))
    again = Distorted(bars.images, bars.recipe, bars.device)
    x, y = bars.epoch(0, 0)
    torch.testing.assert_close(again.epoch(0, 0)[0], x, rtol=0, atol=0)
    assert not torch.equal(bars.epoch(0, 1)[1], y)
    assert not torch.equal(bars.epoch(1, 0)[1], y)
    assert bars.measured["valid"][0].shape == (2, 24, 1, 4, 4)
    torch.testing.assert_close(again.measured["test"][0], bars.measured["test"][0], rtol=0, atol=0)


def test_distortions_keep_within_their_limits():
    x = torch.from_numpy(digits().x["valid"][:50])
    still = Recipe(rotation=0, scaling=0, shift=0)
    torch.testing.assert_close(distort(x, still, torch.Generator()), x, atol=1e-5, rtol=0)
    moved = distort(x, Recipe(), torch.Generator().manual_seed(0))
    assert moved.min() >= 0
    assert moved.max() <= 1
    assert (moved - x).abs().mean() > 0.05
