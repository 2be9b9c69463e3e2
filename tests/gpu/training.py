"""Training: every registered scheme, how busy it keeps the device, and what faster forms are worth."""

from collections.abc import Callable, Iterator
from typing import Any

from setting import SMOKE, Setting
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from weaknas.doors import SCHEMES

# A mixture runs at all resolutions at once, in several times the memory of the largest network.
SMALLER = {"dmasking": 4, "darts": 4, "entrannas": 4, "sparse": 4}

Figures = Iterator[dict[str, Any]]

# What a scheme cannot do without, or takes at a tiny size; all others are trained as they come.
OPTIONS: dict[str, Callable[[Setting], dict[str, Any]]] = {
    "single": lambda setting: {"arch": setting.extremes[1]},
    # Few samples, so that all steps fit into the time; the distribution learns from the first step on.
    "parsec": lambda setting: {"samples": 4, "frozen": 0.0},
    "fp-nas": lambda setting: {"samples": 4, "frozen": 0.0},
    "dmasking": lambda setting: {"frozen": 0.0},
    "sparse": lambda setting: {"frozen": 0.0},
    "ofa": lambda setting: {"groups": ("k",), "paths": (2,)} if setting.sizes is SMOKE else {},
}

CELLS: dict[str, tuple[dict[str, int], dict[str, int]]] = {  # in full, and tiny
    "nasbench201": ({}, {"channels": 2, "stage": 1, "side": 8}),
    "darts-edges": ({"channels": 16, "cells": 8}, {"channels": 2, "cells": 3, "side": 8}),
}
MIXING: dict[str, dict[str, Any]] = {
    "spos": {},
    "darts": {},
    "entrannas": {},
    "sparse": {"frozen": 0.0, "lam1": 0.001, "lam2": 0.001},  # most options stay
}


def schemes(setting: Setting) -> Figures:
    """Every registered scheme; of `ofa` the last phases, which take four paths and a teacher."""
    for name in SCHEMES.names():
        options = OPTIONS[name](setting) if name in OPTIONS else {}
        batch = max(1, setting.sizes.batch // SMALLER.get(name, 1))
        found = setting.trained(name, options, batch=batch)
        memory = {} if found.peak_gib is None else {"peak_gib": found.peak_gib}
        yield {"what": name, "batch": batch, "images_per_second": batch / found.seconds, **memory}


def cells(setting: Setting) -> Figures:
    """The schemes that mix operations, and single paths, on supernets of cells."""
    for name, sizes in CELLS.items():
        one = setting.of_cells(name, **sizes[setting.sizes is SMOKE])
        for scheme, options in MIXING.items():
            found = one.trained(scheme, options)
            memory = {} if found.peak_gib is None else {"peak_gib": found.peak_gib}
            rate = one.sizes.batch / found.seconds
            yield {"what": f"{name}, {scheme}", "batch": one.sizes.batch, "images_per_second": rate, **memory}


def busy(setting: Setting) -> Figures:
    """Which share of the time anything runs on the device, under the profiler, which itself takes some."""
    for name in ("bignas", "spos"):
        yield {"what": name, "busy_share": busy_share(setting, name)}


def busy_share(setting: Setting, scheme: str) -> float:
    """Return the share of some steps in the middle of a run."""
    kind = DeviceType.CUDA if setting.on_gpu else DeviceType.CPU
    profiler = profile(activities=[ProfilerActivity.CUDA if setting.on_gpu else ProfilerActivity.CPU])
    begins = setting.sizes.steps // 2
    times = []

    def on_step(progress: Any) -> None:
        if progress.done == begins:
            times.append(setting.now())
            profiler.start()
        elif progress.done == begins + setting.sizes.profiled:
            times.append(setting.now())
            profiler.stop()

    setting.trained(scheme, on_step=on_step)
    spans = [
        (event.time_range.start, event.time_range.end)
        for event in profiler.events()
        if event.device_type == kind and not event.is_user_annotation
    ]
    return covered(spans) / 1e6 / (times[1] - times[0])


def covered(spans: list[tuple[float, float]]) -> float:
    """Return the length of the union of some spans."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def sandwich(setting: Setting) -> Figures:
    """A step of four paths beside steps of one."""
    four, drawn = (setting.trained(name, {}).seconds for name in ("bignas", "spos"))
    small, big = (setting.trained("single", {"arch": arch}).seconds for arch in setting.extremes)
    yield {"what": "one path", "smallest_ms": 1e3 * small, "drawn_ms": 1e3 * drawn, "largest_ms": 1e3 * big}
    yield {
        "what": "sandwich of four paths",
        "ms": 1e3 * four,
        "times_one_drawn": four / drawn,
        "times_the_largest": four / big,
        "times_its_four": four / (small + big + 2 * drawn),
    }


def naive(setting: Setting) -> Figures:
    """The largest network as it is trained, and in the form that one writes first."""
    options = {"arch": setting.extremes[1]}
    ours = setting.trained("single", options).seconds
    forms = {
        "float32": {"precision": "float32"},
        "channels first": {"channels_last": False},
        "float32, channels first": {"precision": "float32", "channels_last": False},
    }
    for what, form in forms.items():
        yield {"what": what, "times_slower": setting.trained("single", options, **form).seconds / ours}
