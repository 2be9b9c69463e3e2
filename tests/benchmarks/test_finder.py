import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weaknas
from weaknas.errors import WeaknasError


@pytest.fixture
def mine(tmp_path, write_unsealed):
    return write_unsealed(tmp_path / "mine.parquet")


def test_a_table_is_a_benchmark_by_its_file_name(mine):
    bench = weaknas.benchmark(str(mine))
    assert bench.space.size == 4
    assert bench.evaluate(bench.space.from_str(["y;1"])).scores.tolist() == [3.0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_table_with_a_flipped_bit_is_refused_or_reads_the_same(mine, share, bit):
    content = bytearray(mine.read_bytes())
    at = int(share * len(content))
    content[at] ^= 1 << bit
    altered = mine.with_name("altered.parquet")
    altered.write_bytes(content)
    try:
        bench = weaknas.benchmark(str(altered))
    except WeaknasError:
        return
    rows = bench.space.rows
    scores = dict(zip(bench.space.to_str(rows), bench.evaluate(rows).scores, strict=True))
    assert scores == {"x;1": 1.0, "x;2": 2.0, "y;1": 3.0, "y;2": 4.0}
