"""Evaluation: sub-networks scored a second, and what the evaluator is worth beside the form that one writes first."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from setting import Setting

from weaknas.supernet import make_supernet, recalibrate
from weaknas.supernet.data import normalise
from weaknas.supernet.evaluators import RecalibratedAccuracy, Settings
from weaknas.supernet.evaluators.measuring import Stack, measure


def subnets(setting: Setting) -> Iterator[dict[str, Any]]:
    """Score some architectures, each recalibrated, in both precisions and naively."""
    torch.manual_seed(0)
    supernet = make_supernet(setting.space)
    first, *archs = setting.space.sample(1 + setting.sizes.archs, np.random.default_rng(0))
    rates = {}
    for precision in ("bfloat16", "float32"):
        settings = Settings(device=str(setting.device), precision=precision, cache=setting.folder / "scores.sqlite")
        evaluator = RecalibratedAccuracy(supernet, setting.images, settings)
        evaluator.score(first)  # reads the images, which are then kept on the device
        taken = setting.seconds(lambda evaluator=evaluator: [evaluator.score(arch) for arch in archs])
        rates[precision] = len(archs) / taken
        yield {
            "what": precision,
            "subnets_per_second": rates[precision],
            "bn_images": evaluator.bn_images,
            "images": len(setting.images.held_out),
        }
    taken = setting.seconds(lambda: [naive_score(setting, evaluator, arch) for arch in archs])
    slower = rates["bfloat16"] * taken / len(archs)
    yield {"what": "naive", "subnets_per_second": len(archs) / taken, "times_slower": slower}


def naive_score(setting: Setting, evaluator: RecalibratedAccuracy, arch: Any) -> float:
    """Return the accuracy, with float32 in torch's own order and images that come from the processor every time."""
    data, device = setting.images, setting.device
    net = evaluator.supernet.subnet(arch)

    def batches(part: Any, count: int, size: int) -> Iterator[tuple[Any, Any]]:
        stack = Stack(part, np.arange(count), size, None, device, keep=0)
        return ((images.contiguous(), labels) for images, labels in stack)

    images = batches(data.train, evaluator.bn_images, 100)
    recalibrate(net, (normalise(pixels, data) for pixels, _ in images))
    return measure(net, batches(data.held_out, len(data.held_out), evaluator.settings.batch), data).top1
