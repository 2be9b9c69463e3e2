import pandas as pd

from weaknas_predictors.ranking import grid, report

FRAME = pd.DataFrame(
    [
        {**dict.fromkeys(grid.COLUMNS, 1.0), "predictor": name, "encoding": "onehot"}
        | {"train_size": size, "seed": seed, "tau": 0.1 * better + 0.001 * size + 0.01 * seed}
        for better, name in enumerate(("mlp", "random-forest"))
        for size in (10, 20)
        for seed in range(2)
    ]
)


def test_the_summary_takes_means_over_seeds_best_first():
    table = report.summary(FRAME)
    assert list(table.train_size) == [10, 10, 20, 20]
    assert list(table.predictor) == ["random-forest", "mlp"] * 2
    assert (table.seeds == 2).all()
    assert table.tau[1] == FRAME.tau[:2].mean()


def test_the_figure_draws_tau_against_size_and_time():
    curves, times = report.figure(FRAME, "digits").axes
    assert (curves.get_xlabel(), curves.get_title("left")) == ("training architectures", "digits")
    assert "20 training architectures" in times.get_xlabel()
