import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption, InvalidTable, NotFound
from weaknas_benchmarks.ofa import INPUTS, OfaSurrogate, read_weights
from weaknas_benchmarks.store import find

SHAPES = [(400, 128), (400,), (400, 400), (400,), (400, 400), (400,), (1, 400), (1,)]
NAMES = [f"{2 * i}.{part}" for i in range(4) for part in ("weight", "bias")]


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    return [rng.normal(0, 0.05, shape).astype(np.float32) for shape in SHAPES]


def real(file):
    try:
        return find(file)
    except NotFound:
        pytest.skip(f"needs the real file {file}: name its directory in WEAKNAS_DATA")


@pytest.mark.data
def test_the_measured_networks():
    real("ofa-mbv3-w1.0-imagenet.parquet")
    bench = weaknas.benchmark("ofa/imagenet")
    assert bench.space.size == 2_610
    assert bench.optimum.valid == pytest.approx(76.072, abs=1e-3)
    for name in ("macs", "params", "peak_memory_bytes"):
        assert (bench.space.free_to_know(name, bench.space.rows) > 0).all()
    assert (
        spearmanr(bench.space.free_to_know("macs", bench.space.rows), bench.evaluate(bench.space.rows).scores)[0] > 0.8
    )
    for name in ("random", "regularized-evolution", "weaknas"):
        result = weaknas.search(bench, weaknas.strategy(name, bench.space, seed=0), 60)
        assert len(result.history) == 60


@pytest.mark.data
@pytest.mark.parametrize(
    ("sizes", "expected"), [((128,), 0.868), ((160,), 0.879), ((192,), 0.888), ((160, 192), 0.957)]
)
def test_the_surrogate_ranks_the_measured_networks_as_published(sizes, expected):
    real("ofa-mbv3-w1.0-imagenet.parquet"), real("ofa_mbv3_acc_predictor.npz")
    table = weaknas.benchmark("ofa/imagenet")
    bench = weaknas.benchmark("ofa-surrogate/imagenet", resolutions=INPUTS)
    texts = [text for text in table.space.to_str(table.space.rows) if text.startswith(tuple(f"r{s};" for s in sizes))]
    measured = table.evaluate(table.space.from_str(texts)).scores
    predicted = bench.evaluate(bench.space.from_str(texts)).scores
    assert spearmanr(measured, predicted)[0] == pytest.approx(expected, abs=1e-3)
    assert 60 < predicted.min() < predicted.max() < 90


@pytest.mark.data
def test_a_search_of_the_surrogate_stays_in_its_window_of_macs():
    real("ofa_mbv3_acc_predictor.npz")
    bench = weaknas.benchmark("ofa-surrogate/imagenet", macs=(350e6, 400e6), noise=0.2, seed=1)
    assert "not measurements" in bench.note
    for name, options in (
        ("random", {}),
        ("regularized-evolution", {"population": 10}),
        ("weaknas", {"candidates": 500}),
    ):
        result = weaknas.search(bench, weaknas.strategy(name, bench.space, seed=0, **options), 40)
        macs = bench.space.base.cost(bench.space.from_str(result.history["arch"])).macs
        assert macs.min() >= 350e6
        assert macs.max() <= 400e6
        assert np.isnan(result.best.simulated_hours)


def test_the_perceptron_is_what_its_weights_say(weights):
    bench = OfaSurrogate(weights, resolutions=(160, 224))
    (row,) = batch = bench.space.sample(1, np.random.default_rng(3))
    x = np.zeros(128)
    depth = row[1:6] + 2
    for slot in range(20):
        if slot % 4 < depth[slot // 4]:
            x[3 * slot + row[6 + slot]] = 1
            x[60 + 3 * slot + row[26 + slot]] = 1
    x[120 + INPUTS.index((160, 224)[row[0]])] = 1
    for i in range(0, 6, 2):
        x = np.maximum(weights[i] @ x + weights[i + 1], 0)
    expected = 100 * (weights[6] @ x + weights[7])[0]
    assert bench.evaluate(batch).scores[0] == pytest.approx(expected, rel=1e-4)
    assert bench.report(batch).valid[0] == pytest.approx(expected, rel=1e-4)
    assert np.isnan(bench.report(batch).optimum.valid)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resolutions": (160, 161)}, "resolutions are among 112, 128"),
        ({"resolutions": ()}, "resolutions are among"),
        ({"macs": (5e8, 4e8)}, "least below most"),
        ({"macs": (-1, 4e8)}, "least below most"),
    ],
)
def test_options_outside_their_range_are_refused(weights, options, message):
    with pytest.raises(InvalidOption, match=message):
        OfaSurrogate(weights, **options)


def test_what_the_surrogate_does_not_have_is_refused(weights):
    bench = OfaSurrogate(weights, macs=(100e6, 200e6))
    inside = bench.space.sample(1, np.random.default_rng(0))
    with pytest.raises(InvalidOption, match="no fidelities"):
        bench.evaluate(inside, fidelity=3)
    largest = np.full((1, 46), 2, dtype=np.int8)
    with pytest.raises(InvalidArchitecture, match="with 100 to 200 million MACs"):
        bench.evaluate(largest)


def test_weights_that_are_none_are_refused(tmp_path, weights):
    path = tmp_path / "weights.npz"
    np.savez(path, **dict(zip(NAMES, weights, strict=True)))
    np.testing.assert_array_equal(read_weights(path)[2], weights[2])
    with pytest.raises(NotFound, match="there is no file"):
        read_weights(tmp_path / "none.npz")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InvalidTable, match="does not hold the weights"):
        read_weights(path)
    np.savez(path, **dict(zip(NAMES, [w[..., :1] for w in weights], strict=True)))
    with pytest.raises(InvalidTable, match="perceptron 128-400-400-400-1"):
        read_weights(path)
