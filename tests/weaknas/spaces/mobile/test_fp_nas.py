"""What is known of the spaces of FP-NAS, and what our own tables are for."""

from math import log

import numpy as np
import pytest

import weaknas
from weaknas.errors import NotFound
from weaknas.spaces import FpNas

SPLITS = {"f": (0, 1), "f-fine": (0, 1), "f++": (0, 1, 2, 4)}


@pytest.mark.parametrize("variant", SPLITS)
def test_a_layer_has_five_variables(variant):
    space = weaknas.space(f"fp-nas-{variant}")
    layers = [{choice.kind: choice.options for choice in choices} for choices in space.layers.values()][1:]
    first = layers[0]
    assert ["".join(layer) for layer in layers] == ["wkas", *["wkeas"] * (len(layers) - 1)]
    assert all((layer["k"], layer["a"]) == ((3, 5, 7), ("relu", "hswish")) for layer in layers)
    assert all(layer["s"] == SPLITS[variant] for layer in layers)
    assert all(layer["e"] == (0.75, 1.5, 2.25, 3.0, 3.75, 4.5) for layer in layers if layer is not first)
    assert space.matters(space.sample(20, np.random.default_rng(0)))[:, 1:].all()  # no block is passed over


def test_the_entropy_is_that_of_fourteen_samples():
    space = FpNas("f")
    assert len(space.layers) - 1 == 10
    assert sum(log(len(choice.options)) for choice in space.choices) / 4 == pytest.approx(14, abs=0.7)


def test_blocks_of_a_group_choose_alike_unless_it_is_fine():
    groups, fine = FpNas("f"), FpNas("f-fine")
    assert len(groups.network.blocks) == len(fine.network.blocks) == len(fine.layers) - 1 == 18
    rows = groups.sample(5, np.random.default_rng(0))
    of_block = [block.stage for block in groups.network.blocks]
    at = {choice.name: column for column, choice in enumerate(groups.choices)}
    columns = [
        at[choice.kind + (str(of_block[int(choice.layer) - 1]) if choice.layer != "r" else "")]
        for choice in fine.choices
    ]
    assert groups.cost(rows).macs.tolist() == fine.cost(rows[:, columns]).macs.tolist()
    assert groups.cost(rows).params.tolist() == fine.cost(rows[:, columns]).params.tolist()


@pytest.mark.parametrize(("variant", "macs"), [("f", 161_908_608), ("f++", 281_734_464)])
def test_the_largest_networks_at_128_pixels(variant, macs):
    """One account has 122 million for the second: its table is another."""
    space = FpNas(variant)
    assert space.cost((space.options - 1)[None]).macs[0] == macs


@pytest.mark.parametrize(("variant", "macs"), [("l0", 0.4e9), ("l1", 0.7e9), ("l2", 1.0e9)])
def test_the_large_spaces_have_their_networks_well_inside(variant, macs):
    space = FpNas(variant)
    found = space.cost(space.sample(1000, np.random.default_rng(0))).macs
    assert np.quantile(found, 0.1) < macs < np.quantile(found, 0.9)
    assert (abs(found / macs - 1) < 0.02).sum() >= 10


def test_resolutions_and_classes_are_options():
    space = FpNas("f++", resolutions=[96, 128], classes=100)
    assert (space.sides, space.classes) == ((96, 128), 100)
    assert space.recipe == {"space": "fp-nas-f++", "resolutions": (96, 128), "classes": 100}
    with pytest.raises(NotFound, match="no space of FP-NAS named 'l3'; did you mean l"):
        FpNas("l3")
