"""The picture is looked at by people; here it is made for every kind of search, also of the shortest."""

import pytest
from PIL import Image

import weaknas
from weaknas.errors import NotFound
from weaknas.spaces import UserMobile
from weaknas.supernet.run import TrainingRun
from weaknas.supernet.search_figure import FIGURE, draw_search
from weaknas.supernet.training import train

REST = {"name": "tiny", "classes": 4, "stem": {"width": 8}, "head": {"width": 16}}
WIDE = UserMobile({"stage": [{"width": [8, 16], "kernel": [3, 5]}], "resolution": [8, 12], **REST})
CELLS = weaknas.space("darts-edges", channels=2, cells=1, side=8, classes=4)
PLAIN = UserMobile({"stage": [{"width": 8, "kernel": [3, 5]}], "resolution": 12, **REST})


@pytest.mark.parametrize(
    ("space", "scheme", "options", "steps"),
    [
        (WIDE, "fp-nas", {"constraint": "params <= 2e3", "frozen": 0.0}, 3),
        (PLAIN, "dmasking", {}, 12),
        (PLAIN, "entrannas", {}, 2),
        (CELLS, "darts", {}, 1),
        (PLAIN, "sparse", {"frozen": 0.0, "lam1": 0.5}, 12),
        (PLAIN, "parsec", {"frozen": 0.9}, 1),  # the distribution never learned
    ],
)
def test_a_search_is_drawn_from_its_folder(space, scheme, options, steps, images_file, tmp_path):
    shape = {"held_out": 0.25, "split_seed": 0, "image_size": 12, "batch": 8, "steps": steps, "seed": 0}
    train(TrainingRun(space.recipe, scheme, options, {}, str(images_file), **shape), tmp_path, device="cpu")
    assert draw_search(tmp_path) == tmp_path / FIGURE
    with Image.open(tmp_path / FIGURE) as picture:
        assert picture.size > (800, 600)


def test_a_run_that_did_not_search_is_not_drawn(run_folder):
    with pytest.raises(NotFound, match="no file of probabilities"):
        draw_search(run_folder)
