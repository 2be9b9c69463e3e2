"""The evaluator: statistics of an architecture's own, accuracy, and what is kept on disk."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption, WeaknasError
from weaknas.spaces import AttentiveNas, OfaMobileNetV3, UserMobile
from weaknas.supernet import make_supernet
from weaknas.supernet.data import normalise, open_images, ordered
from weaknas.supernet.evaluators import Evaluation, RecalibratedAccuracy, Settings, open_evaluator
from weaknas.supernet.evaluators.measuring import Stack, measure
from weaknas.supernet.loading import row_of, space_at
from weaknas.supernet.preprocessing import preprocessing_for

CPU = torch.device("cpu")


@pytest.fixture
def evaluator(run_folder, own_cache):
    return open_evaluator(run_folder, Evaluation(device="cpu"))


@pytest.fixture
def arch(evaluator):
    return evaluator.supernet.space.sample(1, np.random.default_rng(1))


def test_without_recalibration_accuracy_collapses(evaluator):
    data = evaluator.data
    held_out = Stack(data.held_out, np.arange(len(data.held_out)), 50, None, CPU)
    rows = evaluator.supernet.space.sample(12, np.random.default_rng(0))
    without = [measure(evaluator.supernet.subnet(row), held_out, data).top1 for row in rows]
    recalibrated = [evaluator.score(row).top1 for row in rows]
    assert min(recalibrated) > 80
    assert np.mean(without) < np.mean(recalibrated) - 35


def test_scores_do_not_depend_on_the_batch(run_folder, evaluator, arch, tmp_path):
    settings = Settings(image_size=12, batch=7, device="cpu", cache=tmp_path / "other")
    small = RecalibratedAccuracy(evaluator.supernet, evaluator.data, settings)
    assert small.score(arch)[:2] == evaluator.score(arch)[:2]


def test_a_score_is_found_on_disk_and_belongs_to_weights_images_and_key(run_folder, evaluator, arch, monkeypatch):
    first = evaluator.score(arch)
    monkeypatch.setattr(RecalibratedAccuracy, "network", lambda self, arch: pytest.fail("it was computed"))
    again = open_evaluator(run_folder, Evaluation(device="cpu"))
    assert again.score(arch) == first
    other = [
        open_evaluator(run_folder, Evaluation(device="cpu", bn_images=100)),
        open_evaluator(run_folder, Evaluation(device="cpu", held_out=0.5)),
        open_evaluator(run_folder, Evaluation(device="cpu", precision="bfloat16")),
    ]
    assert len({one._key("held-out") for one in [again, *other]}) == 4
    assert again._key("held-out") != again._key("val")
    with torch.no_grad():
        again.supernet.classifier.bias += 1
    del again.__dict__["weights"]
    assert again._key("held-out") != evaluator._key("held-out")


def test_a_cache_that_cannot_be_written_is_done_without(evaluator, arch, tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings(image_size=12, device="cpu", cache=tmp_path / "file" / "x")
    other = RecalibratedAccuracy(evaluator.supernet, evaluator.data, settings)
    assert other.score(arch) == other.score(arch)


def test_bfloat16_is_close_to_float32(run_folder, evaluator, arch):
    half = open_evaluator(run_folder, Evaluation(device="cpu", precision="bfloat16"))
    assert half.score(arch).loss != evaluator.score(arch).loss
    assert half.score(arch).top1 == pytest.approx(evaluator.score(arch).top1, abs=6)


def test_recalibration_uses_as_many_training_images_as_asked(run_folder, own_cache, arch):
    few = open_evaluator(run_folder, Evaluation(device="cpu", bn_images=20))
    few.network(arch)
    (stack,) = few._stacks.values()
    assert sum(len(labels) for _, labels in stack) == 20
    assert few.bn_images == 20


def test_the_recalibration_images_named_are_those_used(run_folder, own_cache, arch):
    some = open_evaluator(run_folder, Evaluation(device="cpu", bn_images=180))
    some.network(arch)
    (stack,) = some._stacks.values()
    assert some.bn_images == sum(len(labels) for _, labels in stack) == 100


def test_scores_belong_to_the_contents_of_images(run_folder, own_cache, evaluator, images_file, tmp_path):
    changed = tmp_path / images_file.name
    arrays = dict(np.load(images_file))
    np.savez(changed, **arrays | {"x_test": np.zeros_like(arrays["x_test"])})
    other = open_evaluator(run_folder, Evaluation(data=changed, device="cpu"))
    assert other._key("held-out") == evaluator._key("held-out")
    assert other._key("val") != evaluator._key("val")
    np.savez(changed, **arrays | {"y_test": arrays["y_test"][::-1]})
    assert open_evaluator(run_folder, Evaluation(data=changed, device="cpu"))._key("val") != evaluator._key("val")


def test_too_little_memory_is_one_sentence(evaluator, arch, monkeypatch):
    def fail(*arguments, **options):
        raise torch.OutOfMemoryError("CUDA out of memory.\nTried to")

    for place in ("recalibrate", "measure"):
        with monkeypatch.context() as patch:
            patch.setattr(f"weaknas.supernet.evaluators.accuracy.{place}", fail)
            with pytest.raises(WeaknasError, match=r"cpu has not enough memory .* smaller batch .*--batch"):
                evaluator.score(arch)


def test_too_little_memory_on_a_cpu_is_one_sentence(evaluator, arch, monkeypatch):
    monkeypatch.setattr("weaknas.supernet.evaluators.accuracy.measure", lambda *rest: torch.empty(1 << 50))
    with pytest.raises(WeaknasError, match=r"has not enough memory .* smaller batch .*--batch"):
        evaluator.score(arch)


def test_a_single_pixel_of_a_single_image_has_no_statistics(run_folder, own_cache):
    one = open_evaluator(run_folder, Evaluation(device="cpu", bn_images=1))
    one.supernet = make_supernet(UserMobile({**one.supernet.space.recipe["table"], "resolution": [4]}))
    arch = one.supernet.space.sample(1, np.random.default_rng(0))
    with pytest.raises(WeaknasError, match=r"cannot be recalibrated on 1 image .*take more \(--bn-images\)"):
        one.score(arch)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "int8"}, "precision is 'float32' or 'bfloat16'"),
        ({"batch": 0}, "batch is a number of images"),
        ({"bn_images": 0}, "bn_images is a number of images"),
        ({"batch_statistics": 0}, "batch_statistics is a number of images"),
        ({"batch_statistics": 9, "bn_images": 9}, "bn_images recalibrates, and batch_statistics does without"),
        ({"device": "abacus"}, "device 'abacus' cannot be used"),
        ({"resolution": 9}, "tiny has the resolution 8 or 12, not 9"),
    ],
)
def test_options_that_cannot_be_used(run_folder, own_cache, options, message):
    with pytest.raises(InvalidOption, match=message):
        space_at(open_evaluator(run_folder, Evaluation(**options)).supernet.space, options.get("resolution"))


def test_images_of_more_classes_than_the_network_are_refused(evaluator, tmp_path):
    np.savez(
        tmp_path / "six.npz", x=np.zeros((60, 12, 12), np.uint8) + np.arange(60)[:, None, None], y=np.arange(60) % 6
    )
    with pytest.raises(InvalidOption, match="has 6 classes and the network 4"):
        RecalibratedAccuracy(evaluator.supernet, open_images(tmp_path / "six.npz"))


def test_recipes_are_those_of_the_published_systems():
    folder = SimpleNamespace(side=None)
    ofa = preprocessing_for(OfaMobileNetV3(1.2, [236]), folder)
    assert (ofa.name, ofa.side(236), ofa.resize(236), ofa.bn_images, ofa.bn_batch) == ("ofa", 236, 270, 2000, 100)
    attentive = preprocessing_for(AttentiveNas(), folder)
    assert (attentive.side(288), attentive.resize(224), attentive.bn_images) == (224, 256, 64 * 256)
    assert [
        preprocessing_for(weaknas.space(f"fbnetv2-{net}"), folder).resize(side)
        for net, side in (("f1", 128), ("l2", 256))
    ] == [
        151,
        287,
    ]
    assert [(recipe.jitter, recipe.population) for recipe in (ofa, attentive)] == [
        ((32 / 255, 0.5), True),
        (None, False),
    ]
    own = preprocessing_for(OfaMobileNetV3(), folder, 160)
    assert (own.side(128), own.resize(160)) == (160, 183)
    small = SimpleNamespace(side=32)
    assert preprocessing_for(AttentiveNas(), small).test_crop(192) is None
    assert preprocessing_for(AttentiveNas(), small, 48).side(192) == 48


def test_a_score_is_kept_with_all_that_its_recipe_says():
    recipe = preprocessing_for(OfaMobileNetV3(1.2, [236]), SimpleNamespace(side=None))
    changes = {"bn_batch": 200, "augments": False, "jitter": None, "population": False, "resize": lambda side: 300}
    others = [replace(recipe, **{name: value}) for name, value in changes.items()]
    assert all(other.identity != recipe.identity for other in others)


def test_colours_change_where_the_recipe_says_so():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    recipe = preprocessing_for(OfaMobileNetV3(1.2, [236]), SimpleNamespace(side=None))
    plain, jittered = (
        one.train_crop(236)(image, np.random.default_rng(0)) for one in (replace(recipe, jitter=None), recipe)
    )
    assert plain.size == jittered.size == (236, 236)
    assert np.abs(np.asarray(plain).astype(int) - np.asarray(jittered)).mean() > 1


def test_a_published_architecture_can_be_had_at_another_resolution():
    space = OfaMobileNetV3(1.2, [224, 236])
    with pytest.raises(InvalidArchitecture, match=r"a network of width 1\.2, and this space has width 1;"):
        row_of(OfaMobileNetV3(1.0, [224, 236]), "weaknas-560", 224)
    first, other = row_of(space, "weaknas-560"), row_of(space, "weaknas-560", 224)
    assert space.to_str(other)[0] == space.to_str(first)[0].replace("r236", "r224")


def test_one_batch_by_its_own_statistics_compares_as_recalibration_does(run_folder, evaluator, monkeypatch):
    def fail(*arguments, **options):
        pytest.fail("it was recalibrated")

    rows = evaluator.supernet.space.sample(8, np.random.default_rng(0))
    recalibrated = [evaluator.score(row).loss for row in rows]
    monkeypatch.setattr("weaknas.supernet.evaluators.accuracy.recalibrate", fail)
    fast = open_evaluator(run_folder, Evaluation(device="cpu", batch_statistics=80))
    before = {name: value.clone() for name, value in fast.supernet.state_dict().items()}
    scores = [fast.score(row) for row in rows]
    assert all(torch.equal(before[name], value) for name, value in fast.supernet.state_dict().items())
    assert (fast.bn_images, fast.images("held-out"), evaluator.images("held-out")) == (0, 80, 100)
    assert min(score.top1 for score in scores) > 75
    assert np.corrcoef([score.loss for score in scores], recalibrated)[0, 1] > 0.8


def test_statistics_of_a_batch_are_those_of_training(run_folder, own_cache, arch):
    fast = open_evaluator(run_folder, Evaluation(device="cpu", batch_statistics=30))
    score, net = fast.score(arch), fast.supernet.subnet(arch).train()
    part = fast.data.held_out
    rows = ordered(len(part), 0, 0)[:30]  # drawn, since images may lie class by class
    with torch.no_grad():
        logits = net(normalise(part.read(rows, None, (0, 0)), fast.data))
    loss = torch.nn.functional.cross_entropy(logits, part.labels[rows])
    assert score.loss == pytest.approx(loss.item(), rel=1e-4)


def test_scores_by_statistics_of_a_batch_are_kept_by_its_size(run_folder, own_cache):
    whole, fast, other = (
        open_evaluator(run_folder, Evaluation(device="cpu", **options))
        for options in ({}, {"batch_statistics": 30}, {"batch_statistics": 40})
    )
    assert len({one._key("held-out") for one in (whole, fast, other)}) == 3
