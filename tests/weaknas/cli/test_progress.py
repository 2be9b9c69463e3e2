import io
import signal
import sys

import numpy as np
import pytest

import weaknas
from weaknas.cli.progress import bar, stoppable
from weaknas.loop import Progress
from weaknas.metrics import ACCURACY, Metric


def test_the_bar_knows_the_budget_from_the_start(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    with bar(40, quiet=False, metric=ACCURACY):
        pass
    assert "0/40" in shown.getvalue()
    assert "best not known" in shown.getvalue()


def test_the_best_has_the_unit_of_the_metric(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    with bar(40, quiet=False, metric=Metric("perplexity", minimize=True)) as update:
        update(Progress(20, 40, 12.5, np.zeros((1, 1), np.int8), np.zeros(1)))
    assert "best 12.5" in shown.getvalue()
    assert "%" not in shown.getvalue()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_falls_into_a_destructor_stops_the_search_in_its_next_round(toy, number, monkeypatch):
    class Falls:
        def __del__(self):
            signal.raise_signal(number)

    monkeypatch.setattr(sys, "unraisablehook", lambda raised: None)
    strategy = weaknas.strategy("random", toy.space)
    with stoppable() as check, pytest.raises(weaknas.Interrupted) as stop:
        weaknas.search(toy, strategy, 40, callbacks=[lambda progress: Falls() and None, check])
    assert stop.value.args[0] == number
    assert 1 <= len(stop.value.result.history) <= 40
