"""The facts of published tables that weaknas knows, on the tables themselves."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas
from weaknas.metrics import ACCURACY
from weaknas_benchmarks.store import find

pytestmark = pytest.mark.data

FILES = {
    "hwgpt/m": "hwgpt-m.parquet",
    "hwgpt/l": "hwgpt-l.parquet",
    "accel-nasbench": "accel-nasbench.parquet",
    "ofa/imagenet-r224": "ofa-mbv3-w1.0-r224-imagenet.parquet",
    "ecnas/4v": "ecnas-4v-cifar10.parquet",
    "fcnet/naval-propulsion": "fcnet-naval-propulsion.parquet",
    "fcnet/protein-structure": "fcnet-protein-structure.parquet",
}


def opened(name, **options):
    try:
        find(FILES[name])
    except ValueError:
        pytest.skip(f"needs the real table {FILES[name]}: name its directory in WEAKNAS_DATA")
    return weaknas.benchmark(name, **options)


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("fcnet")])
def test_every_fact_of_the_card_holds_and_info_says_where_it_is_from(name, cli):
    opened(name)
    code, out, _ = cli("data", "check", name)
    assert (code, "FAILED" in out) == (0, False)
    out = cli("data", "info", name)[1]
    assert [line.partition(":")[0] for line in out.splitlines() if line.startswith(("licence", "split", "noise"))] == [
        "licence",
        "split",
        "noise",
    ]
    assert "\noptimum: " in out


@pytest.mark.parametrize(
    ("name", "best", "worst", "rows"), [("m", 21.1413, 35.6715, 5245), ("l", 18.577, 29.3192, 429)]
)
def test_language_models_are_searched_by_their_perplexity(name, best, worst, rows):
    bench = opened(f"hwgpt/{name}")
    values = bench.evaluate(bench.space.rows).scores
    assert (bench.metric.name, bench.metric.minimize, bench.space.size) == ("perplexity", True, rows)
    assert (values.min(), values.max()) == (pytest.approx(best, abs=1e-3), pytest.approx(worst, abs=1e-3))
    assert bench.optimum.valid == values.min()
    assert bench.space.to_str(bench.space.rows) == bench.data.texts()


def test_the_parameters_of_language_models_follow_from_their_choices():
    """The formula of the published tables, on every row; layers beyond the last hold their smallest option."""
    bench = opened("hwgpt/m")
    picked = {choice.name: np.array(choice.options) for choice in bench.space.base.choices}
    columns = dict(zip(picked, bench.space.rows.T, strict=True))
    value = {name: options.astype(np.int64)[columns[name]] for name, options in picked.items()}
    e, layers, bias = value["embed_dim"], value["n_layer"], value["bias"]
    active = np.arange(24)[None] < layers[:, None]
    heads, mlp = (np.stack([value[f"{kind}_{i}"] for i in range(24)], axis=1) for kind in ("heads", "mlp_ratio"))
    for kind, values in (("heads", heads), ("mlp_ratio", mlp)):
        assert (values[~active] == picked[f"{kind}_0"].astype(int).min()).all()
    h, m = ((values * active).sum(1) for values in (heads, mlp))
    expected = e * (100510 + 4 * layers + 256 * h + 3 * e * m) + bias * (2 * layers * e + 2 * e * m + 192 * h)
    params = bench.space.free_to_know("params", bench.space.rows)
    np.testing.assert_array_equal(params, expected)
    perplexity = bench.evaluate(bench.space.rows).scores
    assert spearmanr(params, perplexity).statistic == pytest.approx(-0.975, abs=5e-4)


def test_devices_are_objectives_free_to_know():
    bench = opened("hwgpt/m", objective="perplexity,energy_wh_h100,latency_ms_a100")
    assert [metric.free for metric in bench.objectives] == [False, True, True]
    assert [metric.unit for metric in bench.objectives] == ["", "Wh", "ms"]
    bench = opened("accel-nasbench", objective="valid_acc,throughput_ips_zcu102")
    assert [metric.minimize for metric in bench.objectives] == [False, False]
    assert bench.also[0].free


def test_accelerators():
    bench = opened("accel-nasbench")
    values = bench.evaluate(bench.space.rows).scores
    assert (bench.metric, bench.space.size) == (ACCURACY, 5125)
    assert (values.max(), values.min()) == (pytest.approx(67.052, abs=1e-3), pytest.approx(42.85, abs=1e-3))
    params = bench.space.free_to_know("params", bench.space.rows)
    assert spearmanr(params, values).statistic == pytest.approx(0.810, abs=5e-4)
    latency = bench.space.free_to_know("latency_ms_zcu102", bench.space.rows)
    assert 0 < np.isnan(latency).sum() < len(latency)
    twice = np.abs(bench.data.numbers("valid_acc_run0") - bench.data.numbers("valid_acc_run1"))
    twice = twice[np.isfinite(twice)]
    assert len(twice) == 13
    assert np.sqrt((twice**2).mean() / 2) == pytest.approx(0.27, abs=5e-3)
    result = weaknas.search(
        bench, weaknas.strategy("nsga2", bench.space, costs=["latency_ms_zcu102"], population=9), 40
    )
    assert result.history[result.history["front"]]["latency_ms_zcu102"].notna().all()


def test_subnetworks_at_224_pixels():
    bench = opened("ofa/imagenet-r224")
    values, rows = bench.evaluate(bench.space.rows).scores, bench.space.rows
    assert (values.min(), values.max()) == (pytest.approx(70.998, abs=1e-3), pytest.approx(77.466, abs=1e-3))
    cost = bench.space.base.cost(rows)
    np.testing.assert_array_equal(cost.macs, bench.data.numbers("macs"))
    np.testing.assert_array_equal(cost.params, bench.data.numbers("params"))
    assert spearmanr(cost.macs, values).statistic == pytest.approx(0.950, abs=5e-4)
    assert int(bench.data.numbers("repeats").sum()) == 2373
    references = [
        metric.reference for metric in weaknas.benchmark("ofa/imagenet-r224", objective="valid,macs").objectives
    ]
    assert references == [70, 450e6]


@pytest.mark.parametrize(("name", "best"), [("naval-propulsion", 3.191e-5), ("protein-structure", 0.22138)])
def test_losses_of_small_networks(name, best):
    bench = opened(f"fcnet/{name}")
    assert (bench.metric.minimize, bench.space.size) == (True, 62_208)
    assert bench.optimum.valid == pytest.approx(best, rel=1e-3)
    result = weaknas.search(bench, weaknas.strategy("regularized-evolution", bench.space, seed=0), 60)
    assert result.best.valid == np.nanmin(result.history["valid_loss"]) < np.median(result.history["valid_loss"])


def test_two_texts_that_differ_in_layers_that_are_not_there_are_one_network():
    bench = opened("hwgpt/m")
    rows = bench.space.rows
    other = rows.copy()
    other[~bench.space.base.matters(other)] = 2
    assert (other != rows).any()
    np.testing.assert_array_equal(bench.evaluate(other).scores, bench.evaluate(rows).scores)
