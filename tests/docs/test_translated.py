"""docs/examples/translated.py: tables in the terms of another space."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import weaknas
from weaknas.errors import NotFound
from weaknas.past import read_past

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs/examples/translated.py"))


@pytest.mark.parametrize(("target", "function"), [("ofa/imagenet-r224", "ofa_at_224"), ("hwgpt/l", "hwgpt_m_as_l")])
def test_a_translated_table_tells_what_is_good_in_the_other_space(target, function):
    try:
        bench = weaknas.benchmark(target)
        (past,) = read_past(EXAMPLE[function](), bench)
    except NotFound:
        pytest.skip("needs the real tables: name their directories in WEAKNAS_DATA")
    assert past.left_out == 0
    assert bench.space.whole.is_valid(past.batch).all()
    strategy = weaknas.strategy("weaknas", bench.space)
    strategy.inform([past])
    values = bench.metric.oriented(bench.report(bench.space.rows).valid)
    first = bench.metric.oriented(bench.evaluate(strategy.ask(2).batch).scores)
    assert first.min() > np.nanquantile(values, 0.9)
