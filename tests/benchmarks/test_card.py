"""A card may be anyone's: it is data, and what is wrong with it is one sentence."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weaknas.errors import InvalidTable, NotFound, UntrustedName, WeaknasError, as_sentence
from weaknas.spaces import NasBench201, OfaMobileNetV3
from weaknas.table_file import TableFile
from weaknas_benchmarks import facts
from weaknas_benchmarks.card import space_of
from weaknas_benchmarks.finder import open_table

CARD = {
    "format": 1,
    "rows": 4,
    "benchmark": "mine",
    "dataset": "data",
    "epochs": 6,
    "unit": "percent",
    "network": {"channels": 1, "classes": 10, "side": 8, "width": 8},
}
CELLS, MOBILE = NasBench201(), OfaMobileNetV3(1.2, resolutions=[160])
SPACES = {
    "listed": ({"a": ["x", "y"], "b": ["1", "2"]}, ["x;1", "x;2", "y;1", "y;2"]),
    "named": ("nasbench201", CELLS.to_str(CELLS.enumerate()[:4])),
    "with options": (
        {"space": "ofa-mbv3", "width": 1.2, "resolutions": [160]},
        MOBILE.to_str(MOBILE.sample(4, np.random.default_rng(0))),
    ),
}


def write(path, texts, card):
    table = pa.table({"arch": texts, "valid_acc": [1.0, 2.0, 3.0, 4.0], "params": [1, 2, 3, 4]})
    pq.write_table(table.replace_schema_metadata({"weaknas": card}), path)
    return path


def use(path):
    bench = open_table(path, "t")
    bench.space.free_to_know("params", bench.space.rows)
    bench.report(bench.space.rows)
    assert bench.fidelities == ()
    list(facts.check(TableFile(path)))


@pytest.mark.parametrize("space", SPACES)
def test_a_card_altered_anywhere_is_used_or_refused_with_one_sentence(tmp_path, odd_values, space):
    described, texts = SPACES[space]
    sound = {**CARD, "space": described}
    use(write(tmp_path / "t.parquet", texts, json.dumps(sound)))
    for mutant in odd_values(sound):
        said = ""
        try:
            use(write(tmp_path / "t.parquet", texts, json.dumps(mutant)))
        except WeaknasError as error:
            said = as_sentence(error)
        assert len(said) < 900
        assert "\x1b" not in said


def test_a_card_never_opens_a_file_or_runs_code(tmp_path):
    for name in ("secret.toml", str(tmp_path / "secret.toml")):
        with pytest.raises(UntrustedName, match="names the file"):
            space_of({"space": name})
        with pytest.raises(UntrustedName, match="names the file"):
            space_of({"space": {"space": name}})
    with pytest.raises(UntrustedName, match="named by data"):
        space_of({"space": "evil.py:space"})


@pytest.mark.parametrize(
    "options", ["234", None, [None], [["2"]], [""], {"2": 1}, [], ["2", "2"], ["a;b"], range(2000)]
)
def test_options_that_are_no_list_of_texts_are_refused_in_a_few_words(options):
    options = list(options) if isinstance(options, range) else options
    with pytest.raises(InvalidTable, match="the table's card") as caught:
        space_of({"space": {"depth": options}})
    assert len(str(caught.value)) < 600


def test_the_card_names_or_lists_the_space():
    assert space_of({"space": "nasbench201"}).name == "nasbench201"
    assert space_of({"space": {"a": ["1"]}, "benchmark": "mine"}).name == "mine"
    with pytest.raises(NotFound, match="no space named 'nasbench'; did you mean nasbench"):
        space_of({"space": "nasbench"})
    with pytest.raises(InvalidTable, match="does not say which space"):
        space_of({})
