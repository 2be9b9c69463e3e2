"""What must be true of submitted results, beyond what is true of any."""

import pytest

STRATEGIES = ("random", "regularized-evolution", "local search", "weak, ridge")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: f.drop(columns="arch"), "no column arch"),
        (lambda f: f.assign(seed="one"), "the column seed holds"),
        (lambda f: f.assign(query=f["query"] + 0.5), "the column query holds double, not int32"),
        ({"options": "{batch: 3}"}, "no JSON"),
        ({"predictor": "mlp"}, "stands for several strategies"),
        (lambda f: f.assign(hit_valid=f["hit_valid"].where(f["seed"] > 0)), "hit_valid is empty, and elsewhere not"),
        (lambda f: f.assign(arch=f["arch"].iloc[0]), "paid for again"),
        (lambda f: f[f["seed"] < 9], "local search on digits has 9 seeds, 10 are needed"),
        (lambda f: f[~((f["seed"] == 4) & (f["query"] == 60))], "a run ends before its budget"),
    ],
)  # fmt: skip
def test_results_that_are_not_complete_are_refused(handed, refused, change, message, spoil):
    spoil(handed, change)
    assert message in refused()


def test_runs_that_stop_at_the_optimum_may_be_short_if_they_found_it(handed, refused, spoil, say):
    spoil(handed, lambda frame: frame[frame["query"] <= 50])
    say(handed, stop="optimum")
    assert "a run ends before its budget" in refused()
    spoil(handed, lambda frame: frame.assign(hit_valid=True, hit_test=False))
    assert "a run ends before its budget" in refused()
    say(handed, stop="valid-optimum")
    assert "hit_valid says otherwise" in refused()
    say(handed, stop="optimum")
    spoil(handed, lambda frame: frame.assign(hit_test=True))
    assert "says otherwise" in refused()


def test_a_budget_that_was_not_kept(handed, refused, say):
    say(handed, strategies={name: {"budget": 50} for name in STRATEGIES})
    assert "a run goes on after its budget" in refused()
    say(handed, strategies={name: {"budget": 70} for name in STRATEGIES})
    assert "a run ends before its budget" in refused()


def test_the_number_of_seeds_is_the_keepers_choice(cli, handed, tmp_path, spoil):
    spoil(handed, lambda frame: frame[frame["seed"] < 3])
    arguments = ("--board", tmp_path / "board", "--who", "A", "--min-seeds", 3)
    assert cli("leaderboard", "submit", handed, *arguments)[0] == 0
