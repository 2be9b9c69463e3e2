"""`weaknas data build` on the device, and the torch predictors."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from setting import Setting

import weaknas
from weaknas import scoring
from weaknas_benchmarks.building.build_spec import BuildSpec
from weaknas_benchmarks.building.recipe import Recipe
from weaknas_benchmarks.building.run_build import build, measure_rows


def build_table(setting: Setting) -> Iterator[dict[str, Any]]:
    """Architectures trained at once on the device, one after the other there, and on one core of the processor."""
    sizes, recipe = setting.sizes, Recipe(epochs=setting.sizes.epochs)
    spec = BuildSpec("gpu", device=str(setting.device), limit=sizes.cells, recipe=recipe)
    single = spec.rows[:1]
    measure_rows(spec, single, epochs=1)  # makes the images, warms up
    many = sizes.cells / setting.seconds(lambda: build(spec, setting.folder / "shards"))
    yield {"what": f"{sizes.cells} at once", "architectures_per_second": many}
    alone = 1 / setting.seconds(lambda: measure_rows(spec, single))
    yield {"what": "one at a time", "architectures_per_second": alone, "times_slower": many / alone}
    if setting.on_gpu:
        cpu = BuildSpec("cpu", limit=1, recipe=recipe)
        measure_rows(cpu, single, epochs=1)
        core = 1 / setting.seconds(lambda: measure_rows(cpu, single))
        yield {"what": "one at a time on a core", "architectures_per_second": core, "times_slower": many / core}


def predictors(setting: Setting) -> Iterator[dict[str, Any]]:
    """Fit and scoring of the torch predictors, which know no device: they run on the processor of this machine."""
    sizes, bench = setting.sizes, weaknas.benchmark("digits")
    rows = bench.space.sample(sizes.fitted + sizes.predicted, np.random.default_rng(0))
    scores = bench.evaluate(rows[: sizes.fitted]).scores
    for name in sizes.predictors:
        model = weaknas.predictor(name)
        features = bench.space.encode(rows, scoring.encoding_of(model, bench.space))
        fit = setting.seconds(lambda: scoring.fit(model, features[: sizes.fitted], scores))  # noqa: B023
        score = setting.seconds(lambda: scoring.predict(model, features[sizes.fitted :]))  # noqa: B023
        yield {"what": f"{name}, on the CPU", "fit_seconds": fit, "scored_per_second": sizes.predicted / score}
