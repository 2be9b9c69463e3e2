"""PA&DA's sampling of paths."""

import numpy as np
import pytest
import torch

from weaknas.errors import InvalidOption
from weaknas.supernet import Path
from weaknas.supernet.schemes import PaDa


def shares(scheme):
    return scheme._paths.weights()


def test_options_are_drawn_in_proportion_to_the_running_norms_of_their_paths(attached, small):
    scheme = attached(PaDa, uniform=0.2, decay=0.75)
    resolution, *_ = small.choices
    rows = small.sample(200, np.random.default_rng(0))
    one, other = (rows[rows[:, 0] == option][:1] for option in (0, 1))
    uniform = {name: torch.full_like(share, 1 / len(share)) for name, share in shares(scheme).items()}
    torch.testing.assert_close(shares(scheme), uniform)
    scheme._note(one, 1.0)
    scheme._note(other, 3.0)
    torch.testing.assert_close(shares(scheme)[resolution.name].tolist(), [0.1 + 0.8 * 0.25, 0.1 + 0.8 * 0.75])
    scheme._note(one, 9.0)  # 0.75 * 1 + 0.25 * 9 = 3
    torch.testing.assert_close(shares(scheme)[resolution.name].tolist(), [0.5, 0.5])


def test_options_that_no_path_has_had_are_as_the_mean_and_those_without_meaning_are_not_credited(attached, small):
    scheme = attached(PaDa, uniform=0.0)
    row = small.canonical(np.zeros((1, len(small.choices)), dtype=np.int8))
    scheme._note(row, 2.0)
    kernels = [choice.name for choice in small.kinds["k"]]
    assert all((share == share[0]).all() for share in shares(scheme).values())
    credited = np.split(scheme._norms, scheme._first[1:])
    matters = dict(zip((choice.name for choice in small.choices), small.matters(row)[0], strict=True))
    told = dict(zip(matters, credited, strict=True))
    assert {bool(matters[name]) for name in kernels} == {True, False}
    assert all(told[name].tolist() == ([2.0, 0, 0] if matters[name] else [0, 0, 0]) for name in kernels)


def test_draws_follow_the_probabilities(attached, small, make_step, watched, monkeypatch):
    scheme = attached(PaDa, uniform=0.0)
    scheme._norms = np.where(np.isin(np.arange(len(scheme._norms)), scheme._first), 1e6, 1e-6)
    scheme._draw_by_norms()
    scheme.step(make_step(watched))
    first = small.canonical(np.zeros((1, len(small.choices)), dtype=np.int8))
    assert watched.trained == [first.tobytes()]


def test_the_norm_is_that_of_all_gradients_of_the_path(attached, make_step, watched, gradients):
    scheme, step = attached(PaDa), make_step(watched)
    scheme.step(step)
    (row,) = (np.frombuffer(arch, np.int8) for arch in watched.trained)
    watched.zero_grad()
    step.hard(watched(step.images, Path(row))).backward()
    norm = torch.cat([value.flatten() for value in gradients(watched).values()]).norm()
    assert step.logs["norm"] == [pytest.approx(norm.item(), rel=1e-3)]


def test_what_cannot_be_used_is_refused(small):
    with pytest.raises(InvalidOption, match="uniform of pada is a share from 0 to 1, not 2"):
        PaDa(uniform=2).prepare(small, 10)
    with pytest.raises(InvalidOption, match="decay of pada is a rate"):
        PaDa(decay=1.0).prepare(small, 10)
