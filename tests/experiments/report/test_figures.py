import numpy as np
import pandas as pd
import pytest

from weaknas_experiments.report.figures import curves, regret, shares, styles


@pytest.fixture
def bands():
    mean = np.r_[30.0, np.linspace(88, 90, 19)]
    columns = {"label": "a", "queries": np.arange(1.0, 21), "mean": mean, "low": mean - 0.1, "high": mean + 0.1}
    return pd.DataFrame(columns)


def test_a_first_draw_far_below_does_not_flatten_the_curve(bands):
    (axes,) = curves(bands, "queries", "what", "title", styles(["a"]), best=91.0).axes
    low, high = axes.get_ylim()
    assert 85 < low < 88
    assert high > 91


def test_a_regret_is_drawn_on_a_logarithmic_axis_unless_all_of_it_is_zero(bands):
    found = bands.assign(mean=0.0, low=0.0, high=0.0)
    for table, scale in ((bands, "log"), (found, "linear")):
        (axes,) = regret(table, "queries", "what", "title", styles(["a"])).axes
        assert axes.get_yscale() == scale


def test_shares_have_one_panel_for_each_target():
    table = pd.DataFrame({"label": "a", "queries": [0.0, 5.0], "share": [0.0, 1.0]})
    panels = shares({"best test": table, "best validation": table}, "title", styles(["a"])).axes
    assert [panel.get_title("left") for panel in panels] == ["title: best test", "title: best validation"]
