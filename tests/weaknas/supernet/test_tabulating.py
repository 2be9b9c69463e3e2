"""Tables with more columns (what `supernet tabulate` writes is tested with the command)."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.supernet.ranking import distinct_of
from weaknas.supernet.tabulating import write_extended
from weaknas_benchmarks.wrappers import Subset


def test_columns_are_added_and_isomorphs_share_them(toy_file, tmp_path):
    truth, out = weaknas.benchmark(str(toy_file)), tmp_path / "more.parquet"
    batch = distinct_of(truth, 40)
    count = write_extended(out, truth, batch, {"zc_number": np.arange(40.0)}, {"scores": "by hand"})
    table = weaknas.benchmark(str(out))
    assert (table.space.size, table.card["benchmark"], table.card["scores"]) == (count, "more", "by hand")
    assert set(truth.space.key(table.space.rows)) == set(truth.space.key(batch))
    assert count > 40
    assert np.array_equal(table.space.free_to_know("zc_number", batch), np.arange(40))
    by_key = dict(zip(truth.space.key(batch), range(40), strict=True))
    wanted = [by_key[key] for key in truth.space.key(table.space.rows)]
    assert table.space.free_to_know("zc_number", table.space.rows).tolist() == wanted
    assert np.array_equal(table.evaluate(batch, 12).scores, truth.evaluate(batch, 12).scores)
    run = table.data.numbers("valid_acc_run2")
    assert np.array_equal(
        run, truth.data.numbers("valid_acc_run2")[truth.space.index(table.space.rows)], equal_nan=True
    )


def test_what_has_no_table_gets_no_columns(toy, tmp_path):
    part = Subset(toy, np.arange(10))
    with pytest.raises(InvalidOption, match="toy is no table of architectures whose accuracies are known"):
        write_extended(tmp_path / "t.parquet", part, part.space.rows, {}, {})
