"""The weights that others released: Once-for-All and AttentiveNAS, by the names that their files use.

Names come in several forms, since both codes renamed their modules over time: with `module.` in front, with
`mobile_inverted_conv` for `conv`, and with or without a module around each convolution, normalisation and linear
layer. All of them are understood; whatever is then missing or left over is refused.
"""

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ...errors import InvalidCheckpoint, InvalidOption, NotFound
from ...spaces import AttentiveNas, OfaMobileNetV3
from ..checkpoints import refuse_difference
from ..supernet import Supernet, make_supernet

__all__ = ["load_released", "open_released", "translate"]

_RULES: Final = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^module\.", ""),
        (r"\.mobile_inverted_conv\.", ".conv."),
        (r"\.(conv|bn|linear)\.\1\.", r".\1."),
        (r"^blocks\.(\d+)\.conv\.", r"blocks.\1.candidates.0."),
        (r"^blocks\.(\d+)\.shortcut\.", r"blocks.\1.candidates.0.shortcut."),
        (r"\.inverted_bottleneck\.", ".expand."),
        (r"\.depth_conv\.se\.fc\.", ".se."),
        (r"\.depth_conv\.", ".depthwise."),
        (r"\.point_linear\.", ".project."),
        (r"^first_conv\.", "stem."),
        (r"^(last_conv\.)?final_expand_layer\.", "final."),
        (r"^(last_conv\.)?feature_mix_layer\.", "mix."),
        (r"^classifier\.linear\.", "classifier."),
    )
]
_UNDER: Final = ("state_dict", "model", "model_state_dict")  # where training codes keep the weights
# Statistics of the largest and smallest network, which nothing reads.
_TRACKING: Final = re.compile(r"\.bn_tracking\.\d\.")
# Shortcuts of blocks that change no shape, which nothing runs.
_SHORTCUT: Final = re.compile(r"^blocks\.\d+\.candidates\.0\.shortcut\.conv\.weight$")

_OFA_BLOCKS: Final = 21
_OFA_WIDTHS: Final = {16: 1.0, 24: 1.2}  # multipliers by the channels of the stem
_ATTENTIVE_BLOCKS: Final = 37


def load_released(supernet: Supernet, path: Path | str) -> None:
    """Give a supernet released weights: of Once-for-All (`ofa-mbv3`) or AttentiveNAS (`attentive-nas`).

    The file is one that `torch.load` reads, of the weights by name, alone or under `state_dict`, `model` or
    `model_state_dict`; nothing but weights is ever unpickled. Where a file has no kernel transforms, kernels are cut
    out of the centres of the larger ones, with a warning.

    Raises:
        NotFound: there is no such file.
        InvalidOption: no weights were released for the supernet's space.
        InvalidCheckpoint: the file is damaged, or some weights are missing, left over or of another shape.
    """
    if not isinstance(supernet.space, OfaMobileNetV3 | AttentiveNas):
        raise InvalidOption(
            f"there are no released weights of {supernet.space.name}, only of ofa-mbv3, attentive-nas."
        )
    tensors = translate(_read(Path(path)), str(path))
    expected = supernet.state_dict()
    if isinstance(supernet.space, AttentiveNas):
        unread = {name for name in tensors if _SHORTCUT.match(name) and name not in expected}
        tensors = {name: value for name, value in tensors.items() if name not in unread}
    transforms = {name for name in expected if name.endswith("_matrix")}
    untransformed = bool(transforms) and not transforms & tensors.keys()
    if untransformed:
        tensors |= {name: torch.eye(len(expected[name])) for name in transforms}
    refuse_difference(supernet, tensors, str(path))
    supernet.load_state_dict(tensors)
    if untransformed:
        warnings.warn(f"{path} has no kernel transforms; kernels are the centres of the larger ones.", stacklevel=2)


def open_released(path: Path | str, resolution: int | None = None) -> Supernet:
    """Return a supernet with released weights; whose they are, the weights themselves tell.

    Args:
        path: as for `load_released`.
        resolution: of Once-for-All the only one to choose; by default those of its training, and the 236 of WeakNAS.

    Raises:
        NotFound: there is no such file.
        InvalidCheckpoint: the file is damaged, or of neither system.
    """
    names = translate(_read(Path(path)), str(path))
    blocks = len({name.split(".")[1] for name in names if name.startswith("blocks.")})
    stem, bias = (names.get(name, torch.empty(0)) for name in ("stem.conv.weight", "classifier.bias"))
    space: OfaMobileNetV3 | AttentiveNas
    if blocks == _OFA_BLOCKS and len(stem) in _OFA_WIDTHS:
        sides = (*range(128, 225, 4), 236) if resolution is None else (resolution,)
        space = OfaMobileNetV3(_OFA_WIDTHS[len(stem)], sides, len(bias))
    elif blocks == _ATTENTIVE_BLOCKS:
        space = AttentiveNas(len(bias))
    else:
        raise InvalidCheckpoint(
            f"{path} holds neither weights of Once-for-All's MobileNetV3 (width 1.0 or 1.2) nor of AttentiveNAS."
        )
    supernet = make_supernet(space)
    load_released(supernet, path)
    return supernet


def translate(state: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Return released weights by the names that our supernet has for them.

    Raises:
        InvalidCheckpoint: two of them have one name.
    """
    translated: dict[str, Tensor] = {}
    for name, value in state.items():
        if _TRACKING.search(name):
            continue
        ours = name
        for pattern, replacement in _RULES:
            ours = pattern.sub(replacement, ours)
        if ours in translated:
            raise InvalidCheckpoint(f"{source} holds {name} twice, the other time under another form of its name.")
        translated[ours] = value
    return translated


def _read(path: Path) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise NotFound(f"there is no checkpoint {path}.")
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # in the words of other libraries, with their colours and advice
        if isinstance(error, pickle.UnpicklingError) and zipfile.is_zipfile(path):
            raise InvalidCheckpoint(
                f"{path} holds more than weights, which is not read for safety; where it comes from, save its "
                "state_dict alone: torch.save({'state_dict': checkpoint['state_dict']}, FILE)."
            ) from None
        raise InvalidCheckpoint(
            f"{path} is damaged, or holds more than weights ({type(error).__name__}); take a fresh copy, or where it "
            "comes from, save its state_dict alone."
        ) from None
    found = content if isinstance(content, dict) else {}
    state = next((found[name] for name in _UNDER if name in found), found)
    if not isinstance(state, dict) or not state or not all(map(_is_weight, state.items())):
        raise InvalidCheckpoint(f"{path} does not hold weights by name, alone or under {' or '.join(_UNDER)}.")
    return state


def _is_weight(item: tuple[Any, Any]) -> bool:
    name, value = item
    return isinstance(name, str) and isinstance(value, Tensor) and value.layout == torch.strided
