import pytest
import torch

from weaknas.supernet.training import Optimisation
from weaknas.supernet.training.augment import Augmentation

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


@pytest.mark.parametrize("augment", ["crop", "randaugment"])
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
