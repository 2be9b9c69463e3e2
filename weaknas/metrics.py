"""What a benchmark measures: names, units and directions. Accuracy in percent is one metric of many."""

from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidOption
from .words import shortened

__all__ = ["ACCURACY", "Metric"]

_LONGEST = 100  # characters of a name
_TAKEN = (  # the other columns of a history and of a study's results
    *(
        "arch",
        "benchmark",
        "budget",
        "clock_seconds",
        "cost",
        "dataset",
        "fidelity",
        "front",
        "label",
        "options",
        "predictor",
    ),
    *("query", "seed", "spent_seconds", "strategy", "study", "top1_test", "hit_valid", "hit_test"),
)


_KINDS: dict[str, Any] = dict.fromkeys(("name", "unit", "valid", "test"), str) | {
    "free": bool,
    "reference": int | float,
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is measured of an architecture.

    Attributes:
        name: what it is called, such as `perplexity`.
        unit: such as `%` or `ms`; empty for a plain number.
        minimize: whether lower is better.
        valid: the column of its values on validation, which searches see; the name if not given.
        test: the column of its values on test; `test_` and the name if not given.
        free: whether it is known without an evaluation, as parameters are.
        reference: the value that is as bad as it gets, for hypervolumes; None for the worst one of a benchmark.

    Raises:
        InvalidOption: a name or column that cannot be one.
    """

    name: str
    unit: str = ""
    minimize: bool = False
    valid: str = ""
    test: str = ""
    free: bool = False
    reference: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "valid", self.valid or self.name)
        object.__setattr__(self, "test", self.test or f"test_{self.name}")
        for text in (self.name, self.valid, self.test):
            usable = isinstance(text, str) and 0 < len(text) <= _LONGEST and text.isprintable() and "," not in text
            if not usable or text.strip() != text:
                raise InvalidOption(
                    f"{shortened(repr(text))} is no name for a metric: use 1 to {_LONGEST} letters, without a comma."
                )
            if text in _TAKEN:
                raise InvalidOption(f"a metric cannot be called {text}, as a column of every result is.")
        if self.valid == self.test:
            raise InvalidOption(f"the metric {self.name} has the column {self.valid} for validation and for test.")

    @classmethod
    def from_card(cls, content: Any) -> Self:
        """Return the metric that a card describes: `name`, and what of the attributes and `direction` it says.

        Raises:
            InvalidOption: it describes none.
        """
        direction = content.get("direction", "maximize") if isinstance(content, dict) else None
        rest = {key: value for key, value in content.items() if key != "direction"} if direction else {}
        fits = "name" in rest and all(isinstance(value, _KINDS.get(key, ())) for key, value in rest.items())
        if direction not in ("minimize", "maximize") or not fits:
            raise InvalidOption(
                f"{shortened(repr(content))} describes no metric: it has a name, a direction (minimize or maximize), "
                "and may have a unit, the columns valid and test, free (true or false) and a reference (a number)."
            )
        return cls(minimize=direction == "minimize", **rest)

    @property
    def card(self) -> dict[str, Any]:
        """The metric as `from_card` reads it."""
        card = {"name": self.name, "unit": self.unit, "direction": self.direction, "valid": self.valid}
        rest: dict[str, Any] = {"test": self.test, "free": self.free}
        return card | rest | ({} if self.reference is None else {"reference": self.reference})

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """`minimize` or `maximize`."""
        return "minimize" if self.minimize else "maximize"

    def oriented(self, values: Any) -> Any:
        """Return values of which higher ones are better; it is its own inverse."""
        return 0.0 - np.asarray(values, dtype=np.float64) if self.minimize else np.asarray(values, dtype=np.float64)

    def best(self, values: NDArray[np.float64], initial: float = float("nan")) -> float:
        """Return the best of `(n,)` values and of one more; NaN where none is known."""
        reduce = np.fmin.reduce if self.minimize else np.fmax.reduce
        return float(reduce(values, initial=initial))

    def text(self, value: float) -> str:
        """Return a value in words, with its unit."""
        if np.isnan(value):
            return "not known"
        number = f"{value:.3f}" if self.unit == "%" else f"{value:.6g}"
        return f"{number} {self.unit}".rstrip()

    def called(self, objective: str) -> str:
        """Return what the values of a column are, in words: `validation accuracy`, `perplexity`, `test perplexity`."""
        if objective == self.test:
            return f"test {self.name}"
        return self.name if self.valid == self.name else f"validation {self.name}"


ACCURACY = Metric("accuracy", "%", valid="valid_acc", test="test_acc", reference=0.0)
"""Accuracy in percent: the metric of a benchmark that names none."""
