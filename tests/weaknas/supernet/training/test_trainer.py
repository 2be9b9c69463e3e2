from dataclasses import replace
from pathlib import Path

import pytest
import torch

from weaknas.errors import InvalidOption, NotFound
from weaknas.supernet.data import batches, open_images
from weaknas.supernet.schemes import make_scheme
from weaknas.supernet.training.optimisation import make_optimisation
from weaknas.supernet.training.processes import Processes
from weaknas.supernet.training.trainer import Trainer

SEARCHING = f"{Path(__file__).parent / 'searching.py'}:Searching"


@pytest.fixture
def trainer(make_run):
    def make(scheme="spos", options=None, **training):
        run = make_run(scheme, options, **training)
        return Trainer(run, open_images(run.data, held_out=run.held_out), Processes("cpu"))

    return make


def steps(trainer, n=3):
    data = open_images(trainer.run.data, held_out=trainer.run.held_out)
    given = list(batches(data.train, 8))
    return [trainer.step(given[number % len(given)]) for number in range(n)]


def weights_of(net):
    return torch.cat([value.detach().flatten() for value in net.parameters()])


def weights(trainer):
    return weights_of(trainer.supernet)


def test_memory_order_and_precision(trainer):
    for layout, contiguous in ((True, torch.channels_last), (False, torch.contiguous_format)):
        made = trainer(channels_last=layout)
        seen = []
        made.supernet.stem.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(inputs[0]))
        steps(made)
        assert made.supernet.stem.conv.weight.is_contiguous(memory_format=contiguous)
        big = [x for x in seen if x.shape[-1] == 12]
        assert all(x.is_contiguous(memory_format=contiguous) for x in big)
    kinds = {}
    for precision in ("float32", "bfloat16", "auto"):
        made = trainer(precision=precision)
        made.supernet.final.register_forward_hook(
            lambda _, __, out, precision=precision: kinds.update({precision: out.dtype})
        )
        losses = steps(made, 1)
        assert losses[0]["loss"].dtype == torch.float32
    assert kinds == {"float32": torch.float32, "bfloat16": torch.bfloat16, "auto": torch.float32}


def test_every_option_of_training_changes_the_weights(trainer):
    plain = trainer()
    steps(plain)
    for option in (
        {"learning_rate": 0.05},
        {"momentum": 0.5},
        {"weight_decay": 0.1},
        {"schedule": "exponential"},
        {"warmup": 0.5},
        {"clip": 1e-3},
        {"smoothing": 0.3},
        {"augment": "none"},
    ):
        other = trainer(**option)
        steps(other)
        assert not torch.equal(weights(plain), weights(other)), option


def test_the_average_follows(trainer):
    made = trainer(ema=0.5)
    assert made.evaluated is not made.supernet
    steps(made, 4)
    slow = torch.cat([value.detach().flatten() for value in made.evaluated.parameters()])
    assert 0 < (slow - weights(made)).abs().max() < 1
    assert trainer().evaluated.__class__ is made.supernet.__class__


def test_optimiser_and_average_begin_anew_where_the_scheme_says(trainer):
    made = trainer("ofa", ema=0.9)
    last = made.scheme.span(0, 25).last
    steps(made, last)
    before = made.weights.optimizer
    assert before.state
    steps(made, 1)
    assert made.weights.optimizer is not before
    assert int(made.average.n_averaged) == 1


def test_weights_that_are_no_numbers_are_noticed(trainer):
    made = trainer()
    assert made.is_sound()
    with torch.no_grad():
        made.supernet.classifier.bias[1] = float("inf")
    assert not made.is_sound()


def test_what_does_not_fit_is_refused(make_run):
    run = make_run()
    table = {**run.space["table"], "classes": 3}
    other = replace(run, space={**run.space, "table": table})
    with pytest.raises(InvalidOption, match=r"few has 4 classes, and tiny 3; give the space as many"):
        Trainer(other, open_images(run.data, held_out=12), Processes("cpu"))
    with pytest.raises(NotFound, match="there is no scheme named 'spoz'; did you mean spos"):
        make_scheme("spoz", {})
    with pytest.raises(InvalidOption, match="'spos': got an unexpected keyword argument 'between'; it takes paths"):
        make_scheme("spos", {"between": 2})
    with pytest.raises(InvalidOption, match="training has no option 'lr'; it takes learning_rate, "):
        make_optimisation(make_scheme("spos", {}), {"lr": 2})


def test_a_scheme_has_defaults_of_its_own():
    optimisation = make_optimisation(make_scheme("bignas", {}), {"warmup": 0.5})
    assert (optimisation.schedule, optimisation.weight_decay, optimisation.warmup) == ("exponential", 1e-5, 0.5)
    assert make_optimisation(make_scheme("bignas", {}), {"schedule": "cosine"}).schedule == "cosine"
    assert make_optimisation(make_scheme("attentivenas", {}), {}).clip == 1.0


def test_a_scheme_s_modules_are_trained_or_searched_or_left_alone(trainer):
    made = trainer(SEARCHING, ema=0.5)
    scheme, frozen = made.scheme, next(made.supernet.parameters())
    mine, theirs = set(made.weights.parameters), set(made.arch.parameters)
    assert mine == {*made.supernet.parameters(), *scheme.head.parameters()} - {frozen}
    assert theirs == set(scheme.theta.parameters())
    parts = {"supernet": made.supernet, "head": scheme.head, "theta": scheme.theta}
    before = {name: weights_of(part) for name, part in parts.items()}
    assert "arch_loss" not in steps(made, 1)[0]
    assert {name for name, part in parts.items() if not torch.equal(weights_of(part), before[name])} == {
        "supernet",
        "head",
    }
    data = open_images(made.run.data, held_out=made.run.held_out)
    batch = next(batches(data.train, 8))
    seen = made.step(batch, batch)
    assert {"loss", "kind", "taught", "arch_loss", "sharpness"} == seen.keys()
    assert not torch.equal(weights_of(scheme.theta), before["theta"])
    assert all(value.grad is None for value in [frozen, *scheme.teacher.parameters()])
    with torch.no_grad():
        next(scheme.theta.parameters())[0] = float("nan")
    assert not made.is_sound()


def test_views_differ_and_the_first_is_the_image(trainer):
    made, seen = trainer(SEARCHING), []
    made.scheme.step = seen.append
    steps(made, 1)
    first, second = seen[0].views
    assert seen[0].images is first
    assert not torch.equal(first, second)
