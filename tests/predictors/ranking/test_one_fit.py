import pytest

from weaknas.errors import InvalidOption
from weaknas_predictors.ranking.one_fit import Fit, RankingProtocol, check_size, encodings_of, measure

HERE = RankingProtocol("digits", pool=2000)


def test_seeds_draw_training_sets_and_low_fidelity_scores_help():
    first, second = (measure(HERE, Fit("random-forest", "onehot", 30, seed)) for seed in range(2))
    assert first["tau"] != second["tau"]
    helped = measure(RankingProtocol("digits", pool=2000, low_fidelity=4), Fit("random-forest", "onehot", 30, 0))
    assert helped["tau"] > first["tau"] + 0.1


def test_too_large_a_training_set_is_refused():
    with pytest.raises(InvalidOption, match="has 15,625 architectures: too few to train on 8,000"):
        check_size(HERE, 8000)


def test_a_pool_in_which_nothing_can_be_ranked_is_refused():
    for pool in (-1, 0, 1):
        with pytest.raises(InvalidOption, match=f"a pool of {pool} cannot be ranked"):
            check_size(RankingProtocol("digits", pool=pool), 10)


def test_predictors_are_compared_on_the_same_features(tmp_path):
    """By default one that lists no encodings gets the space's default, and a built-in its richer ones."""
    copied = tmp_path / "copied.py"
    copied.write_text("from weaknas_predictors.knn import KNN as Theirs\nclass KNN(Theirs):\n    @property\n"
                      "    def encodings(self):\n        raise AttributeError\n")  # fmt: skip
    mine, rich = f"{copied}:KNN", "adjacency+path:40+counts+wl"
    found = {
        name: [encodings_of(HERE, name, word) for word in ("default", "shared")] for name in (mine, "knn", "gp-wl")
    }
    assert found == {mine: [["onehot"], [rich]], "knn": [[rich], [rich]], "gp-wl": [["graph"], []]}
    on_rich, on_default, built_in = (
        measure(HERE, Fit(name, kind, 30, 0))["tau"] for name, kind in ((mine, rich), (mine, "onehot"), ("knn", rich))
    )
    assert on_rich == built_in > on_default
