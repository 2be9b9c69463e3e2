import json

import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas
from weaknas.errors import InvalidOption, InvalidTable, MissingExtra, NotFound
from weaknas.table_file import TableFile
from weaknas_benchmarks.nasbench301 import FILE, nasbench301
from weaknas_benchmarks.store import find

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def folder():
    pytest.importorskip("onnxruntime", reason="needs the extra nb301")
    try:
        return find(FILE).parent
    except ValueError:
        pytest.skip(f"needs {FILE}: name its directory in WEAKNAS_DATA")


@pytest.fixture(scope="module")
def bench(folder):
    return weaknas.benchmark("nasbench301")


def test_published_cells_get_the_published_predictions(bench, folder):
    cases = json.loads((folder / "nb301_surrogate.json").read_text())["cases"]
    for name in ("darts-v1", "darts-v2"):
        case = cases[name.upper().replace("-", "_")]
        row = bench.space.from_str([bench.space.published[name]])
        assert bench._encoded(row).tolist() == [case["x_cat"]]
        for epochs, (accuracy, seconds) in case["expected"].items():
            measured = bench.evaluate(row, int(epochs))
            assert measured.scores[0] == pytest.approx(accuracy, abs=2e-3)
            assert measured.train_seconds[0] == pytest.approx(seconds, rel=1e-4)
    assert bench.evaluate(row).scores[0] == pytest.approx(95.46, abs=2e-3)


def test_it_goes_along_with_another_surrogate(bench, folder):
    """NASLib's values of 725 cells, by yet another model: Spearman 0.905, about 1.3 points lower."""
    table = TableFile(folder / "nasbench301-naslib-zc.parquet")
    texts = []
    for text in table.texts():
        kinds = dict(part.split(":") for part in text.split("|"))
        terms = {kind: kinds[key].split(";") for kind, key in (("normal", "normal"), ("reduction", "reduce"))}
        joined = {k: "+".join(",".join(t[i : i + 2]) for i in range(0, len(t), 2)) for k, t in terms.items()}
        texts.append("/".join(f"{kind}:{cell}" for kind, cell in joined.items()))
    ours, theirs = bench.evaluate(bench.space.from_str(texts)).scores, table.numbers("surrogate_valid_acc")
    assert spearmanr(ours, theirs).statistic == pytest.approx(0.905, abs=1e-3)
    assert (ours - theirs).mean() == pytest.approx(1.3, abs=0.1)


def test_a_training_goes_on_for_the_difference_and_its_seconds_are_predicted(bench):
    assert bench.fidelities == (12, 25, 49, 98)
    assert bench.resumable
    result = weaknas.search(bench, weaknas.strategy("asha", bench.space, fidelities=bench.fidelities, seed=0), 3)
    assert result.estimated
    assert result.history["cost"].iloc[-1] <= 3 + 1e-9
    with pytest.raises(InvalidOption, match="knows 1 to 98 epochs, not 99"):
        bench.evaluate(bench.space.sample(1, np.random.default_rng(0)), 99)


def test_noise_is_of_the_seed(folder):
    one, other = (nasbench301(noise=0.2, seed=seed) for seed in (0, 1))
    rows = one.space.sample(20, np.random.default_rng(0))
    assert (one.evaluate(rows).scores != other.evaluate(rows).scores).all()
    assert (one.evaluate(rows).scores == one.evaluate(rows).scores).all()


def test_another_file_is_refused(folder, tmp_path):
    (tmp_path / FILE).write_bytes((folder / FILE).read_bytes()[:-1] + b"x")
    with pytest.raises(InvalidTable, match="is not the published surrogate"):
        nasbench301(file=tmp_path / FILE)


def test_a_file_that_is_not_there_is_one_sentence(folder, tmp_path):
    with pytest.raises(NotFound, match=r"the surrogate cannot be read: .*none\.onnx"):
        nasbench301(file=tmp_path / "none.onnx")


def test_all_published_cases(bench, folder):
    """What the model reads of them, back to cells: operations by edge, in the order of the edges."""
    cases = json.loads((folder / "nb301_surrogate.json").read_text())["cases"]
    names = ["", *sorted(bench.space.ops)]
    for case in cases.values():
        cells = []
        for codes in (case["x_cat"][:14], case["x_cat"][14:28]):
            nodes = [codes[0:2], codes[2:5], codes[5:9], codes[9:14]]
            terms = [[f"{names[op]}~{source}" for source, op in enumerate(node) if op] for node in nodes]
            cells.append("+".join(map(",".join, terms)))
        row = bench.space.from_str([f"normal:{cells[0]}/reduction:{cells[1]}"])
        assert bench._encoded(row).tolist() == [case["x_cat"]]
        found = [bench.evaluate(row, int(epochs)).scores[0] for epochs in case["expected"]]
        assert found == pytest.approx([accuracy for accuracy, _ in case["expected"].values()], abs=2e-3)


def test_without_onnxruntime_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"pip install 'weaknas\[nb301\]'"):
        nasbench301()
