import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from weaknas.errors import InvalidCheckpoint, NotFound, WeaknasError
from weaknas.spaces import OfaMobileNetV3, UserMobile
from weaknas.supernet import Path, SubNet, Supernet, load, load_into, make_supernet, save


@pytest.fixture
def supernet(small, randomise):
    return randomise(make_supernet(small)).eval()


@pytest.fixture
def row(small):
    return small.sample(1, np.random.default_rng(4))


def about(file):
    with safe_open(file, framework="pt") as opened:
        return json.loads(opened.metadata()["weaknas"])


def rewritten(file, tensors=None, **changes):
    """Write the file again with something else in it, without a seal, as older versions did."""
    said = {name: value for name, value in about(file).items() if name != "seal"} | changes
    save_file(load_file(file) if tensors is None else tensors, file, {"weaknas": json.dumps(said)})


def test_a_supernet_comes_back_with_its_space(supernet, row, tmp_path, images):
    save(supernet, tmp_path / "net.safetensors", {"step": 7})
    net, space, notes = load(tmp_path / "net.safetensors")
    assert isinstance(net, Supernet)
    assert space.recipe == supernet.space.recipe
    assert notes == {"step": 7}
    x = images(2, 12)
    assert torch.equal(net(x, Path(row)), supernet(x, Path(row)))
    assert all(p.requires_grad for p in net.parameters())


def test_an_extracted_network_comes_back_with_its_architecture(supernet, row, tmp_path, images):
    net = supernet.subnet(row)
    save(net, tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors").net
    assert isinstance(again, SubNet)
    assert again.arch == supernet.space.to_str(row)[0]
    assert torch.equal(again(images(2, 12)), net(images(2, 12)))


def test_the_file_says_what_it_is_of(supernet, row, tmp_path):
    save(supernet.subnet(row), tmp_path / "net.safetensors")
    said = about(tmp_path / "net.safetensors")
    assert said["arch"] == supernet.space.to_str(row)[0]
    assert said["space"]["table"]["name"] == "small"
    assert said["versions"]["torch"] == torch.__version__.partition("+")[0] or torch.__version__
    assert set(said["versions"]) == {"weaknas", "torch"}


def test_a_published_space_comes_back_with_its_options(tmp_path):
    space = OfaMobileNetV3(0.35, [64, 96], classes=7)
    save(make_supernet(space), tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors").space
    assert (again.width, again.resolutions, again.classes) == (0.35, (64, 96), 7)


def test_weights_are_loaded_into_a_supernet_of_the_same_space(supernet, small, row, tmp_path):
    save(supernet, tmp_path / "net.safetensors", {"step": 7})
    other = make_supernet(small)
    assert load_into(other, tmp_path / "net.safetensors") == {"step": 7}
    assert all(torch.equal(a, b) for a, b in zip(other.parameters(), supernet.parameters(), strict=True))
    wider = make_supernet(UserMobile(small.recipe["table"] | {"classes": 11}))
    with pytest.raises(InvalidCheckpoint, match="holds no supernet of small: it has classes 10, not 11"):
        load_into(wider, tmp_path / "net.safetensors")
    save(supernet.subnet(row), tmp_path / "sub.safetensors")
    with pytest.raises(InvalidCheckpoint, match="holds no supernet of small: it has the architecture r"):
        load_into(other, tmp_path / "sub.safetensors")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, r"not written by this version of weaknas \(format 2, not 1\)"),
        ({"space": {"space": "nowhere"}}, "names no network that can be built: there is no space named 'nowhere'"),
        ({"space": {"space": "nasbench101"}}, "names no network that can be built"),
        ({"space": {}}, "names no network that can be built"),
        ({"arch": "r1"}, "names no network that can be built: 'r1' is not an architecture of"),
        ({"space": {"space": "ofa-mbv3"}}, r"does not hold the weights of this network: it lacks .* more; it has"),
    ],
)
def test_a_file_of_something_else_is_refused(supernet, tmp_path, changes, message):
    file = tmp_path / "net.safetensors"
    save(supernet, file)
    rewritten(file, **changes)
    with pytest.raises(InvalidCheckpoint, match=message):
        load(file)


def test_missing_and_leftover_weights_are_named(supernet, tmp_path):
    file = tmp_path / "net.safetensors"
    save(supernet, file)
    tensors = load_file(file)
    tensors["stem.conv.wait"] = tensors.pop("stem.conv.weight")
    rewritten(file, tensors)
    with pytest.raises(InvalidCheckpoint, match=r"it lacks stem\.conv\.weight; it has besides stem\.conv\.wait\.$"):
        load(file)


def test_a_damaged_file_is_refused(supernet, tmp_path):
    file = tmp_path / "net.safetensors"
    save(supernet, file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InvalidCheckpoint, match="was altered or damaged since it was written"):
        load(file)
    file.write_bytes(b"nothing")
    with pytest.raises(InvalidCheckpoint, match="is damaged, or not in the safetensors format"):
        load(file)
    with pytest.raises(NotFound, match="there is no checkpoint"):
        load(tmp_path / "nowhere.safetensors")


def test_a_changed_bit_is_noticed(supernet, row, tmp_path):
    file, rng = tmp_path / "net.safetensors", np.random.default_rng(0)
    save(supernet.subnet(row), file)
    whole = file.read_bytes()
    header = int.from_bytes(whole[:8], "little") + 8
    for number in range(200):
        content = bytearray(whole)
        content[rng.integers(header if number % 2 else len(whole))] ^= 1 << rng.integers(8)
        file.write_bytes(content)
        with pytest.raises(InvalidCheckpoint, match=r"altered or damaged|not in the safetensors|not written by"):
            load(file)


def test_a_file_can_be_read_by_whom_its_neighbours_can(supernet, row, tmp_path):
    (tmp_path / "neighbour").write_text("")
    save(supernet.subnet(row), tmp_path / "net.safetensors")
    assert (tmp_path / "net.safetensors").stat().st_mode == (tmp_path / "neighbour").stat().st_mode


def test_the_names_of_classes_are_kept(supernet, small, row, tmp_path):
    names = tuple(f"class {number}" for number in range(10))
    supernet.class_names = names
    for net in (supernet, supernet.subnet(row)):
        save(net, tmp_path / "net.safetensors")
        assert load(tmp_path / "net.safetensors").net.class_names == names
    save(supernet, tmp_path / "net.safetensors")
    other = make_supernet(small)
    load_into(other, tmp_path / "net.safetensors")
    assert other.class_names == names
    for wrong in (["a"], ["a"] * 10, "abcdefghij", [*range(10)]):
        rewritten(tmp_path / "net.safetensors", classes=wrong)
        with pytest.raises(InvalidCheckpoint, match="does not name 10 classes"):
            load(tmp_path / "net.safetensors")
        save(supernet, tmp_path / "net.safetensors")
    rewritten(tmp_path / "net.safetensors", classes=None)  # as in files of older versions
    assert load(tmp_path / "net.safetensors").net.class_names is None


def test_names_in_a_file_open_no_other(supernet, tmp_path):
    file = tmp_path / "net.safetensors"
    save(supernet, file)
    rewritten(file, space={"space": str(tmp_path / "space.toml")})
    with pytest.raises(InvalidCheckpoint, match="a file does not name another one"):
        load(file)


def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(supernet, row, tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    save(supernet, tmp_path / "net.safetensors")
    before = (tmp_path / "net.safetensors").read_bytes()
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(WeaknasError, match=r"cannot write .*: No space left on device\.$"):
        save(supernet.subnet(row), tmp_path / "net.safetensors")
    assert (tmp_path / "net.safetensors").read_bytes() == before


def test_a_file_is_written_whole_or_not_at_all(supernet, tmp_path):
    with pytest.raises(WeaknasError, match="cannot write"):
        save(supernet, tmp_path / "no" / "folder.safetensors")
    assert not list(tmp_path.iterdir())
