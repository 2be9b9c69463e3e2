import numpy as np
import pytest
import torch

from weaknas.errors import InvalidOption, NotFound
from weaknas.supernet import Path
from weaknas.supernet.schemes import AttentiveSampling, extremes
from weaknas.supernet.schemes.attentivenas import fitted


def prepared(space, **options):
    scheme = AttentiveSampling(**options)
    scheme.prepare(space, 10)
    return scheme


@pytest.mark.parametrize("candidates", [1, 3, 10])
@pytest.mark.parametrize("pick", ["best", "worst"])
def test_the_expected_rank_of_what_is_picked(small, make_step, candidates, pick):
    """The best of k is on average above all but 1 / (k + 1) of what it could have been, and the worst below."""
    scheme = prepared(small, candidates=candidates, pick=pick, between=1)
    place = int(scheme.budgets.prior.argmax())
    scheme.budgets.prior = np.eye(len(scheme.budgets.prior))[place]
    known = np.random.default_rng(7).random(int(small.options.sum()))
    starts = np.cumsum([0, *small.options[:-1]])

    def estimate(rows):
        return known[rows + starts].sum(1)

    scheme._estimate = estimate
    population = np.sort(estimate(scheme.budgets.sample(place, 2000, np.random.default_rng(0))))
    rng = np.random.default_rng(1)
    step = make_step(None)
    step.rng = rng
    picked = np.concatenate([scheme.others(step) for _ in range(600)])
    above = 1 - np.searchsorted(population, estimate(picked)) / len(population)
    wanted = 1 / (candidates + 1) if pick == "best" else candidates / (candidates + 1)
    assert above.mean() == pytest.approx(wanted, abs=0.05)
    assert (scheme.budgets.bin(picked) == place).all()


@pytest.mark.parametrize("pick", ["best", "worst"])
def test_the_loss_on_the_batch_decides_without_gradients(watched, make_step, small, pick):
    scheme = prepared(small, between=2, candidates=3, pick=pick, dropout=0.0, drop_connect=0.0)
    step = make_step(watched)
    scheme.step(step)
    compared = [arch for arch, gradients, _ in watched.ran if not gradients]
    assert len(compared) == 6
    assert len(watched.trained) == 4
    assert watched.trained[:2] == [row.tobytes() for row in extremes(small)[::-1]]
    judge = make_step(watched)
    for trio, chosen in zip((compared[:3], compared[3:]), watched.trained[2:], strict=True):
        rows = [np.frombuffer(arch, dtype=np.int8) for arch in trio]
        with torch.no_grad():
            losses = [float(judge.hard(judge.logits(Path(row)))) for row in rows]
        at = np.argmin(losses) if pick == "best" else np.argmax(losses)
        assert trio[at] == chosen
        assert len(set(scheme.budgets.bin(np.stack(rows)).tolist())) == 1


def test_the_mean_over_processes_decides(watched, make_step, small):
    picked = []
    for sign in (1, -1):
        step = make_step(watched)
        step.mean = lambda losses, sign=sign: sign * losses  # another process may see another batch
        picked.append(prepared(small, between=1, candidates=5).others(step))
    assert (picked[0] != picked[1]).any()


def test_without_networks_in_between(watched, make_step, small):
    prepared(small, between=0).step(make_step(watched))
    assert len(watched.trained) == 2


def test_costs_follow_the_prior(watched, make_step, small):
    uniform, by_count = prepared(small, uniform=True, candidates=1), prepared(small, candidates=1)
    assert np.ptp(uniform.budgets.prior) == 0 < np.ptp(by_count.budgets.prior)
    assert prepared(small, bin_macs=5e4).budgets.width == 5e4
    places = []
    for number in range(150):
        places += by_count.budgets.bin(by_count.others(make_step(watched, number, n=2))).tolist()
    wanted = by_count.budgets.prior
    mean, spread = wanted @ np.arange(len(wanted)), np.sqrt(wanted @ np.arange(len(wanted)) ** 2)
    assert np.mean(places) == pytest.approx(mean, abs=4 * spread / np.sqrt(len(places)))


@pytest.fixture
def table(small, measured):
    rows = small.sample(300, np.random.default_rng(0))
    rows = rows[np.unique(small.key(rows), return_index=True)[1]]
    accuracy = np.float32(50 + 5.0 * rows[:, 1] + rows[:, 7])
    return measured(small, rows, accuracy)


def test_a_predictor_learns_from_a_table_which_are_good(small, make_step, table):
    scheme = prepared(small, table=str(table), predictor="ridge", candidates=8, between=50)
    rows = scheme.others(make_step(None))
    again = prepared(small, table=str(table), predictor="ridge", candidates=8, between=50, pick="worst")
    assert rows[:, 1].mean() > again.others(make_step(None))[:, 1].mean() + 0.5


@pytest.mark.parametrize("predictor", ["random-forest", "mlp"])
def test_the_predictor_follows_from_the_seed_of_the_run(small, measured, predictor):
    path = measured(small, small.sample(60, np.random.default_rng(0)))
    rows = small.sample(200, np.random.default_rng(5))
    first, second, other = (fitted(predictor, str(path), small, seed)(rows) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_a_table_that_cannot_be_learned_from(small, table):
    with pytest.raises(NotFound, match="there is no predictor named 'rigde'; did you mean ridge"):
        fitted("rigde", str(table), small, 0)
    with pytest.raises(InvalidOption, match="the table digits is of the space nasbench201, not of this small"):
        fitted("ridge", "digits", small, 0)
