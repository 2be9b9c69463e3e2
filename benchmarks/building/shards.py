"""A build's directory: finished shards, each complete or absent, and a lock against a second build."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path

from weaknas.errors import InvalidOption, WeaknasError, system_sentence
from weaknas.files import locked, write_atomically

from .build_spec import BuildSpec

if TYPE_CHECKING:
    from .training import LearningCurves

__all__ = ["Shard", "Shards", "build_directory"]

Shard = dict[str, NDArray[np.floating]]
"""Arrays of a shard's `n` architectures: `valid_acc`, `test_acc`, `valid_loss` and `test_loss` `(n, runs,
fidelities)`, `seconds` `(n, runs)`, and the build's indicators `(n,)` by the names of their columns."""

_MEASURED = ("valid_acc", "test_acc", "valid_loss", "test_loss")


def build_directory(name: str) -> Path:
    """Return where the shards of a benchmark are kept while it is built."""
    return user_data_path("weaknas") / "builds" / name


class Shards:
    """The shards of one build.

    Args:
        spec: what is built.
        directory: where they are, or will be.
    """

    def __init__(self, spec: BuildSpec, directory: Path) -> None:
        self.spec = spec
        self.directory = directory

    @contextmanager
    def locked(self, fresh: bool = False) -> Iterator[None]:
        """Take the directory for this build, deleting what was there before if `fresh`.

        Raises:
            InUse: another build is at work there.
            InvalidOption: what is there was built by another specification.
            WeaknasError: the directory cannot be written.
        """
        with locked(self.directory, "build under another name (--as)"):
            try:
                self._claim(fresh)
            except OSError as error:
                raise WeaknasError(f"cannot build in {self.directory}: {system_sentence(error)}.") from error
            yield

    def _claim(self, fresh: bool) -> None:
        for left in self.directory.glob(".*.part"):
            left.unlink()
        card = self.directory / "plan.json"
        if fresh:
            for path in (*self.directory.glob("shard-*.npz"), card):
                path.unlink(missing_ok=True)
        wanted = self.spec.as_dict()
        if not card.exists():
            write_atomically(card, lambda part: part.write_text(json.dumps(wanted, indent=1), "utf-8"))
        differences = _differences(card.read_bytes(), wanted)
        if differences:
            raise InvalidOption(
                f"the build in {self.directory} was begun with other {' and '.join(differences)}; "
                "start it again with --fresh, or build under another name (--as)."
            )

    def missing(self) -> list[int]:
        """Return the numbers of the shards that are not there, are damaged, or hold other architectures."""
        return [number for number in range(self.spec.shards) if self.read(number) is None]

    def read(self, number: int) -> Shard | None:
        """Return a shard, None where it is absent or damaged."""
        try:
            with self._path(number).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                rows, shard = file["rows"], {key: file[key] for key in self._measured}
            sound = np.array_equal(rows, self.spec.shard(number)) and self._is_sound(shard, len(rows))
        except Exception:  # a damaged file can fail in any way
            return None
        return shard if sound else None

    @property
    def _measured(self) -> tuple[str, ...]:
        """What a shard must hold; one that was built with more indicators holds more."""
        return (*_MEASURED, "seconds", *self.spec.indicator_columns)

    def _is_sound(self, shard: Shard, members: int) -> bool:
        """Return whether everything is there that was measured of a shard, and can be what it says."""
        runs, fidelities = len(self.spec.runs), len(self.spec.recipe.fidelities) + 1
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(self._measured, (members,))
        shapes |= dict.fromkeys(_MEASURED, (members, runs, fidelities)) | {"seconds": (members, runs)}
        return {key: values.shape for key, values in shard.items()} == shapes and all(
            not (shard[key] < 0).any() and not (key.endswith("_acc") and (shard[key] > 100).any())
            for key in (*_MEASURED, "seconds")
        )

    def write(self, number: int, curves: "LearningCurves", indicators: Mapping[str, NDArray[np.float64]]) -> None:
        """Keep what was measured of the shard's architectures, in order, each with all its runs, and indicators."""
        runs = len(self.spec.runs)
        arrays: dict[str, Any] = {"rows": self.spec.shard(number), "seconds": curves.seconds.reshape(-1, runs)}
        arrays |= indicators
        for split in ("valid", "test"):
            for name, values in (("acc", curves.accuracy[split]), ("loss", curves.loss[split])):
                arrays[f"{split}_{name}"] = values.reshape(-1, runs, values.shape[1])

        def save(part: Path) -> None:
            with part.open("wb") as file:
                np.savez(file, **arrays)

        write_atomically(self._path(number), save)

    def _path(self, number: int) -> Path:
        return self.directory / f"shard-{number:04}.npz"


def _differences(begun: bytes, wanted: dict[str, Any]) -> list[str]:
    try:
        old = json.loads(begun)
        return [key for key, value in wanted.items() if old.get(key) != value]
    except (ValueError, AttributeError, RecursionError):
        return ["settings, which cannot be read"]
