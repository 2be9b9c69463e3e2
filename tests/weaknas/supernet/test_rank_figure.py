"""The picture of a ranking: a panel for each scheme, and one of tau."""

import numpy as np

from weaknas.supernet.rank_figure import draw_ranking
from weaknas.supernet.ranking import Scores, distinct_of, rank


def test_every_scheme_has_its_panel_and_all_taus_one(toy):
    batch = distinct_of(toy, 30)
    true = toy.report(batch).test
    values = np.stack([true, -true, np.zeros(30)])
    scores = {
        name: Scores(values[:seeds], 0.1, name, (0, 1, 2)[:seeds])
        for seeds, name in ((1, "$one"), (2, "two"), (3, "x"))
    }
    found = rank(toy, batch, scores, true)
    figure = draw_ranking(found, scores, "toy")
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title(loc="left") for ax in shown[:3]] == [
        r"\$one: tau 1.000",
        "two: tau 0.000",
        "x: tau 0.000",
    ]
    points = np.asarray(shown[0].collections[0].get_offsets())
    assert np.array_equal(points, np.column_stack([true, true]))
    *_, last = shown
    assert [label.get_text() for label in last.get_yticklabels()] == [r"\$one", "two", "x", "params", "macs"]
    assert [bar.get_width() for bar in last.patches][:1] == [1.0]
    assert len(shown) == 4 < len(figure.axes)
