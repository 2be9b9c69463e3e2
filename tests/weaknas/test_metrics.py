import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaknas
from weaknas.errors import InvalidOption
from weaknas.measurements import Optimum
from weaknas.metrics import ACCURACY, Metric
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table

VALUES = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=9)


def test_a_metric_without_more_has_columns_of_its_name():
    loss = Metric("loss", "nats", minimize=True)
    assert (loss.valid, loss.test, loss.direction, str(loss)) == ("loss", "test_loss", "minimize", "loss (nats)")
    assert (ACCURACY.valid, ACCURACY.test, ACCURACY.direction) == ("valid_acc", "test_acc", "maximize")
    assert [loss.text(2.5), loss.text(float("nan")), ACCURACY.text(2.5)] == ["2.5 nats", "not known", "2.500 %"]
    assert [loss.called("loss"), loss.called("test_loss")] == ["loss", "test loss"]
    assert ACCURACY.called("valid_acc") == "validation accuracy"


@given(VALUES, st.booleans())
def test_what_is_oriented_is_better_where_it_is_larger_and_turned_twice_it_is_the_same(values, minimize):
    metric, values = Metric("x", minimize=minimize), np.array(values)
    oriented = metric.oriented(values)
    np.testing.assert_array_equal(metric.oriented(oriented), values)
    np.testing.assert_equal(metric.best(values), float(metric.oriented(np.fmax.reduce(oriented))))


def test_a_card_of_a_metric_is_read_again():
    for metric in (ACCURACY, Metric("energy", "J", minimize=True, free=True, reference=9.5, test="e")):
        assert Metric.from_card(json.loads(json.dumps(metric.card))) == metric
    assert Metric.from_card({"name": "f1"}) == Metric("f1")


@pytest.mark.parametrize(
    "card",
    [
        {},
        [],
        "loss",
        {"name": 3},
        {"name": ""},
        {"name": "a\nb"},
        {"name": " a"},
        {"name": "a,b"},
        {"name": "x" * 101},
        {"name": "loss", "direction": "down"},
        {"name": "loss", "free": "yes"},
        {"name": "loss", "reference": "bad"},
        {"name": "loss", "test": "loss"},
        {"name": "seed"},
        {"name": "loss", "test": "query"},
        {"name": "loss", "colour": "red"},
    ],
)
def test_what_describes_no_metric_is_refused(card):
    with pytest.raises(InvalidOption, match="metric"):
        Metric.from_card(card)


@pytest.mark.parametrize("name", ["weaknas", "regularized-evolution", "local-search", "lanas", "optuna:tpe"])
def test_no_search_depends_on_the_sign(toy_frame, name):
    """The same table with every value negated and to be small gives the same search."""
    metric = Metric("loss", minimize=True)
    negated = toy_frame[["arch"]].assign(loss=-toy_frame["valid_acc"], test_loss=-toy_frame["test_acc"])
    tables = Table.from_frame(toy_frame, NasBench201()), Table.from_frame(negated, NasBench201(), metrics=[metric])
    one, other = (weaknas.search(t, weaknas.strategy(name, t.space, seed=1), 30) for t in tables)
    assert one.history["arch"].tolist() == other.history["arch"].tolist()
    assert one.scores.tolist() == other.scores.tolist()
    assert one.best.valid == -other.best.valid
    assert other.optimum == Optimum(-one.optimum.valid, -one.optimum.test)
