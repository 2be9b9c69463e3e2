"""ImageNet from end to end, on a small folder of images with made-up weights in the released layout."""

import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

import weaknas
from weaknas.errors import InvalidCheckpoint
from weaknas.spaces import AttentiveNas, OfaMobileNetV3
from weaknas.supernet import make_supernet
from weaknas.supernet.mobile.released import open_released

CLASSES = ("n01440764", "n01443537")
_NAMES = [
    (r"^stem\.", "first_conv."),
    (r"^final\.", "final_expand_layer."),
    (r"^mix\.", "feature_mix_layer."),
    (r"^classifier\.", "classifier.linear."),
    (r"\.candidates\.0\.", ".mobile_inverted_conv."),
    (r"\.expand\.(?=conv|bn)", ".inverted_bottleneck."),
    (r"\.se\.", ".depth_conv.se.fc."),
    (r"\.depthwise\.", ".depth_conv."),
    (r"\.project\.", ".point_linear."),
]


def released(space, path):
    """Write made-up weights by the names of the released files."""
    torch.manual_seed(0)
    state = {}
    for name, value in make_supernet(space).state_dict().items():
        for pattern, replacement in _NAMES:
            name = re.sub(pattern, replacement, name)
        state[name] = value
    torch.save({"state_dict": state}, path)
    return path


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory):
    """Twenty photographs of two classes, one dark and one bright, of various sizes."""
    root, rng = tmp_path_factory.mktemp("imagenet"), np.random.default_rng(0)
    for part, count in (("train", 14), ("val", 6)):
        for row in range(count):
            folder = root / part / CLASSES[row % 2]
            folder.mkdir(parents=True, exist_ok=True)
            size = (40 + row, 60 - row, 3)
            pixels = rng.integers(0, 120, size) + 120 * (row % 2)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"image_{row}.JPEG")
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return released(OfaMobileNetV3(1.2, [236], classes=2), folder / "ofa_mbv3_d234_e346_k357_w1.2")


def test_a_published_network_is_evaluated_extracted_and_validated(cli, imagenet, weights, own_cache, tmp_path):
    options = ("--weights", weights, "--arch", "weaknas-560", "--data", imagenet, "--held-out", 4, "--resolution", 48)
    code, out, err = cli("supernet", "evaluate", *options, "--split", "val", "--device", "cpu", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["arch"].startswith("r48;d4,3,3,3,4;k5,3,3,3,")
    assert (found["images"], found["bn_images"]) == (6, 10)
    assert found["top5"] == 100
    net = tmp_path / "net.safetensors"
    assert cli("supernet", "extract", *options, "--out", net, "--device", "cpu")[0] == 0
    code, out, _ = cli("validate", net, "--data", imagenet, "--json")
    assert json.loads(out)["loss"] == pytest.approx(found["loss"], rel=1e-5)


def test_released_weights_are_fine_tuned(cli, imagenet, weights, own_cache, tmp_path):
    options = ("--weights", weights, "--arch", "weaknas-560", "--data", imagenet, "--held-out", 4, "--resolution", 48)
    steps = ("--steps", 2, "--batch", 5, "--device", "cpu", "--out", tmp_path / "tuned")
    code, out, err = cli("supernet", "finetune", *options, *steps)
    assert (code, err) == (0, "")
    code, said, _ = cli(
        "validate", tmp_path / "tuned/net.safetensors", "--data", imagenet, "--split", "held-out", "--json"
    )
    found = json.loads(said)
    assert found["arch"].startswith("r48;d4,3,3,3,4;k5,3,3,3,")
    assert f"{found['top1']:.3f} % fine-tuned" in out


def test_a_search_holds_out_training_images(imagenet, weights, own_cache):
    bench = weaknas.benchmark(
        f"supernet:{weights}", data=str(imagenet), held_out=4, resolution=48, device="cpu", test=False
    )
    assert len(bench.evaluator.data.held_out) == 4
    strategy = weaknas.strategy("random", bench.space.where("macs <= 30e6"), seed=0)
    result = weaknas.search(bench, strategy, 2)
    assert result.history["test_acc"].isna().all()
    assert all(text.startswith("r48;") for text in result.history["arch"])


def test_what_the_weights_are_of_is_seen_from_them(weights, tmp_path):
    space = open_released(weights).space
    assert (space.width, space.classes, 236 in space.resolutions) == (1.2, 2, True)
    assert len(space.from_str(["weaknas-560"])) == 1
    attentive = released(AttentiveNas(3), tmp_path / "attentive_nas_pretrained.pth.tar")
    assert isinstance(open_released(attentive).space, AttentiveNas)
    torch.save({"stem.conv.weight": torch.ones(3)}, tmp_path / "other")
    with pytest.raises(InvalidCheckpoint, match="neither weights of Once-for-All's MobileNetV3"):
        open_released(tmp_path / "other")


def test_ten_thousand_images_are_held_out_by_default(cli, imagenet, weights, own_cache):
    code, _, err = cli("supernet", "evaluate", "--weights", weights, "--arch", "weaknas-560", "--data", imagenet)
    assert code == 2
    assert "held_out=10000 of the 14 training images" in err
