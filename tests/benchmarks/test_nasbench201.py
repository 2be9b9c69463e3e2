import pytest

import weaknas
from weaknas.errors import InvalidOption


@pytest.mark.data
def test_runs_of_nasbench201(nasbench201_file):
    dataset = nasbench201_file.stem.removeprefix("nasbench201-")
    one_run = 0 if dataset == "cifar10" else 8_169
    bench = weaknas.benchmark(f"nasbench201/{dataset}", run="random", seed=3)
    assert bench.note == (f"{one_run:,} of 15,625 rows have one known run only" if one_run else "")
    if one_run:
        with pytest.raises(InvalidOption, match=f"valid_acc_run0 is not known for {one_run:,}"):
            weaknas.benchmark(f"nasbench201/{dataset}", run=0)
    low = weaknas.benchmark(f"nasbench201/{dataset}", fidelity=12)
    measured = low.evaluate(low.space.rows)
    assert measured.estimated
    assert measured.scores.max() < bench.optimum.valid - 5
