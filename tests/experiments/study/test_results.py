"""Reading results, finished or not."""

import json

import pytest

from weaknas.errors import InvalidTable
from weaknas_experiments.study import folder
from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.manifest import MANIFEST
from weaknas_experiments.study.one_run import FinishedRun
from weaknas_experiments.study.results import load


def test_runs_that_are_not_merged_yet_are_read_too(results_of, tmp_path):
    results_of("out")
    rows, timings = folder.read_merged(tmp_path / "out")
    for name in (folder.RESULTS, folder.TIMINGS):
        (tmp_path / "out" / name).unlink()
    with pytest.raises(InvalidStudy, match="holds no finished run yet"):
        load(tmp_path / "out")
    (tmp_path / "out/runs").mkdir()
    folder.write_run(tmp_path / "out", FinishedRun(rows.slice(0, 40), timings.to_pylist()[0]))
    read = load(tmp_path / "out")
    assert read.frame["arch"].tolist() == rows["arch"].to_pylist()[:40]
    assert len(read.timings) == 1


@pytest.mark.parametrize(("key", "column"), [("benchmarks", "benchmark 'toy'"), ("strategies", "label 'random'")])
def test_a_label_that_the_manifest_does_not_know_is_refused(results_of, tmp_path, key, column):
    results_of("out")
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text())
    manifest[key] = {f"other {label}": card for label, card in manifest[key].items()}
    (tmp_path / "out" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(InvalidTable, match=f"says nothing of the {column} of the results; add it"):
        load(tmp_path / "out")
