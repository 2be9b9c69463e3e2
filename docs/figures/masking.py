"""What a mixture costs by the number of options: masks beside a layer for each option, as DNAS has them.

    python docs/figures/masking.py

Counts multiply-accumulates (torch's own counter) and the bytes kept for the backward pass of one training step on
eight images of 32 pixels, for a block whose width is chosen from 2 to 64 options up to 64 channels, and for a network
whose resolution is chosen from 1 to 4 options up to 32 pixels. Counts, not times: alike on every machine.
"""

import torch
from torch.utils.flop_counter import FlopCounterMode

from weaknas.distributions import Independent
from weaknas.spaces import UserMobile
from weaknas.supernet import Mix, Path, Selection, Supernet, make_supernet
from weaknas.testing.memory import SavedBytes

WIDTHS = (2, 4, 8, 16, 64)
SIDES = ((32,), (24, 32), (16, 24, 32), (12, 16, 24, 32))


def space_of(widths: list[int], sides: tuple[int, ...] = (32,)) -> UserMobile:
    """Return the space of a stem, a block of one of some widths, and a head."""
    stage = {"width": widths, "expansion": 2, "stride": 2}
    resolution = sides[0] if len(sides) == 1 else list(sides)
    return UserMobile({
        "name": "masked",
        "classes": 10,
        "resolution": resolution,
        "stem": {"width": 32, "stride": 1},
        "stage": [stage],
        "head": {"width": 128},
    })  # fmt: skip


def counted(supernet: Supernet, *selections: Selection) -> tuple[float, float]:
    """Return million multiply-accumulates forward, and MiB kept, of all selections in one graph."""
    images = torch.zeros(8, 3, 32, 32)
    with FlopCounterMode(display=False) as flops, SavedBytes() as kept:
        outputs = [supernet(images, selection) for selection in selections]
    with torch.no_grad():
        del outputs
    return flops.get_total_flops() / 2e6, kept.peak / 2**20


def mixed(space: UserMobile) -> tuple[float, float]:
    """Count a mixture of all options."""
    return counted(make_supernet(space), Mix(Independent(space).weights()))


def apart(space: UserMobile) -> tuple[float, float]:
    """Count a network for each option: what DNAS runs where options have layers of their own."""
    return counted(make_supernet(space), *(Path(row) for row in space.enumerate()))


def main() -> None:
    """Print both tables."""
    print("| options of the width | masks: million MACs | MiB | apart: million MACs | MiB |\n|---|---|---|---|---|")
    for options in WIDTHS:
        space = space_of([64 * (i + 1) // options for i in range(options)])
        print("| {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |".format(options, *mixed(space), *apart(space)))
    print(
        "\n| resolutions | mixture: million MACs | MiB | networks apart: million MACs | MiB |\n|---|---|---|---|---|"
    )
    for sides in SIDES:
        space = space_of([32, 64], sides)
        rows = space.enumerate()
        widest = rows[space.picked(rows)["w1"] == 1]
        widest_apart = counted(make_supernet(space), *(Path(row) for row in widest))
        names = ", ".join(map(str, sides))
        print("| {} | {:.1f} | {:.1f} | {:.1f} | {:.1f} |".format(names, *mixed(space), *widest_apart))


if __name__ == "__main__":
    main()
