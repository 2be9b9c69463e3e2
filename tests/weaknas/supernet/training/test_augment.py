import numpy as np
import pytest
import torch
from PIL import Image

from weaknas.supernet.training import Optimisation
from weaknas.supernet.training.augment import Augmentation, reading_crop

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (6, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def augmented(pixels, seed=0, cropped=False, **options):
    torch.manual_seed(seed)
    return Augmentation(Optimisation(**options), 16, MEAN, STD, cropped=cropped)(pixels)


def normalised(pixels):
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    return (pixels.float() / 255 - mean) / std


def test_without_augmentation_images_are_normalised(pixels):
    torch.testing.assert_close(augmented(pixels, augment="none"), normalised(pixels))
    # Images that were cropped when they were read are not cropped again.
    torch.testing.assert_close(augmented(pixels, cropped=True), normalised(pixels))


def test_crops_are_shifts_and_mirrors(pixels):
    found = augmented(pixels, augment="crop")
    padded = torch.nn.functional.pad(pixels.float() / 255, [2] * 4)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    shifts = [(y, x, mirrored) for y in range(5) for x in range(5) for mirrored in (False, True)]
    seen = []
    for image, result in zip(padded, found, strict=True):
        parts = [image[:, y : y + 16, x : x + 16] for y, x, _ in shifts]
        parts = [part.flip(2) if mirrored else part for part, (_, _, mirrored) in zip(parts, shifts, strict=True)]
        far = torch.stack([((part - mean) / std - result).abs().max() for part in parts])
        assert far.min() < 1e-4
        seen.append(shifts[int(far.argmin())])
    assert len(set(seen)) > 3


@pytest.mark.parametrize("augment", ["crop", "randaugment", "moco"])
def test_torch_s_seed_decides(pixels, augment):
    first, again, other = (augmented(pixels, seed, augment=augment) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_strength_and_number_of_operations(pixels):
    def change(**options):
        found = [
            augmented(pixels, seed, cropped=True, augment="randaugment", **options) - normalised(pixels)
            for seed in range(12)
        ]
        return torch.stack(found).abs().mean()

    assert change(operations=1) < change(operations=4)
    assert change(magnitude=1) < change(magnitude=29)


def test_the_views_of_moco_are_drawn_image_by_image():
    """Of one image often enough: the shares of grey ones and of mirrored ones, and how much of it is seen."""
    ramp = torch.linspace(0, 255, 16).to(torch.uint8)
    image = torch.stack([ramp.expand(16, 16), ramp.expand(16, 16).T, ramp.flip(0).expand(16, 16)])
    torch.manual_seed(0)
    module = Augmentation(Optimisation(augment="moco"), 16, (0.0,) * 3, (1.0,) * 3, cropped=True)
    found = module(image.expand(1500, 3, 16, 16))
    assert found.shape == (1500, 3, 16, 16)
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-5
    grey = (found - found.mean(1, keepdim=True)).abs().amax((1, 2, 3)) < 1e-5
    assert grey.float().mean() == pytest.approx(0.2, abs=0.04)
    rises = found[:, 0, :, -1].mean(1) > found[:, 0, :, 0].mean(1)
    assert rises[~grey].float().mean() == pytest.approx(0.5, abs=0.06)
    assert len({tuple(view.flatten().tolist()) for view in found[:200]}) == 200


def test_images_of_several_sizes_are_read_whole_for_the_views_of_moco():
    ramp = Image.fromarray(np.arange(200, dtype=np.uint8)[None, :, None].repeat(160, 0).repeat(3, 2))
    rng = np.random.default_rng(0)
    whole = [np.asarray(reading_crop(Optimisation(augment="moco"), 16)(ramp, rng)) for _ in range(5)]
    assert {image.shape for image in whole} == {(32, 32, 3)}
    assert all(image.max() - image.min() > 185 for image in whole)
    parts = [np.asarray(reading_crop(Optimisation(), 16)(ramp, rng)) for _ in range(20)]
    assert {image.shape for image in parts} == {(16, 16, 3)}
    assert min(int(image.max()) - int(image.min()) for image in parts) < 150
