from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import weaknas
from weaknas.errors import InvalidOption
from weaknas.supernet import Path, make_supernet
from weaknas.supernet.schemes import Ofa
from weaknas.supernet.schemes import ofa as ofa_module
from weaknas.supernet.schemes.step import distillation

STEPS = 1000


@pytest.fixture
def ofa(small):
    scheme = Ofa()
    scheme.prepare(small, STEPS)
    return scheme


def seen(space, scheme, at, group):
    """Return the options of a kind of choice that a phase draws, where they have a meaning."""
    rows = scheme._parts[at].sample(500, np.random.default_rng(0))
    matters = space.matters(rows)
    return {
        choice.options[option]
        for column, choice in enumerate(space.choices)
        if choice.kind == group
        for option in rows[matters[:, column], column]
    }


def test_the_phases_of_the_published_space():
    space = weaknas.space("ofa-mbv3", resolutions=[160, 224])
    scheme = Ofa()
    scheme.prepare(space, STEPS)
    assert [phase.name for phase in scheme.phases] == ["full", "k3", "d2", "d3", "e2", "e3"]
    assert [phase.paths for phase in scheme.phases] == [1, 1, 2, 2, 4, 4]
    kinds = [[seen(space, scheme, at, group) for group in "kde"] for at in range(6)]
    assert kinds == [
        [{7}, {4}, {6}],
        [{3, 5, 7}, {4}, {6}],
        [{3, 5, 7}, {3, 4}, {6}],
        [{3, 5, 7}, {2, 3, 4}, {6}],
        [{3, 5, 7}, {2, 3, 4}, {4, 6}],
        [{3, 5, 7}, {2, 3, 4}, {3, 4, 6}],
    ]
    assert all(seen(space, scheme, at, "r") == {160, 224} for at in range(6))


def test_shrinking_only_widens_and_ends_with_the_whole_space(small, ofa):
    for before, after in zip(ofa._parts, ofa._parts[1:], strict=False):
        assert after.is_valid(before.sample(200, np.random.default_rng(0))).all()
        assert not before.is_valid(after.sample(200, np.random.default_rng(0))).all()
    assert ofa._parts[-1].is_valid(small.sample(500, np.random.default_rng(1))).all()


def test_each_phase_has_a_schedule_of_its_own_and_they_cover_the_run(ofa):
    spans = [ofa.span(number, STEPS) for number in range(STEPS)]
    assert all(span.first <= number < span.last for number, span in enumerate(spans))
    assert [spans[number].rate for number in (0, 300, 500, 999)] == [1.0, 1.0, 0.25, 0.25]
    assert len(set(spans)) == len(ofa.phases) == 5


def test_groups_paths_and_too_few_steps(small):
    scheme = Ofa(groups=("e", "k"), paths=(3, 2))
    scheme.prepare(small, STEPS)
    assert [(phase.name, phase.paths) for phase in scheme.phases] == [("full", 1), ("e2", 3), ("k3", 2)]
    assert {8, 16} == seen(small, scheme, 0, "w") & {8, 16}  # what does not shrink is free from the beginning
    with pytest.raises(InvalidOption, match="4 steps are too few for the 5 phases of ofa; take more"):
        Ofa().prepare(small, 4)


def test_the_teacher_is_the_largest_network_as_it_was(watched, make_step, small, ofa):
    first = ofa.span(0, STEPS).last
    assert not ofa.begin(0, watched)
    ofa.step(make_step(watched, 0))
    assert len(watched.ran) == 1
    assert ofa.begin(first, watched)
    assert not ofa.begin(first + 1, watched)
    before = {name: value.clone() for name, value in ofa._teacher.state_dict().items() if value.ndim > 1}
    row = small.sample(1, np.random.default_rng(3))[0]
    full = small.to_str(ofa._full(row)[None])[0]
    assert "w16,16,24,24,24,40;d2,2" in full
    assert "k7,7,7,7;e3,3,4" in full
    with torch.no_grad():
        for parameter in watched.parameters():
            parameter.add_(0.01)
    ofa.step(make_step(watched, first))
    assert all(torch.equal(value, before[name]) for name, value in ofa._teacher.state_dict().items() if value.ndim > 1)
    assert all(parameter.grad is None for parameter in ofa._teacher.parameters())


@pytest.mark.parametrize("distil", [0.0, 2.0])
def test_the_weight_of_the_teacher(watched, make_step, small, distil):
    scheme = Ofa(distil=distil)
    scheme.prepare(small, STEPS)
    first = scheme.span(0, STEPS).last
    scheme.begin(first, watched)
    with torch.no_grad():
        watched.classifier.weight.mul_(-3)
    step = make_step(watched, first)
    scheme.step(step)
    row = scheme._parts[1].sample(1, make_step(watched, first).rng)[0]
    with torch.no_grad():
        logits = step.logits(Path(row))
        taught = step.teach(scheme._teacher, Path(scheme._full(row)))
        hard, pull = float(step.hard(logits)), float(distillation(logits, taught))
    assert pull > 0.01
    assert float(step.losses["k3"][0]) == pytest.approx(hard + distil * pull, rel=1e-4)


def test_channels_are_sorted_before_expansions_shrink_and_only_then(small, randomise, ofa):
    supernet = randomise(make_supernet(small))
    starts = [span.first for span in ofa._spans]
    names = [phase.name for phase in ofa.phases]
    for name, start in list(zip(names, starts, strict=True))[1:]:
        before = {key: value.clone() for key, value in supernet.state_dict().items()}
        assert ofa.begin(start, supernet)
        same = all(torch.equal(value, before[key]) for key, value in supernet.state_dict().items())
        assert same is (name != "e2")


def test_channels_are_sorted_before_each_phase_of_expansions_within_what_was_trained(monkeypatch):
    space = weaknas.space("ofa-mbv3", resolutions=[160])
    scheme, sorted_with = Ofa(), []
    scheme.prepare(space, STEPS)
    supernet = SimpleNamespace(sort=lambda trained: sorted_with.append(trained["e1.1"]))
    monkeypatch.setattr(ofa_module, "deepcopy", lambda supernet: nn.Identity())
    for span in scheme._spans:
        scheme.begin(span.first, supernet)
    assert sorted_with == [["6"], ["4", "6"]]


def test_the_teacher_comes_back_with_the_state(watched, small, ofa):
    assert ofa.state() == {}
    ofa.begin(ofa.span(0, STEPS).last, watched)
    other = Ofa()
    other.prepare(small, STEPS)
    other.restore(ofa.state(), make_supernet(small))
    wanted = ofa.state()["teacher"]
    assert all(torch.equal(value, wanted[name]) for name, value in other.state()["teacher"].items())
