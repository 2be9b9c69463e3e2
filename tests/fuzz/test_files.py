"""Any damage to a file of ours: what is read is what was written, or one sentence refuses it.

Results of a search, journals, manifests, cards and official files are damaged where their readers are tested.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weaknas.spaces import Choices, as_rows
from weaknas.table_file import TableFile, write_table
from weaknas_experiments.study import folder
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study
from weaknas_predictors.ranking import grid
from weaknas_predictors.ranking.one_fit import RankingProtocol

STUDY = """
name = "small"
budget = 12
seeds = 2
[[benchmarks]]
name = "digits"
[[strategies]]
name = "random"
[[strategies]]
name = "local-search"
"""


@pytest.fixture
def only_what_was_written(damaged, refused) -> Callable[[Path, Callable[[], Any]], None]:
    """Damage a file in every way: whatever is read of it is as it was."""

    def check(path: Path, read: Callable[[], Any]) -> None:
        content, right = path.read_bytes(), read()
        refusals = 0
        for changed in damaged(content):
            path.write_bytes(changed)
            found: list[Any] = []
            if refused(lambda found=found: found.append(read())):
                refusals += 1
            else:
                assert found == [right], changed[:100]
        assert refusals
        path.write_bytes(content)
        assert read() == right

    return check


def test_tables(only_what_was_written):
    space = {"depth": ["2", "3"], "width": ["16", "32"]}
    columns = {"arch": ["2;16", "2;32", "3;16", "3;32"], "valid_acc": [70.1, 71.3, 71.9, 72.4]}
    path = write_table("mine.parquet", columns, {"benchmark": "mine", "dataset": "photos", "space": space})

    def read() -> Any:
        file = TableFile(path)
        return file.texts(), file.numbers("valid_acc").tolist(), file.card

    only_what_was_written(path, read)


@pytest.mark.parametrize("name", [folder.RESULTS, folder.TIMINGS])
def test_results_of_a_study(name, only_what_was_written):
    Path("study.toml").write_text(STUDY)
    run_study(plan(load_study("study.toml")), Path("study"))

    def read() -> Any:
        results = load("study")
        return results.frame.to_json(), results.timings.to_json()

    only_what_was_written(Path("study") / name, read)


def test_rankings(only_what_was_written):
    path, protocol = Path("ranking.parquet"), RankingProtocol("digits", pool=100)
    grid.rank(protocol, grid.fits(protocol, ["ridge", "knn"], ["onehot"], [10], [0]), path)
    only_what_was_written(path, lambda: grid.load(path)[0].to_json())


def test_encodings(damaged, tmp_path):
    space = Choices({"a": list(range(5)), "b": list(range(7))})
    right = np.array(as_rows(space).encoded("onehot"))
    (path,) = (tmp_path / "cache").rglob("*.npy")
    for changed in damaged(path.read_bytes()):
        path.write_bytes(changed)
        np.testing.assert_array_equal(as_rows(space).encoded("onehot"), right)


@pytest.mark.parametrize("name", ["supernet.safetensors", "state.pt", "run.json", "metrics.parquet"])
def test_runs_of_supernets(name, damaged, refused, cli):
    torch = pytest.importorskip("torch")
    from weaknas.supernet import load as weights

    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8), np.arange(40) % 4
    np.savez("images.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    stage = "[[stage]]\nwidth = [8, 16]\ndepth = [1, 2]\nkernel = [3, 5]\nexpansion = 1\nstride = 2\n"
    head = 'name = "tiny"\nclasses = 4\nresolution = 8\n[stem]\nwidth = 8\nstride = 1\n'
    Path("tiny.toml").write_text(f"{head}{stage}[head]\nwidth = 8\n")
    begin = ("supernet", "train", "tiny.toml", "images.npz", "--scheme", "spos", "--batch", 20, "--out", "run")
    assert cli(*begin, "--steps", 2)[0] == 0
    path = Path("run") / name
    content, right = path.read_bytes(), weights("run/supernet.safetensors").net.state_dict()
    refusals = 0
    for changed in damaged(content):
        path.write_bytes(changed)
        code, _, err = cli(*begin, "--steps", 2)  # the run is finished: it is looked at, and nothing trained
        assert code == 0 or (code == 2 and err.count("\n") == 1), err
        refusals += code == 2
        if name == "supernet.safetensors":
            found: list[Any] = []
            if not refused(lambda found=found: found.append(weights(path).net.state_dict())):
                assert all(torch.equal(found[0][key], right[key]) for key in right)
    assert refusals or name != "run.json"


@pytest.mark.parametrize("ending", ["png", "jpg", "npz"])
def test_images(ending, damaged, refused):
    pytest.importorskip("torch")
    from PIL import Image

    from weaknas.supernet.data import open_images

    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 256, (8, 16, 16, 3), dtype=np.uint8), np.arange(8) % 2
    path = Path("images.npz")
    if ending == "npz":
        np.savez(path, x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    else:
        for row, image in enumerate(pixels):
            place = Path("images") / ("train" if row < 6 else "val") / str(row % 2)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path := place / f"{row}.{ending}")

    def read() -> None:
        images = open_images("images.npz" if ending == "npz" else "images", held_out=0.5)
        assert images.val is not None
        assert images.val.read(np.arange(len(images.val))).shape[1:] == (3, 16, 16)

    content = path.read_bytes()
    for changed in damaged(content):
        path.write_bytes(changed)
        refused(read)
    path.write_bytes(content)
    assert not refused(read)
