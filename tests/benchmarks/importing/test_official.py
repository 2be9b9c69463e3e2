import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture, InvalidTable
from weaknas.spaces import NasBench201
from weaknas_benchmarks.importing.official import ImportedTable

SPACE = NasBench201()
TEXTS = SPACE.to_str(SPACE.enumerate())


def made_up(best, texts=TEXTS):
    values = np.linspace(10, best, len(texts))
    columns = {"arch": texts, "valid_acc": values, "test_acc": values - best + 73.513}
    return ImportedTable("cifar100", columns, {"source": "file.pth"}, 15_625)


def test_a_complete_table_has_the_published_optimum():
    made_up(73.493).check(SPACE)
    made_up(73.55).check(SPACE)
    with pytest.raises(InvalidTable, match=r"best valid_acc on cifar100 is 74\.000, and 73\.493 was published"):
        made_up(74).check(SPACE)
    with pytest.raises(InvalidTable, match="best valid_acc on cifar100 is nan"):
        made_up(np.nan).check(SPACE)
    made_up(74, TEXTS[:-1]).check(SPACE)


def test_an_architecture_twice_is_refused():
    with pytest.raises(InvalidArchitecture, match="twice"):
        made_up(50, TEXTS[:5] + TEXTS[:1]).check(SPACE)


def test_a_table_without_validation_accuracies_is_refused():
    table = ImportedTable("cifar100", {"arch": []}, {"source": "file.pth"}, 15_625)
    with pytest.raises(InvalidTable, match=r"file\.pth has no validation accuracies of cifar100"):
        table.check(NasBench201())
