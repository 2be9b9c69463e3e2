from types import SimpleNamespace

import numpy as np

from weaknas.account import LEAST, Account
from weaknas.measurements import Measurements
from weaknas.metrics import ACCURACY
from weaknas.spaces import Choices

SPACE = Choices({"a": range(5), "b": range(4)})
ROWS = SPACE.enumerate()


def entered(account, rows, scores, fidelity=None, share=1.0, seconds=1.0):
    measured = Measurements(np.array(scores, dtype=float), np.full(len(rows), seconds))
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


def test_on_one_schedule_only_the_rest_of_a_training_is_paid_for():
    whole, resumed = (Account(SimpleNamespace(metric=ACCURACY), resumable) for resumable in (False, True))
    for account in (whole, resumed):
        entered(account, ROWS[:2], [1, 2], fidelity=1, share=0.25)
        entered(account, ROWS[1:3], [3, 4], seconds=4)
        entered(account, ROWS[1:2], [3], fidelity=2, share=0.5)  # on the way to what was paid for, but not seen then
    assert whole.costs == [0.25, 0.25, 1, 1, 0.5]
    assert resumed.costs == [0.25, 0.25, 0.75, 1, 0.5]
    assert np.concatenate(resumed.train_seconds).tolist() == [1, 1, 3, 4, 1]
    assert resumed.spent == 2.75
