"""Laws of the categorical distributions over architectures."""

import copy
from math import log, prod

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import chisquare

from weaknas.distributions import Independent, LayerJoint, Uniform
from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.spaces import Choice, Choices, NasBench101, OfaMobileNetV3, Rows

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
learned = pytest.mark.parametrize("kind", [Independent, LayerJoint])
every = pytest.mark.parametrize("kind", [Uniform, Independent, LayerJoint])


def grid(space):
    """Return all rows, also those that name one architecture."""
    return np.indices(tuple(space.options), dtype=np.int8).reshape(len(space.options), -1).T


def raw_log_probs(distribution, rows):
    """Return the `(n,)` log-probabilities of raw draws, group by group, written down plainly."""
    total, place = 0, {choice.name: i for i, choice in enumerate(distribution.space.choices)}
    sizes = [prod(len(choice.options) for choice in group) for group in distribution.groups]
    for group, logits in zip(distribution.groups, distribution.logits.detach().split(sizes), strict=True):
        table = logits.log_softmax(0).numpy().reshape([len(choice.options) for choice in group])
        total = total + table[tuple(rows[:, place[choice.name]] for choice in group)]
    return total


@every
@given(seed=seeds)
@few
def test_the_probabilities_of_all_architectures_sum_to_one(space, kind, at_random, seed):
    distribution = at_random(kind(space), seed)
    assert distribution.log_prob(space.enumerate()).exp().sum().item() == pytest.approx(1, abs=1e-9)


@every
def test_an_architecture_is_as_likely_as_its_rows_together(mobile, kind, at_random):
    distribution, rows = at_random(kind(mobile)), grid(mobile)
    raw, keys = raw_log_probs(distribution, rows), mobile.key(rows)
    for arch in mobile.sample(20, np.random.default_rng(0)):
        (key,) = mobile.key(arch[None])
        assert distribution.log_prob(arch[None]).item() == pytest.approx(logsumexp(raw[keys == key]), abs=1e-9)


def test_names_of_one_architecture_are_equally_likely(mobile, at_random):
    distribution, rng = at_random(LayerJoint(mobile)), np.random.default_rng(0)
    rows = mobile.sample(50, rng)
    noisy = np.where(mobile.matters(rows), rows, rng.integers(0, mobile.options, rows.shape)).astype(np.int8)
    torch.testing.assert_close(distribution.log_prob(noisy), distribution.log_prob(rows))


@every
def test_draws_are_as_frequent_as_they_are_likely(space, kind, at_random):
    distribution, n = at_random(kind(space), scale=2), 5000
    rows = space.enumerate()
    expected = n * distribution.log_prob(rows).exp().detach().numpy()
    drawn = distribution.sample(n, np.random.default_rng(1))
    codes, order = space.code(drawn), np.argsort(space.code(rows))
    counts = np.bincount(order[np.searchsorted(space.code(rows), codes, sorter=order)], minlength=len(rows))
    assert np.isin(codes, space.code(rows)).all()
    rare = expected < 5
    counts, expected = (np.append(each[~rare], each[rare].sum()) for each in (counts, expected))
    kept = expected > 0
    assert chisquare(counts[kept], expected[kept]).pvalue > 1e-3


@every
def test_the_same_seed_draws_the_same_rows(space, kind, at_random):
    distribution = at_random(kind(space))
    first, again, other = (distribution.sample(64, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert first.dtype == np.int8
    assert distribution.sample(0, np.random.default_rng(0)).shape == (0, len(space.options))


@learned
def test_the_entropy_is_that_of_all_rows(plain, kind, at_random):
    distribution = at_random(kind(plain))
    logs = distribution.log_prob(plain.enumerate())
    assert distribution.entropy().item() == pytest.approx(-(logs.exp() * logs).sum().item())


@learned
def test_architectures_have_at_most_the_entropy_of_the_draw(mobile, kind, at_random):
    distribution, rows = at_random(kind(mobile)), grid(mobile)
    raw, logs = raw_log_probs(distribution, rows), distribution.log_prob(mobile.enumerate())
    assert distribution.entropy().item() == pytest.approx(-(np.exp(raw) * raw).sum())
    assert distribution.entropy().item() > -(logs.exp() * logs).sum().item()


@every
def test_the_entropy_is_largest_to_begin_with_and_falls_as_logits_grow(space, kind, at_random):
    begin = kind(space).entropy().item()
    assert begin == pytest.approx(sum(log(options) for options in space.options), rel=1e-6)
    if kind is not Uniform:
        entropies = [at_random(kind(space), scale=scale).entropy().item() for scale in (1, 3, 100)]
        assert begin > entropies[0] > entropies[1] > entropies[2] >= 0


@learned
def test_the_mode_is_the_most_probable_architecture(plain, kind, at_random):
    distribution, rows = at_random(kind(plain)), plain.enumerate()
    likeliest = rows[[distribution.log_prob(rows).argmax().item()]]
    np.testing.assert_array_equal(distribution.mode(), likeliest)


@learned
def test_the_mode_is_what_the_likeliest_draw_makes(mobile, kind, at_random):
    distribution, rows = at_random(kind(mobile)), grid(mobile)
    likeliest = rows[[raw_log_probs(distribution, rows).argmax()]]
    np.testing.assert_array_equal(distribution.mode(), mobile.canonical(likeliest))


@every
def test_weights_are_the_marginals_of_each_choice(mobile, kind, at_random):
    distribution, rows = at_random(kind(mobile)), grid(mobile)
    chances = np.exp(raw_log_probs(distribution, rows))
    weights = distribution.weights()
    assert list(weights) == [choice.name for choice in mobile.choices]
    for column, choice in enumerate(mobile.choices):
        marginal = np.bincount(rows[:, column], chances, len(choice.options))
        np.testing.assert_allclose(weights[choice.name].detach().numpy(), marginal, atol=1e-12)


@every
def test_the_expected_cost_is_the_mean_over_all_architectures(mobile, kind, at_random):
    distribution, rows = at_random(kind(mobile)), mobile.enumerate()
    chances, cost = distribution.log_prob(rows).exp().detach().numpy(), mobile.cost(rows)
    expected = distribution.expected_cost()
    assert expected.macs.item() == pytest.approx((chances * cost.macs).sum(), rel=1e-9)
    assert expected.params.item() == pytest.approx((chances * cost.params).sum(), rel=1e-9)


@learned
def test_gradients_agree_with_finite_differences(mobile, kind, at_random):
    distribution, rows = at_random(kind(mobile)), mobile.sample(4, np.random.default_rng(0))

    def results(logits):
        other = copy.deepcopy(distribution)
        del other.logits  # a parameter is a leaf; here it must follow from the argument
        other.logits = logits
        return other.log_prob(rows), other.entropy(), other.expected_cost().macs / 1e6

    assert torch.autograd.gradcheck(results, distribution.logits.detach().clone().requires_grad_(), rtol=1e-5)


def test_the_gradient_of_a_log_probability_is_onehot_minus_softmax(spaces):
    space = spaces["nasbench201"]
    distribution = Independent(space)
    row = space.sample(1, np.random.default_rng(0))
    distribution.log_prob(row).backward()
    gradients = distribution.logits.grad.split(space.options.tolist())
    for option, gradient in zip(row[0].tolist(), gradients, strict=True):
        torch.testing.assert_close(gradient, torch.eye(5)[option] - 0.2)


@learned
def test_what_was_saved_is_the_distribution(space, kind, at_random):
    distribution, other = at_random(kind(space)), kind(space).double()
    assert set(distribution.state_dict()) <= {"logits"}
    other.load_state_dict(distribution.state_dict())
    rows = distribution.sample(16, np.random.default_rng(0))
    np.testing.assert_array_equal(other.sample(16, np.random.default_rng(0)), rows)
    torch.testing.assert_close(other.log_prob(rows), distribution.log_prob(rows), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_every_precision_gives_numbers(mobile, dtype):
    distribution = LayerJoint(mobile).to(dtype)
    rows = distribution.sample(4, np.random.default_rng(0))
    (distribution.log_prob(rows).sum() + distribution.entropy()).backward()
    assert torch.isfinite(distribution.logits.grad).all()
    assert distribution.log_prob(rows).dtype == dtype


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_draws_as_a_cpu_does(mobile, at_random):
    distribution = at_random(LayerJoint(mobile)).float()
    rows, mode = distribution.sample(64, np.random.default_rng(0)), distribution.mode()
    logs, macs = distribution.log_prob(rows), distribution.expected_cost().macs
    distribution.cuda()
    np.testing.assert_array_equal(distribution.sample(64, np.random.default_rng(0)), rows)
    np.testing.assert_array_equal(distribution.mode(), mode)
    torch.testing.assert_close(distribution.log_prob(rows).cpu(), logs)
    torch.testing.assert_close(distribution.expected_cost().macs.cpu(), macs)


def test_uniform_has_nothing_to_learn_and_nothing_to_save(spaces):
    uniform = Uniform(spaces["mobile"])
    assert not list(uniform.parameters())
    assert not uniform.state_dict()


# -- beginning with what another one ended with ---------------------------------------------------------


@learned
def test_a_distribution_begins_with_the_weights_of_another(space, kind, at_random):
    given = at_random(Independent(space)).weights()
    distribution = at_random(kind(space), seed=1)
    distribution.begin_with({name: 3 * weights.detach() for name, weights in given.items()})
    for name, weights in distribution.weights().items():
        torch.testing.assert_close(weights, given[name])


@learned
def test_choices_that_are_not_given_become_uniform_and_no_option_is_lost(spaces, kind, at_random):
    distribution = at_random(kind(spaces["list"]))
    distribution.begin_with({"depth": [0, 0, 5]})
    weights = {name: each.detach() for name, each in distribution.weights().items()}
    torch.testing.assert_close(weights["width"], torch.tensor([0.5, 0.5], dtype=torch.double))
    least = 1e-4 / 3
    torch.testing.assert_close(weights["depth"], torch.tensor([least, least, 1]).double() / (1 + 2 * least))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"height": [1, 1]}, "choices has no choice 'height'"),
        ({"width": [1, 1, 1]}, "'width' begins with 2 probabilities"),
        ({"width": [1, -1]}, "'width' begins with 2 probabilities"),
        ({"width": [1, float("nan")]}, "'width' begins with 2 probabilities"),
        ({"width": [0, 0]}, "'width' begins with 2 probabilities"),
    ],
)
def test_weights_that_are_not_of_the_space_are_refused(spaces, weights, message):
    with pytest.raises(InvalidOption, match=message):
        Independent(spaces["list"]).begin_with(weights)


# -- layers ---------------------------------------------------------------------------------------------


@given(seed=seeds)
@few
def test_the_joint_distribution_made_of_an_independent_one_is_the_same(space, at_random, seed):
    independent = at_random(Independent(space), seed, scale=3).float()
    joint = LayerJoint.from_independent(independent)
    rows = space.sample(100, np.random.default_rng(seed))
    torch.testing.assert_close(joint.log_prob(rows), independent.log_prob(rows), rtol=1e-6, atol=1e-5)
    torch.testing.assert_close(joint.entropy(), independent.entropy(), rtol=1e-6, atol=1e-5)
    for name, weights in joint.weights().items():
        torch.testing.assert_close(weights, independent.weights()[name], rtol=1e-6, atol=1e-6)


def test_the_conversion_is_exact_in_double_precision(mobile, at_random):
    independent = at_random(Independent(mobile))
    joint, rows = LayerJoint.from_independent(independent), mobile.enumerate()
    torch.testing.assert_close(joint.log_prob(rows), independent.log_prob(rows), rtol=0, atol=1e-12)
    assert joint.expected_cost().macs.item() == pytest.approx(independent.expected_cost().macs.item(), rel=1e-12)


def test_a_joint_distribution_has_a_logit_for_each_combination_in_a_layer():
    space = OfaMobileNetV3()
    assert len(Independent(space).logits) == 25 + 5 * 3 + 40 * 3
    assert len(LayerJoint(space).logits) == 25 + 5 * 3 + 20 * 9


def test_choices_of_a_layer_that_hang_together_are_drawn_and_reckoned_together(spaces):
    space = spaces["alike"]
    joint = LayerJoint(space).double()
    place = 0
    for group in joint.groups:
        shape = [len(choice.options) for choice in group]
        if len(group) > 1:  # kernel and expansion: both the first option, or both the last
            table = torch.full(shape, -40.0, dtype=torch.double)
            table[(..., 0, 0)] = table[(..., -1, -1)] = 0
            joint.logits.data[place : place + prod(shape)] = table.flatten()
        place += prod(shape)
    drawn = space.picked(joint.sample(200, np.random.default_rng(0)))
    np.testing.assert_array_equal(drawn["k1"] == 1, drawn["e1"] == 2)
    assert 0 < drawn["k1"].sum() < 200
    apart = space.expected_cost(joint.weights()).macs.item()
    assert joint.expected_cost().macs.item() > 1.01 * apart  # large kernels meet large expansions


def test_a_layer_of_too_many_combinations_is_refused():
    space = Choices({letter: range(20) for letter in "abcd"})
    space.choices = tuple(Choice(choice.name, choice.options, "cell") for choice in space.choices)
    with pytest.raises(InvalidOption, match=r"layer 'cell' of choices has 160,000 combinations.*take Independent"):
        LayerJoint(space)


# -- rows that are no architectures ---------------------------------------------------------------------


def test_rows_that_are_no_architecture_are_drawn_again(at_random):
    space = NasBench101()
    distribution = at_random(LayerJoint(space), scale=0.3)
    rows = distribution.sample(200, np.random.default_rng(0))
    assert space.is_valid(rows).all()
    np.testing.assert_allclose(distribution.log_prob(rows).detach(), raw_log_probs(distribution, rows))
    with pytest.raises(InvalidArchitecture, match="row 0"):
        distribution.log_prob(np.zeros((1, 26), dtype=np.int8))
    with pytest.raises(InvalidArchitecture, match="no architecture of nasbench101; draw some"):
        LayerJoint(space).mode()


def test_a_part_of_a_space_is_drawn_from(spaces):
    space = spaces["mobile"].where("macs < 1e6")
    assert (space.base.cost(Independent(space).sample(50, np.random.default_rng(0))).macs < 1e6).all()


@pytest.mark.parametrize("size", [1, 40])
def test_a_list_that_no_draw_meets_is_drawn_from_as_its_rows_are_likely(at_random, size):
    space = OfaMobileNetV3()
    listed = Rows(space, space.sample(size, np.random.default_rng(0)))
    distribution, n = at_random(LayerJoint(listed), scale=0.1), 4000
    counts = np.bincount(listed.index(distribution.sample(n, np.random.default_rng(1))), minlength=size)
    chances = distribution.log_prob(listed.rows).softmax(0).detach().numpy()
    assert chisquare(counts, n * chances).pvalue > 1e-3 if size > 1 else counts == [n]
    np.testing.assert_array_equal(distribution.mode(), listed.rows[[chances.argmax()]])


def test_where_drawing_again_finds_nothing_a_row_of_the_list_is_drawn(spaces):
    listed = Rows(spaces["nasbench201"], np.zeros((1, 6), dtype=np.int8))
    distribution = Independent(listed)
    distribution.logits.data[::5] = -20  # whatever is drawn is not listed
    np.testing.assert_array_equal(distribution.sample(3, np.random.default_rng(0)), np.zeros((3, 6)))


def test_a_part_that_no_draw_meets_is_refused(spaces):
    space = spaces["mobile"].restrict(lambda batch: np.zeros(len(batch), dtype=bool), "nothing")
    with pytest.raises(InvalidArchitecture, match="hardly any draw"):
        Independent(space).sample(1, np.random.default_rng(0))


def test_a_space_without_expected_cost_says_so(spaces):
    with pytest.raises(InvalidOption, match="does not know its expected cost"):
        Independent(spaces["list"]).expected_cost()
