"""Optuna's samplers as strategies: the published contract, and what is special about them."""

import functools
import subprocess
import sys

import numpy as np
import optuna
import pytest

import weaknas
from weaknas.errors import InvalidOption, NotFound
from weaknas.optuna.strategy import SAMPLERS, OptunaStrategy
from weaknas.spaces import NasBench101, NasBench201, OfaMobileNetV3, Rows
from weaknas.testing import StrategyContract

CELLS = NasBench201()


@pytest.mark.parametrize("sampler", sorted({*SAMPLERS} - {"gp"}))
class TestSamplers(StrategyContract):
    @pytest.fixture
    def make(self, sampler):
        return functools.partial(weaknas.strategy, f"optuna:{sampler}")


@pytest.mark.slow
class TestGP(StrategyContract):
    small = Rows(CELLS, CELLS.enumerate()[:24])  # the sampler optimises something at every suggestion
    rounds = 4

    @pytest.fixture
    def make(self):
        return functools.partial(weaknas.strategy, "optuna:gp")


@pytest.mark.parametrize("sampler", ["cmaes", "nsgaii", "tpe"])
@pytest.mark.parametrize(
    "space", [OfaMobileNetV3(), OfaMobileNetV3().where("macs <= 300e6"), NasBench101()], ids=lambda s: s.name
)
def test_large_and_constrained_spaces_get_valid_and_different_architectures(sampler, space):
    strategy = weaknas.strategy(f"optuna:{sampler}", space, seed=0)
    keys = []
    for _ in range(30):
        batch = strategy.ask().batch
        assert space.is_valid(batch).all()
        keys += space.key(batch).tolist()
        strategy.tell(batch, batch.sum(axis=1))
    assert len(set(keys)) == 30


def test_two_names_of_one_network_are_asked_for_once():
    space = OfaMobileNetV3()
    strategy = weaknas.strategy("optuna:random", space)
    arch = strategy.ask().batch
    strategy.tell(space.from_str(space.to_str(arch)), [70.0])  # its inactive slots written otherwise
    assert [trial.value for trial in strategy._study.trials] == [70.0]


@pytest.mark.parametrize("sampler", ["cmaes", "gp", "tpe"])
def test_what_it_is_told_guides_it(sampler):
    def found(name):
        strategy = weaknas.strategy(name, CELLS, seed=1)
        for _ in range(40):
            batch = strategy.ask().batch
            strategy.tell(batch, (batch == 3).sum(axis=1))
        return strategy._memory.scores

    assert found(f"optuna:{sampler}")[-20:].mean() > found("optuna:random")[-20:].mean() + 1


def test_the_sampler_hears_of_the_architecture_that_took_the_place_of_its_suggestion():
    listed = Rows(CELLS, CELLS.enumerate()[::500])
    strategy = weaknas.strategy("optuna:tpe", listed)
    batch = strategy.ask(10).batch
    asked = [strategy._params.arch(trial.params)[0].tolist() for trial in strategy._study.trials]
    assert asked == batch.tolist()


def test_failures_and_strangers_are_trials_too():
    strategy = weaknas.strategy("optuna:tpe", CELLS)
    batch = strategy.ask(2).batch
    strategy.tell(batch, [np.nan, 60])
    strategy.tell(CELLS.enumerate()[-2:], [50, np.nan])
    states = [(trial.state.name, trial.value) for trial in strategy._study.trials]
    assert states == [("FAIL", None), ("COMPLETE", 60.0), ("COMPLETE", 50.0)]


def test_what_is_evaluated_elsewhere_is_a_running_trial():
    strategy = weaknas.strategy("optuna:tpe", CELLS)
    own = strategy.ask(1).batch
    elsewhere = CELLS.enumerate()[[5, 9]]
    strategy.reserve(np.concatenate([own, elsewhere]))  # what it asked for itself is running already
    assert [trial.state.name for trial in strategy._study.trials] == ["RUNNING"] * 3
    strategy.tell(np.concatenate([elsewhere, own]), [60, np.nan, 70])
    assert [trial.value for trial in strategy._study.trials] == [70, 60, None]


def test_names():
    assert weaknas.strategy("optuna:tpe", CELLS).name == "optuna:tpe"
    assert weaknas.strategy("optuna", CELLS).name == "optuna:tpe"
    assert weaknas.strategy("optuna:gp", CELLS, seed=3).options == {"sampler": "gp"}
    with pytest.raises(NotFound, match="no sampler of Optuna named 'nsga2'; did you mean nsgaii"):
        weaknas.strategy("optuna:nsga2", CELLS)


def test_a_sampler_of_the_users():
    strategy = OptunaStrategy(CELLS, optuna.samplers.TPESampler(n_startup_trials=3, seed=5))
    assert strategy.name == "optuna:TPESampler"
    assert len(strategy.ask(4).batch) == 4
    assert strategy._study.sampler._n_startup_trials == 3


def test_a_search_says_nothing_of_optunas(cli, toy_file):
    code, _, err = cli("search", toy_file, "--strategy", "optuna:tpe", "--budget", 12)
    assert (code, err) == (0, "")


def test_gp_needs_torch():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import weaknas\nfrom weaknas.spaces import NasBench201\n"
        "try:\n    weaknas.strategy('optuna:gp', NasBench201())\n"
        "except weaknas.WeaknasError as error:\n    print(error)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "the strategy optuna:gp needs torch: pip install 'weaknas[torch]'.\n"


def test_samplers_of_several_objectives_have_a_front_and_others_are_refused():
    strategy = weaknas.strategy("optuna:tpe", CELLS, objectives=2, seed=0)
    strategy.reserve(CELLS.enumerate()[:1])
    for _ in range(15):
        batch = strategy.ask().batch
        strategy.tell(batch, np.stack([batch.sum(axis=1), -batch.sum(axis=1)], axis=1))
    assert len(strategy.front()[0]) == 15  # none beats another
    with pytest.raises(InvalidOption, match="optuna:cmaes takes a single objective"):
        weaknas.strategy("optuna:cmaes", CELLS, objectives=2)
