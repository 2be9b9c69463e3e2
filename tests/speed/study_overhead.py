"""What the study runner costs over bare searches: `python tests/speed/study_overhead.py [BENCHMARK]`.

Processor time of the same searches, called one after the other, and as a study in one process (files, hits, merging
and the manifest included; opening the benchmark is in neither).
"""

import sys
import tempfile
from pathlib import Path
from time import process_time

import weaknas
from weaknas_experiments.study.instantiate import make_strategy, open_benchmark
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

STUDY = """
name = "overhead"
budget = 1000
seeds = 3
benchmarks = [{{ name = "{benchmark}" }}]
strategies = [
    {{ name = "random" }},
    {{ name = "regularized-evolution" }},
    {{ name = "local-search" }},
    {{ name = "weaknas", predictor = "ridge", budget = 300 }},
    {{ name = "weaknas", predictor = "xgboost", budget = 300 }},
]
"""


def main(benchmark: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "overhead.toml"
        path.write_text(STUDY.format(benchmark=benchmark))
        planned = plan(load_study(path))
        bare = study = 0.0
        for turn in range(3):  # in turns, so that both see the same machine; the first warms the caches
            start = process_time()
            for spec in planned.specs:
                opened = open_benchmark(spec.benchmark, spec.seed)
                weaknas.search(opened.benchmark, make_strategy(spec.strategy, opened, spec.seed), spec.budget)
            middle = process_time()
            run_study(planned, Path(folder) / str(turn))
            if turn:
                bare, study = bare + middle - start, study + process_time() - middle
    print(f"{len(planned.specs)} runs on {benchmark}: bare {bare / 2:.2f} s, as a study {study / 2:.2f} s")
    print(f"overhead {100 * (study / bare - 1):.1f} %")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "digits")
