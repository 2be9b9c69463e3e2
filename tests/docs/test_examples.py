"""The plug-ins of docs/examples: a plain file, and a package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import weaknas
from weaknas.spaces import NasBench201

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
KNN = f"{EXAMPLES / 'knn.py'}:KNN"


def test_the_file_is_a_predictor_by_its_path(toy):
    strategy = weaknas.strategy("weaknas", toy.space, predictor=KNN, seed=0)
    assert weaknas.search(toy, strategy, budget=40).best.queries == 40


def test_the_nearest_architectures_give_mean_and_spread():
    space = NasBench201()
    rows = space.enumerate()[1000:1003]
    features = space.encode(rows, "path")
    assert weaknas.predictor(KNN, k=1).fit(features, [50, 60, 70]).predict(features).tolist() == [50, 60, 70]
    mean, std = weaknas.predictor(KNN).fit(features, [50, 60, 70]).predict(features[:1], return_std=True)
    np.testing.assert_allclose([*mean, *std], [60, np.std([50, 60, 70])])


@pytest.mark.slow
def test_the_package_installs_and_its_predictor_is_found(tmp_path, toy_file):
    source = shutil.copytree(EXAMPLES / "plugin-package", tmp_path / "source")  # a build leaves files behind
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    python("-m", "pip", "install", *offline, "--target", tmp_path / "site", source)

    def cli(*arguments: object) -> str:
        return python("-c", "from weaknas.cli import main; main()", *arguments, PYTHONPATH=str(tmp_path / "site"))

    assert cli("list", "predictors", "example-*").split() == ["example-median"]
    assert "example-median" in cli("search", toy_file, "--predictor", "example-median", "--budget", 40)


def python(*arguments: object, **environment: str) -> str:
    """Return what another process prints."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True).stdout


def test_the_median_comes_with_a_spread():
    plugin = f"{EXAMPLES / 'plugin-package' / 'weaknas_example_plugin.py'}:MedianOfRidges"
    features = NasBench201().encode(NasBench201().enumerate()[::100])
    scores = 60 + 5 * features[:, 0] - 3 * features[:, 7]
    predictor = weaknas.predictor(plugin, members=5, alpha=0.1, random_state=0).fit(features, scores)
    middle, std = predictor.predict(features, return_std=True)
    np.testing.assert_allclose(middle, scores, atol=0.5)
    assert (std > 0).all()
    assert len(predictor.ridges_) == 5
