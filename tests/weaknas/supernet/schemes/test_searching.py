"""What the schemes that learn a distribution share; tests of one of them."""

import numpy as np
import pytest
import torch

from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.supernet.schemes import Parsec, extremes


@pytest.fixture
def make_scheme(attached):
    def make(constraint=None, **options):
        scheme = attached(Parsec, constraint=constraint, **options)
        with torch.no_grad():
            scheme.distribution.logits.normal_(generator=torch.Generator().manual_seed(0))
        return scheme

    return make


def test_the_likeliest_architecture_is_found_where_it_may_be(make_scheme, small):
    scheme = make_scheme()
    np.testing.assert_array_equal(scheme.derive(), scheme.distribution.mode())
    macs = small.cost(scheme.distribution.mode()).macs[0]
    np.testing.assert_array_equal(make_scheme(f"macs <= {macs}").derive(), scheme.distribution.mode())


def test_one_that_costs_too_much_is_changed_where_that_loses_least(make_scheme, small):
    mode = make_scheme().distribution.mode()
    least, macs = small.cost(extremes(small)).macs[0], small.cost(mode).macs[0]
    for bound in (0.97 * macs, 0.7 * macs, 1.05 * least, least):
        scheme = make_scheme(f"macs <= {bound}")
        found = scheme.derive()
        assert small.cost(found).macs[0] <= bound
        drawn = scheme.distribution.sample(2000, np.random.default_rng(0))
        within = drawn[small.cost(drawn).macs <= bound]
        chances = scheme.distribution.log_prob(np.concatenate([found, within]))
        # Not always the likeliest of all, but of those that are near the constraint hardly any drawn one is likelier.
        assert (chances[1:] > chances[0] + 1).float().mean() < 0.05 if len(within) else True


def test_where_the_likeliest_options_are_no_architecture_one_is_drawn(make_scheme, small, monkeypatch):
    scheme = make_scheme()

    def none():
        raise InvalidArchitecture("none")

    monkeypatch.setattr(scheme.distribution, "mode", none)
    assert small.is_valid(scheme.derive()).all()


def test_the_distribution_learns_nothing_at_first(make_scheme):
    scheme = make_scheme(frozen=0.25)
    assert [scheme.searches(number) for number in (0, 24, 25, 99)] == [False, False, True, True]


def test_costs_are_logged_every_ten_steps_and_at_both_ends(make_scheme, make_step, watched):
    scheme = make_scheme(frozen=0.03, samples=2)
    for number, logged in {3: True, 4: False, 10: True, 11: False, 99: True}.items():
        step = make_step(watched, number)
        scheme.arch_step(step)
        assert ("expected_macs" in step.logs and "found_params" in step.logs) == logged
        assert "entropy" in step.logs


def test_a_prior_of_other_choices_is_refused(make_scheme, tmp_path):
    import pyarrow as pa

    from weaknas.parquet import write_parquet

    columns = {"choice": ["x", "x"], "option": ["1", "2"], "probability": [0.5, 0.5]}
    write_parquet(tmp_path / "probabilities.parquet", pa.table(columns))
    with pytest.raises(InvalidOption, match="no choice in common with small"):
        make_scheme(prior=str(tmp_path))


@pytest.mark.parametrize("fixed", ["yes", 1])
def test_fixed_is_true_or_false(make_scheme, fixed):
    with pytest.raises(InvalidOption, match="fixed of parsec"):
        make_scheme(fixed=fixed)


def test_the_path_of_a_prior_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Parsec(prior="run").prior == str(tmp_path / "run")
