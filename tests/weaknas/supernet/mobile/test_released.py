"""Released weights, with a forward pass written from the published layout alone."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from weaknas.errors import InvalidCheckpoint, InvalidOption, NotFound
from weaknas.spaces import AttentiveNas, OfaMobileNetV3, SposMobileNet
from weaknas.supernet import Path, load_released, make_supernet

SIDE = 40
SPACE = OfaMobileNetV3(1.2, [SIDE])
UNITS = [
    (32, 2, False, "relu"),
    (48, 2, True, "relu"),
    (96, 2, False, "hs"),
    (136, 1, True, "hs"),
    (192, 2, True, "hs"),
]


def div8(v):
    n = max(8, int(v + 4) // 8 * 8)
    return n + 8 if n < 0.9 * v else n


def released(seed=0):
    """Made-up weights of Once-for-All at width 1.2, by the names of the current code."""
    generator = torch.Generator().manual_seed(seed)
    state = {}

    def weight(name, *shape):
        fan_in = int(np.prod(shape[1:])) or 1
        state[name] = torch.randn(shape, generator=generator) * 1.4 * fan_in**-0.5

    def norm(name, c):
        state[name + ".weight"] = torch.rand(c, generator=generator) + 0.5
        state[name + ".bias"] = torch.randn(c, generator=generator) * 0.2
        state[name + ".running_mean"] = torch.randn(c, generator=generator) * 0.2
        state[name + ".running_var"] = torch.rand(c, generator=generator) + 0.5
        state[name + ".num_batches_tracked"] = torch.tensor(7)

    weight("first_conv.conv.weight", 24, 3, 3, 3)
    norm("first_conv.bn", 24)
    weight("blocks.0.conv.depth_conv.conv.weight", 24, 1, 3, 3)
    norm("blocks.0.conv.depth_conv.bn", 24)
    weight("blocks.0.conv.point_linear.conv.weight", 24, 24, 1, 1)
    norm("blocks.0.conv.point_linear.bn", 24)
    c_in = 24
    for unit, (c_out, _, squeeze, _) in enumerate(UNITS):
        for block in range(4):
            name, mid = f"blocks.{1 + 4 * unit + block}.conv", div8(6 * c_in)
            weight(f"{name}.inverted_bottleneck.conv.conv.weight", mid, c_in, 1, 1)
            norm(f"{name}.inverted_bottleneck.bn.bn", mid)
            weight(f"{name}.depth_conv.conv.conv.weight", mid, 1, 7, 7)
            for larger, smaller in ((7, 5), (5, 3)):
                matrix = torch.eye(smaller**2) + 0.1 * torch.randn(smaller**2, smaller**2, generator=generator)
                state[f"{name}.depth_conv.conv.{larger}to{smaller}_matrix"] = matrix
            norm(f"{name}.depth_conv.bn.bn", mid)
            if squeeze:
                hidden = div8(mid // 4)
                weight(f"{name}.depth_conv.se.fc.reduce.weight", hidden, mid, 1, 1)
                weight(f"{name}.depth_conv.se.fc.reduce.bias", hidden)
                weight(f"{name}.depth_conv.se.fc.expand.weight", mid, hidden, 1, 1)
                weight(f"{name}.depth_conv.se.fc.expand.bias", mid)
            weight(f"{name}.point_linear.conv.conv.weight", c_out, mid, 1, 1)
            norm(f"{name}.point_linear.bn.bn", c_out)
            c_in = c_out
    weight("final_expand_layer.conv.weight", 1152, 192, 1, 1)
    norm("final_expand_layer.bn", 1152)
    weight("feature_mix_layer.conv.weight", 1536, 1152, 1, 1)
    weight("classifier.linear.weight", 1000, 1536)
    weight("classifier.linear.bias", 1000)
    return state


def reference(state, x, ks, e, d):
    """One architecture, straight from the weights by name."""

    def hs(x):
        return x * F.relu6(x + 3) / 6

    def norm(x, name):
        c = x.shape[1]
        mean, var, gamma, beta = (state[f"{name}.{n}"][:c] for n in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, mean, var, gamma, beta, False, 0, 1e-5)

    x = hs(norm(F.conv2d(x, state["first_conv.conv.weight"], stride=2, padding=1), "first_conv.bn"))
    p = "blocks.0.conv."
    y = F.relu(norm(F.conv2d(x, state[p + "depth_conv.conv.weight"], padding=1, groups=24), p + "depth_conv.bn"))
    x = x + norm(F.conv2d(y, state[p + "point_linear.conv.weight"]), p + "point_linear.bn")
    for unit, (c_out, unit_stride, squeeze, act_name) in enumerate(UNITS):
        act = hs if act_name == "hs" else F.relu
        for block in range(d[unit]):
            i = 4 * unit + block
            p, c_in, k = f"blocks.{1 + i}.conv.", x.shape[1], ks[i]
            mid, stride = div8(round(c_in * e[i])), unit_stride if block == 0 else 1
            y = F.conv2d(x, state[p + "inverted_bottleneck.conv.conv.weight"][:mid, :c_in])
            y = act(norm(y, p + "inverted_bottleneck.bn.bn"))
            w = state[p + "depth_conv.conv.conv.weight"][:mid]
            if k < 7:
                w = F.linear(w[:, :, 1:6, 1:6].reshape(mid, 25), state[p + "depth_conv.conv.7to5_matrix"])
                w = w.view(mid, 1, 5, 5)
            if k < 5:
                w = F.linear(w[:, :, 1:4, 1:4].reshape(mid, 9), state[p + "depth_conv.conv.5to3_matrix"])
                w = w.view(mid, 1, 3, 3)
            y = act(norm(F.conv2d(y, w, stride=stride, padding=k // 2, groups=mid), p + "depth_conv.bn.bn"))
            if squeeze:
                h, q = div8(mid // 4), p + "depth_conv.se.fc."
                s = y.mean((2, 3), keepdim=True)
                s = F.relu(F.conv2d(s, state[q + "reduce.weight"][:h, :mid], state[q + "reduce.bias"][:h]))
                s = F.conv2d(s, state[q + "expand.weight"][:mid, :h], state[q + "expand.bias"][:mid])
                y = y * F.relu6(s + 3) / 6
            y = norm(F.conv2d(y, state[p + "point_linear.conv.conv.weight"][:, :mid]), p + "point_linear.bn.bn")
            x = x + y if stride == 1 and c_in == c_out else y
    x = hs(norm(F.conv2d(x, state["final_expand_layer.conv.weight"]), "final_expand_layer.bn"))
    x = hs(F.conv2d(x.mean((2, 3), keepdim=True), state["feature_mix_layer.conv.weight"]))
    return F.linear(x.flatten(1), state["classifier.linear.weight"], state["classifier.linear.bias"])


STATE = released()


@pytest.fixture
def supernet():
    return make_supernet(SPACE).eval()


def load_state(supernet, tmp_path, state, key="state_dict"):
    torch.save({key: state} if key else state, tmp_path / "weights")
    load_released(supernet, tmp_path / "weights")


def settings_of(row):
    resolution, d, k, e = SPACE.to_str(row[None])[0].split(";")
    assert resolution == f"r{SIDE}"
    return [[int(word) for word in part[1:].split(",")] for part in (k, e, d)]


def older(name):
    return re.sub(r"^(blocks\.\d+)\.conv\.", r"\1.mobile_inverted_conv.", name)


@pytest.mark.parametrize("rename", [lambda name: name, older], ids=["current", "older"])
def test_released_weights_give_the_published_forward_pass(supernet, tmp_path, images, rename):
    assert len(STATE) == 475
    supernet = supernet.double()  # so that nothing hides in rounding
    load_state(supernet, tmp_path, {rename(name): value for name, value in STATE.items()})
    x, state = images(2, SIDE).double(), {name: value.double() for name, value in STATE.items()}
    with torch.no_grad():
        for row in SPACE.sample(5, np.random.default_rng(0)):
            expected = reference(state, x, *settings_of(row))
            assert (expected[0] - expected[1]).abs().max() > 0.05  # the images matter
            assert (supernet(x, Path(row)) - expected).abs().max() <= 1e-9 * expected.abs().max()


@pytest.mark.parametrize("key", [None, "state_dict", "model"])
def test_other_forms_of_the_names_are_understood(supernet, tmp_path, key):
    def bare(name):
        return "module." + re.sub(r"\.(conv|bn)\.\1\.", r".\1.", name)

    changed = {bare(name): value + 1 for name, value in STATE.items()}
    assert not changed.keys() & STATE.keys()
    load_state(supernet, tmp_path, changed, key)
    assert torch.equal(supernet.mix.conv.weight, STATE["feature_mix_layer.conv.weight"] + 1)


def test_a_transposed_transform_gives_other_results(supernet, tmp_path, images):
    name = "blocks.9.conv.depth_conv.conv.7to5_matrix"
    row = SPACE.from_str([SPACE.to_str(np.zeros((1, 46), dtype=np.int8))[0]])
    load_state(supernet, tmp_path, STATE)
    right = supernet(images(1, SIDE), Path(row))
    load_state(supernet, tmp_path, STATE | {name: STATE[name].T})
    assert (supernet(images(1, SIDE), Path(row)) - right).abs().max() > 1e-3


def without(name):
    return {key: value for key, value in STATE.items() if key != name}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (without("classifier.linear.bias"), r"it lacks classifier\.bias\.$"),
        (
            without("blocks.3.conv.depth_conv.conv.5to3_matrix"),
            r"lacks blocks\.3\.candidates\.0\.depthwise\.conv\.5to3",
        ),
        (STATE | {"extra.weight": torch.ones(1)}, r"it has besides extra\.weight\.$"),
        ({f"net.{key}": value for key, value in STATE.items()}, r"and 432 more; it has besides .* and 472 more"),
        (
            STATE | {"classifier.linear.bias": torch.ones(10)},
            r"another shape classifier\.bias \(10,\) instead of \(1000,\)",
        ),
        (STATE | {"module.classifier.linear.bias": torch.ones(1000)}, r"holds module.classifier.linear.bias twice"),
        ({"a": 1}, "does not hold weights by name"),
        ({1: torch.ones(1)}, "does not hold weights by name"),
        ({"a": torch.eye(2).to_sparse()}, "does not hold weights by name"),
        ({"a": np.float64}, "holds more than weights, which is not read for safety"),
    ],
)
def test_what_is_missing_or_left_over_is_refused_and_named(supernet, tmp_path, state, message):
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    with pytest.raises(InvalidCheckpoint, match=message) as refused:
        load_state(supernet, tmp_path, state)
    assert "\n" not in str(refused.value)
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())


def test_without_transforms_kernels_are_centres_and_that_is_said(supernet, tmp_path):
    state = {name: value for name, value in STATE.items() if not name.endswith("_matrix")}
    with pytest.warns(UserWarning, match="has no kernel transforms"):
        load_state(supernet, tmp_path, state)
    conv = supernet.blocks[1].candidates[0].depthwise.conv
    assert torch.equal(conv.filters(4, 4, 3), conv.weight[:4, :, 2:5, 2:5])


@pytest.mark.parametrize("more", [{"best_acc": np.float64(77.0)}, {"args": SimpleNamespace(lr=0.1)}])
def test_a_checkpoint_of_more_than_weights_says_what_to_do(supernet, tmp_path, more):
    with pytest.raises(
        InvalidCheckpoint, match=r"^\S+ holds more than weights, .* save its state_dict alone"
    ) as refused:
        load_state(supernet, tmp_path, {"state_dict": STATE, **more}, key=None)
    assert str(refused.value).isprintable()


def test_a_damaged_file_is_refused(supernet, tmp_path):
    (tmp_path / "weights").write_bytes(b"not weights")
    with pytest.raises(InvalidCheckpoint, match="is damaged, or holds more than weights"):
        load_released(supernet, tmp_path / "weights")
    with pytest.raises(NotFound, match="no checkpoint"):
        load_released(supernet, tmp_path / "nowhere")


def test_a_space_without_released_weights_is_named(tmp_path):
    supernet = make_supernet(SposMobileNet(32, 10))
    with pytest.raises(InvalidOption, match="no released weights of spos-mobilenet"):
        load_released(supernet, tmp_path / "any")


def attentive(supernet):
    """The names of AttentiveNAS for the weights of a supernet."""
    rules = [
        (r"^stem\.", "first_conv."),
        (r"^(final|mix)\.", r"last_conv.\1."),
        (r"\.final\.", ".final_expand_layer."),
        (r"\.mix\.", ".feature_mix_layer."),
        (r"\.candidates\.0\.shortcut\.", ".shortcut."),
        (r"\.candidates\.0\.", ".mobile_inverted_conv."),
        (r"\.se\.", ".depth_conv.se.fc."),
        (r"\.(conv|bn)\.(?=\w+$)", r".\1.\1."),
        (r"^classifier\.", "classifier.linear.linear."),
        (r"\.mobile_inverted_conv\.expand\.", ".mobile_inverted_conv.inverted_bottleneck."),
        (r"\.depthwise\.", ".depth_conv."),
        (r"\.project\.", ".point_linear."),
    ]
    state = {}
    for name, value in supernet.state_dict().items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        state["module." + name] = value.clone()
    for block, channels in ((1, 24), (3, 32)):  # within a stage: there, and never run
        state[f"module.blocks.{block}.shortcut.conv.conv.weight"] = torch.ones(channels, channels, 1, 1)
    for which in range(2):  # statistics that are only watched
        state[f"module.first_conv.bn.bn_tracking.{which}.running_mean"] = torch.zeros(24)
    return state


def test_attentive_names_are_understood(tmp_path, randomise):
    source = randomise(make_supernet(AttentiveNas(10)))
    state = attentive(source)
    for name in (
        "module.first_conv.conv.conv.weight",
        "module.blocks.0.mobile_inverted_conv.depth_conv.bn.bn.weight",
        "module.blocks.2.mobile_inverted_conv.inverted_bottleneck.conv.conv.weight",
        "module.blocks.2.shortcut.conv.conv.weight",
        "module.blocks.7.mobile_inverted_conv.depth_conv.se.fc.reduce.bias",
        "module.last_conv.feature_mix_layer.conv.conv.weight",
        "module.classifier.linear.linear.bias",
    ):
        assert name in state
    target = make_supernet(AttentiveNas(10))
    load_state(target, tmp_path, state)
    loaded = target.state_dict()
    for name, value in source.state_dict().items():
        assert torch.equal(loaded[name], value), name
    with pytest.raises(InvalidCheckpoint, match=r"it lacks blocks\.2\.candidates\.0\.shortcut\.conv\.weight"):
        load_state(target, tmp_path, {k: v for k, v in state.items() if "blocks.2.shortcut" not in k})
