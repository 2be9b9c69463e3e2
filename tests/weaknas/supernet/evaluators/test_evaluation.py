"""Evaluators and indicators by their names."""

import shutil

import numpy as np
import pytest

from weaknas.errors import InvalidOption, NotFound
from weaknas.supernet.evaluators import (
    EVALUATORS,
    INDICATORS,
    Evaluation,
    make_indicators,
    open_evaluator,
    open_indicator,
)

QUICK = {"accuracy": {}, "frozen-head": {"epochs": 1}, "linear-probe": {"images": 40}, "stand-alone": {"epochs": 0.2}}


@pytest.mark.parametrize("name", EVALUATORS)
def test_an_accuracy_is_a_percentage_and_looked_up_when_it_is_known(run_folder, own_cache, name):
    asked = Evaluation(device="cpu", evaluator=name, evaluator_options=QUICK[name])
    evaluator = open_evaluator(run_folder, asked)
    (row,) = evaluator.supernet.space.sample(1, np.random.default_rng(0))
    score = evaluator.score(row)
    assert evaluator.name == name
    assert 0 <= score.top1 <= score.top5 <= 100
    assert open_evaluator(run_folder, asked).score(row) == score


@pytest.mark.parametrize("name", INDICATORS)
def test_an_indicator_is_a_number_and_always_the_same(run_folder, own_cache, name):
    evaluator = open_evaluator(run_folder, Evaluation(device="cpu"))
    ((column, indicator),) = make_indicators([name], evaluator.supernet, evaluator.data).items()
    (row,) = evaluator.supernet.space.sample(1, np.random.default_rng(0))
    assert (column, indicator.name) == (f"zc_{name.replace('-', '_')}", name)
    assert np.isfinite(indicator.score(row))
    assert indicator.score(row) == indicator.score(row)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"evaluator": "oracle"}, NotFound, "oracle"),
        (
            {"evaluator": "bn-last"},
            InvalidOption,
            "bn-last is an indicator and no accuracy; .*--indicator.*benchmark.evaluator=bn-last",
        ),
        ({"evaluator_options": {"epochs": 3}}, InvalidOption, "'accuracy' has no option 'epochs'; it has none"),
        (
            {"evaluator": "frozen-head", "evaluator_options": {"seeds": 3}},
            InvalidOption,
            "'frozen-head' has no option 'seeds'; it takes epochs",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(run_folder, own_cache, options, error, message):
    with pytest.raises(error, match=message):
        open_evaluator(run_folder, Evaluation(device="cpu", **options))


def test_an_indicator_for_a_search_needs_no_images(run_folder, tmp_path):
    weights = shutil.copy(run_folder / "supernet.safetensors", tmp_path / "alone.safetensors")
    indicator = open_indicator(weights, Evaluation(evaluator="bn-all"))
    row = indicator.supernet.space.sample(1, np.random.default_rng(0))
    assert indicator.score(row) == open_indicator(run_folder, Evaluation(evaluator="bn-all")).score(row)
    with pytest.raises(InvalidOption, match="the indicator 'bn-all' has no option 'epochs'; it has none"):
        open_indicator(weights, Evaluation(evaluator="bn-all", evaluator_options={"epochs": 3}))


def test_an_unknown_indicator_is_refused(run_folder, own_cache):
    evaluator = open_evaluator(run_folder, Evaluation(device="cpu"))
    with pytest.raises(NotFound, match="there is no indicator named 'bn'"):
        make_indicators(["bn"], evaluator.supernet, evaluator.data)
