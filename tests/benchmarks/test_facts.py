import numpy as np
import pytest

from weaknas.errors import NotFound
from weaknas.table_file import TableFile
from weaknas_benchmarks import facts
from weaknas_benchmarks.store import find

pytestmark = pytest.mark.data


def test_facts_of_nasbench201(nasbench201_file):
    checks = list(facts.check(TableFile(nasbench201_file)))
    assert len(checks) > 10
    assert all(check.holds for check in checks), [check for check in checks if not check.holds]


@pytest.mark.slow
def test_facts_of_nasbench101(nasbench101_file):
    checks = list(facts.check(TableFile(nasbench101_file)))
    assert len(checks) > 8
    assert all(check.holds for check in checks), [check for check in checks if not check.holds]
    test = TableFile(nasbench101_file).numbers("test_acc")
    np.testing.assert_allclose(np.sort(test)[-2:], [94.234, 94.3176], atol=1e-3)


def test_a_fact_that_does_not_hold_is_reported(cifar100_file, monkeypatch):
    table = TableFile(cifar100_file)
    original = TableFile.numbers
    monkeypatch.setattr(TableFile, "numbers", lambda self, c: original(self, c) + (c in ("valid_acc", "params")))
    failed = {check.what for check in facts.check(table) if not check.holds}
    assert failed == {"best valid_acc: 73.493", "parameters reproduced for every row"}


@pytest.mark.parametrize(
    ("name", "facts_of_it"),
    [
        ("hwgpt-l", {"best perplexity: 18.577", "MACs reproduced for every row", "perplexity has numbers"}),
        ("ofa-mbv3-w1.0-r224-imagenet", {"MACs reproduced for every row", "valid_acc_run3 in percent"}),
    ],
)
def test_facts_follow_the_metrics_and_the_space(name, facts_of_it):
    try:
        table = TableFile(find(f"{name}.parquet"))
    except NotFound:
        pytest.skip(f"needs the real table {name}: name its directory in WEAKNAS_DATA")
    checks = list(facts.check(table))
    assert all(check.holds for check in checks), [check for check in checks if not check.holds]
    assert facts_of_it <= {check.what for check in checks}
