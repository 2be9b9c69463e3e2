from types import SimpleNamespace

import numpy as np

from weaknas.account import LEAST, Account
from weaknas.measurements import Measurements
from weaknas.metrics import ACCURACY
from weaknas.spaces import Choices

SPACE = Choices({"a": range(5), "b": range(4)})
ROWS = SPACE.enumerate()


def entered(account, rows, scores, fidelity=None, share=1.0):
    measured = Measurements(np.array(scores, dtype=float), np.ones(len(rows)))
    return account.enter(rows, SPACE.code(rows), measured, fidelity, share)


def test_what_is_known_at_a_fidelity_is_not_entered_again():
    account = Account(SimpleNamespace(metric=ACCURACY))
    assert entered(account, ROWS[:3], [1, 2, 3]) == 3
    assert entered(account, ROWS[2:4], [3, 4]) == 1
    assert entered(account, ROWS[2:4], [3, 4], fidelity=12, share=0.06) == 2
    assert account.batch.tolist() == ROWS[[0, 1, 2, 3, 2, 3]].tolist()
    assert account.fidelities == [None] * 4 + [12] * 2


def test_shares_of_a_query_add_up():
    account = Account(SimpleNamespace(metric=ACCURACY))
    for i in range(10):
        entered(account, ROWS[i : i + 1], [1], fidelity=1, share=0.1)
    assert abs(account.spent - 1) < LEAST


def test_the_best_is_of_full_fidelity_and_never_a_failure():
    account = Account(SimpleNamespace(metric=ACCURACY))
    entered(account, ROWS[:2], [99, 98], fidelity=12, share=0.06)
    assert np.isnan(account.best)
    entered(account, ROWS[:3], [np.nan, 5, 4])
    assert account.best == 5
