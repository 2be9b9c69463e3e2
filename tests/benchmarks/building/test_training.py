import numpy as np
import pytest

torch = pytest.importorskip("torch")
from weaknas_benchmarks.building.distortions import Distorted  # noqa: E402
from weaknas_benchmarks.building.recipe import Recipe  # noqa: E402
from weaknas_benchmarks.building.training import measure, train  # noqa: E402

ROWS = np.array([[3, 2, 1, 4, 3, 2], [1, 3, 0, 2, 4, 1]], dtype=np.int8)


@pytest.fixture
def bars(tiny):
    return Distorted(tiny.images, tiny.recipe, torch.device("cpu"))


def test_a_group_trains_as_its_members_do_alone(bars):
    runs = np.array([0, 1, 0, 5])
    rows = ROWS[[0, 0, 1, 1]]
    together = train(rows, runs, bars)
    for member in range(len(rows)):
        alone = train(rows[member : member + 1], runs[member : member + 1], bars)
        for part in ("valid", "test"):
            np.testing.assert_allclose(together.loss[part][member], alone.loss[part][0], rtol=1e-3)
    assert len(np.unique(together.loss["test"][:, 1])) == 4


def test_a_run_gives_the_same_bits_whichever_others_are_asked_for(bars):
    both = measure(ROWS, (0, 1, 4), bars)
    one = measure(ROWS[1:], (1,), bars)
    assert both.accuracy["valid"].shape == (6, 2)
    np.testing.assert_array_equal(one.loss["valid"][0], both.loss["valid"][4])
    np.testing.assert_array_equal(one.accuracy["test"][0], both.accuracy["test"][4])


def test_an_earlier_stop_follows_the_same_schedule(bars):
    whole, part = measure(ROWS[:1], (0,), bars), measure(ROWS[:1], (0,), bars, epochs=1)
    assert whole.epochs == (1, 2)
    assert part.epochs == (1,)
    np.testing.assert_array_equal(part.loss["valid"][:, 0], whole.loss["valid"][:, 0])


def test_seconds_of_a_group_are_divided_by_macs(bars):
    seconds = train(ROWS[[0, 0, 1]], np.array([0, 1, 0]), bars).seconds
    assert seconds[0] == seconds[1] > seconds[2] > 0


def test_it_learns(bars):
    measured = measure(ROWS[:1], (0, 1, 2), Distorted(bars.images, Recipe(epochs=12, copies=2), torch.device("cpu")))
    assert measured.accuracy["test"][:, -1].min() > 60
    assert (measured.loss["test"][:, -1] < np.log(3)).all()
