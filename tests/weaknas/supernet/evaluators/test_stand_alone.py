"""Training alone: the truth, kept on disk by architecture and seed."""

import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.supernet import load
from weaknas.supernet.data import open_images
from weaknas.supernet.evaluators import Settings, StandAlone, stand_alone


@pytest.fixture
def make(run_folder, images_file, tmp_path):
    data = open_images(images_file, held_out=0.25)

    def made(**options):
        supernet = load(run_folder / "supernet.safetensors").net
        settings = Settings(image_size=12, device="cpu", cache=tmp_path / "scores.sqlite")
        return StandAlone(supernet, data, settings, train_batch=50, **options)

    return made


@pytest.fixture
def runs(monkeypatch):
    """The runs that are trained."""
    made = []
    train = stand_alone.train
    monkeypatch.setattr(stand_alone, "train", lambda run, *rest, **more: made.append(run) or train(run, *rest, **more))
    return made


def test_a_score_is_the_mean_over_seeds_and_what_is_finished_is_kept(make, runs):
    one, two = make(epochs=0.5), make(epochs=0.5, seeds=2)
    (row,) = two.supernet.space.sample(1, np.random.default_rng(0))
    first = one.score(row)
    both = two.score(row)
    assert [(run.seed, run.steps, run.batch) for run in runs] == [(0, 3, 50), (1, 3, 50)]
    assert make(epochs=0.5, seeds=2).score(row) == both
    two.score(row, "val")
    assert [run.seed for run in runs] == [0, 1, 0]  # the one that was trained here serves both splits
    other = 2 * both.top1 - first.top1
    assert both.seconds > first.seconds
    assert 0 <= other <= 100
    assert both.loss != first.loss


def test_a_longer_training_teaches_more(make, runs):
    row = make().supernet.space.sample(1, np.random.default_rng(0))
    short, long = make(epochs=0.2).score(row), make(epochs=12, training={"augment": "none"}).score(row)
    assert long.top1 > max(short.top1, 80)
    assert runs[-1].optimisation["augment"] == "none"


def test_scores_belong_to_how_they_were_trained(make):
    made = [make(), make(epochs=3), make(seeds=2), make(training={"learning_rate": 0.2})]
    assert len({one.weights for one in made}) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs of the evaluator stand-alone is a positive number"),
        ({"epochs": True}, "epochs of the evaluator stand-alone is a positive number"),
        ({"seeds": 0}, "seeds of the evaluator stand-alone is a whole number from 1"),
        ({"training": {"rate": 1}}, "training has no option 'rate'"),
    ],
)
def test_options_that_cannot_be_used(make, options, message):
    with pytest.raises(InvalidOption, match=message):
        make(**options)
