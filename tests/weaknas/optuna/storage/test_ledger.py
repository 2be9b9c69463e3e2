"""The trials of one search as its workers see them: workers that die, ask for the same, or ask for too much."""

import numpy as np
import optuna
import pytest

from weaknas.optuna.storage.backend import GRACE, RETRIES, storage_at
from weaknas.optuna.storage.ledger import Ledger


@pytest.fixture
def ledgers(toy, tmp_path):
    """Two workers' views of one search with a budget of 3."""
    address = f"journal:{tmp_path / 'runs.log'}"
    optuna.create_study(storage=storage_at(address, 1), study_name="s", direction="maximize")
    studies = [optuna.load_study(storage=storage_at(address, 1), study_name="s") for _ in range(2)]
    return [Ledger(study, toy, 3, lambda fidelity: 1.0) for study in studies]


def refreshed(*ledgers):
    for ledger in ledgers:
        ledger.refresh()


def test_what_two_ask_for_at_once_is_evaluated_once(toy, ledgers):
    one, two = ledgers
    for ledger in ledgers:
        ledger.enter(toy.space.rows[7:8], None)
    refreshed(one, two)
    assert one.take().trial.number == 0
    refreshed(two)
    assert two.take() is None
    refreshed(one)
    assert [entry.trial.number for entry in one.entries] == [0]
    assert one.left == 2


def test_a_waiting_trial_is_taken_by_one_of_two(toy, ledgers):
    ledgers[0].enter(toy.space.rows[7:8], None)
    refreshed(*ledgers)
    assert [ledger.take() is None for ledger in ledgers] == [False, True]


def test_what_is_beyond_the_budget_is_withdrawn(toy, ledgers):
    one, two = ledgers
    for i in range(5):
        ledgers[i % 2].enter(toy.space.rows[i : i + 1], None)
    taken = []
    for ledger in (one, two, one, two, one):
        ledger.refresh()
        taken.append(ledger.take())
    assert [entry and entry.trial.number for entry in taken] == [0, 1, 2, None, None]
    refreshed(one)
    assert len(one.entries) == 3
    assert one.left == 0


def test_the_trial_of_a_dead_worker_is_tried_again_and_at_last_given_up(toy, ledgers, monkeypatch):
    one, two = ledgers
    now = 1e9
    monkeypatch.setattr("weaknas.optuna.storage.backend.time.time", lambda: now)
    one.enter(toy.space.rows[7:8], None)
    for attempt in range(RETRIES + 1):
        refreshed(one, two)
        entry = one.take()
        assert entry.trial.number == attempt
        now += GRACE - 0.5
        refreshed(two)
        assert two.take() is None  # it may yet live
        assert two.pending
        now += 1
        refreshed(two)  # finds it stale
        refreshed(two)
    assert not two.pending
    assert np.isnan(two.entries[0].scores).all()
    assert two.left == 2


def test_a_worker_taken_for_dead_does_not_write_over_its_successor(toy, ledgers, monkeypatch):
    one, two = ledgers
    now = 1e9
    monkeypatch.setattr("weaknas.optuna.storage.backend.time.time", lambda: now)
    one.enter(toy.space.rows[7:8], None)
    refreshed(one)
    slow = one.take()
    now += GRACE + 1
    refreshed(two)
    refreshed(two)
    quick = two.take()
    measured, report = toy.evaluate(slow.arch), toy.report(slow.arch)
    two.complete(quick, measured, report)
    one.complete(slow, measured, report)
    refreshed(one)
    assert [entry.trial.number for entry in one.entries] == [1]
    assert one.entries[0].scores == measured.scores[0]


def test_a_trial_whose_finder_died_too_is_tried_again(toy, ledgers):
    one, two = ledgers
    one.enter(toy.space.rows[7:8], None)
    refreshed(one)
    number = one.take().trial._trial_id
    one._storage.set_trial_state_values(number, optuna.trial.TrialState.FAIL)  # and nothing queued up again
    refreshed(two)
    assert two.pending
    assert two.take() is None
    two._grace = -1
    refreshed(two)
    refreshed(two)
    assert two.take().trial.number == 1
