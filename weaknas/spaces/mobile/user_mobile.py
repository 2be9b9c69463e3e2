"""A space of mobile networks that a user writes down in a TOML file."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import InvalidOption, NotFound
from ..elastic import Elastic, fixed
from .layers import MBConv
from .network_builder import NetworkBuilder
from .space import MobileSpace

__all__ = ["UserMobile", "finder"]


class UserMobile(MobileSpace):
    """A stem, stages of inverted bottlenecks and a head; `docs/spaces.md` says what can be written.

    Args:
        table: the content of the file.

    Raises:
        InvalidOption: a key is unknown or missing, or a value cannot be used; the message says which and where.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        from .user_file import read  # pydantic is loaded by those who need it

        layout = read(table)
        self.name = layout.name
        builder = NetworkBuilder(layout.resolution, layout.classes)
        builder.stem(layout.stem.width, stride=layout.stem.stride, act=layout.stem.act)
        for stage in layout.stage:
            splits = int(stage.squeeze) if stage.splits is None else stage.splits
            options: dict[str, Any] = {"act": stage.act, "splits": splits, "shortcut": stage.shortcut}
            if stage.candidates is None:
                builder.elastic_stage(
                    stage.width,
                    stage.depth,
                    stage.kernel,
                    stage.expansion,
                    stride=stage.stride,
                    alike=stage.alike,
                    transform=stage.transform,
                    **options,
                )
            else:
                layers = partial(_layers, builder, stage.candidates, options)
                builder.candidate_stage(stage.width, stage.blocks, stage.candidates, layers, stride=stage.stride)
        final = builder.number(f"w{builder.stage + 1}", layout.head.width)
        network = builder.head(final, layout.head.mix, act=layout.head.act)
        if not builder.choices:
            raise InvalidOption(f"{self.name} has nothing to choose; write one number as a list, such as depth = [1].")
        super().__init__(builder.choices, network, {"table": table})
        self.recipe["space"] = "mobile"

    @classmethod
    def from_toml(cls, path: Path | str) -> "UserMobile":
        """Read a space from a file.

        Raises:
            NotFound: there is no such file.
            InvalidOption: it is no TOML, or does not describe a space.
        """
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise NotFound(f"there is no space file {path} that can be read ({error.strerror}).") from None
        except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number of thousands of digits
            raise InvalidOption(f"{path} is not TOML: {error}.") from None
        try:
            return cls(table)
        except InvalidOption as error:
            raise InvalidOption(f"{path}: {error}") from None


class _Finder:
    """The spaces that nobody registered: files in TOML."""

    def names(self) -> list[str]:
        """Return no names: files are not looked for."""
        return []

    def load(self, name: str) -> Callable[[], UserMobile] | None:
        """Return what reads the space of a file; None if the name is none of a file in TOML."""
        return partial(UserMobile.from_toml, name) if name.endswith(".toml") else None


finder = _Finder()


def _layers(
    builder: NetworkBuilder, names: Sequence[str], options: Mapping[str, Any], width: Elastic, where: str, stride: int
) -> Sequence[MBConv]:
    """Return the candidates of a block by their names, such as `k3e6`."""
    numbers = [re.findall(r"[\d.]+", name) for name in names if name != "skip"]
    return [
        builder.mbconv(width, fixed(int(kernel)), fixed(float(expansion)), stride=stride, **options)
        for kernel, expansion in numbers
    ]
