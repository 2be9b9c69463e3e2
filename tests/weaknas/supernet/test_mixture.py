"""What a search that weighs options came to, from its folder."""

import numpy as np
import pytest
import torch

import weaknas
from weaknas.errors import InvalidCheckpoint, InvalidOption, NotFound
from weaknas.supernet import recalibrate
from weaknas.supernet.mixture import mixture_of
from weaknas.supernet.run import STATE, TrainingRun
from weaknas.supernet.schemes import make_scheme
from weaknas.supernet.training import train
from weaknas.supernet.training.optimisation import make_optimisation

SPACE = weaknas.space("nasbench201", channels=2, stage=1, side=8, classes=3)


@pytest.fixture
def searched(tmp_path):
    def run(name, **options):
        pixels = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3)).astype(np.uint8)
        np.savez(tmp_path / "noise.npz", x=pixels, y=np.arange(60) % 3)
        scheme = make_scheme(name, options)
        found = TrainingRun(
            space=SPACE.recipe,
            scheme=name,
            options=vars(scheme),
            optimisation=vars(make_optimisation(scheme, {"augment": "none"})),
            data=str(tmp_path / "noise.npz"),
            held_out=0.1,
            split_seed=0,
            image_size=8,
            batch=8,
            steps=8,
            seed=0,
        )
        train(found, tmp_path / name, device="cpu")
        return tmp_path / name

    return run


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sparse", {"frozen": 0.0, "lam1": 0.3, "arch_rate": 0.05}),
        ("entrannas", {"arch_rate": 0.5, "cooling": 0.01}),
        ("darts", {}),
    ],
)
def test_it_is_what_the_last_step_ran(searched, name, options):
    folder = searched(name, **options)
    net = mixture_of(folder)
    run = TrainingRun.load(folder)
    assert net.space.recipe == run.space
    kept = sum(len(cell.operations) for cell in net.cells if hasattr(cell, "operations"))
    assert (kept == 3 * 24) == (name == "darts")  # three cells of six edges and four operations
    recalibrate(net, [torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(0))])
    assert net(torch.zeros(2, 3, 8, 8)).isfinite().all()


def test_what_came_to_an_architecture_is_said(searched):
    with pytest.raises(InvalidOption, match="the scheme parsec weighs no options"):
        mixture_of(searched("parsec", samples=2, frozen=0.0))


def test_a_state_of_something_else_is_refused(searched, tmp_path):
    folder = searched("sparse", frozen=0.0)
    with pytest.raises(NotFound):
        mixture_of(tmp_path)
    (folder / STATE).write_bytes((searched("darts") / STATE).read_bytes())
    with pytest.raises(InvalidCheckpoint, match="is not the state of its run"):
        mixture_of(folder)
