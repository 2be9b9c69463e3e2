"""Zero-cost proxies as columns of what is built."""

from dataclasses import replace

import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.table_file import TableFile
from weaknas_benchmarks.building.build_spec import first_rows
from weaknas_benchmarks.building.merging import merge
from weaknas_benchmarks.building.run_build import build

torch = pytest.importorskip("torch")

from weaknas.proxies import grad_norm, synflow  # noqa: E402
from weaknas.spaces import NasBench201  # noqa: E402
from weaknas_benchmarks.building.distortions import Distorted  # noqa: E402
from weaknas_benchmarks.building.training import new_network  # noqa: E402


@pytest.fixture
def asked(tiny):
    return replace(tiny, indicators=("grad-norm", "synflow"))


def columns(path):
    table = TableFile(path)
    return {name: table.numbers(name) for name in table.columns if name != "arch" and "seconds" not in name}


def test_they_are_of_the_networks_as_training_finds_them(asked, tmp_path):
    build(asked, tmp_path / "build")
    path = merge(asked, tmp_path / "build", tmp_path)
    data, found = Distorted(asked.images, asked.recipe, torch.device("cpu")), columns(path)
    pixels, labels = data.epoch(0, 0)
    for at, row in enumerate(first_rows(NasBench201().from_str(TableFile(path).texts()))):
        net = new_network(row[None], np.array([0]), data)
        pixels, labels = (part[:64] for part in data.epoch(0, 0))
        assert found["zc_synflow"][at] == pytest.approx(synflow(Squeezed(net), pixels))
        assert found["zc_grad_norm"][at] == pytest.approx(grad_norm(Squeezed(net), pixels, labels), rel=1e-4)


class Squeezed(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, images):
        return self.net(images).squeeze(0)


def test_they_change_nothing_else_and_a_build_goes_on_without_them(asked, tiny, tmp_path):
    build(asked, tmp_path / "asked")
    with_them = columns(merge(asked, tmp_path / "asked", tmp_path))
    seen: list[int] = []
    build(tiny, tmp_path / "asked", progress=seen.append)
    assert seen == [len(tiny.rows)]
    build(tiny, tmp_path / "tiny")
    for folder in ("asked", "tiny"):
        without = columns(merge(tiny, tmp_path / folder, tmp_path))
        assert with_them.keys() - without.keys() == {"zc_synflow", "zc_grad_norm"}
        for name, values in without.items():
            np.testing.assert_array_equal(values, with_them[name])


def test_a_build_that_was_begun_without_them_is_not_gone_on_with(asked, tiny, tmp_path):
    build(tiny, tmp_path / "build")
    with pytest.raises(InvalidOption, match="was begun with other indicators; start it again with --fresh"):
        build(asked, tmp_path / "build")
