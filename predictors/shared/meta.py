"""Predictors made of another predictor, the member: an object, or the name that stands after the colon."""

from abc import ABC
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import get_tags

import weaknas
from weaknas.scoring import check_reusable, fresh, has_std

from .checked import Checked

__all__ = ["Combinator", "Wrapper", "made", "takes_seed"]

Floats = NDArray[np.float64]


def made(member: Any) -> Any:
    """Return the member itself, or a new predictor of its name.

    Raises:
        NotFound: there is no predictor of this name.
        PluginError: the member cannot be copied and fitted again.
    """
    chosen = weaknas.predictor(member) if isinstance(member, str) else member
    check_reusable(chosen)
    return chosen


def takes_seed(predictor: Any) -> bool:
    """Return whether a predictor has randomness that can be seeded."""
    return "random_state" in predictor.get_params(deep=False)


class Combinator(Checked, ABC):
    """A predictor with the parameters `member` and `random_state`.

    The parameters of a member given by name can be read and set (`member__epochs`) as those of an object can;
    setting one turns the name into the object.
    """

    member: Any
    random_state: int | None

    @property
    def encodings(self) -> tuple[str, ...]:
        """Those of the member; absent where the member has none of its own."""
        # A property that raises AttributeError, as this one then does, is absent to getattr and hasattr.
        wanted: tuple[str, ...] = made(self.member).encodings
        return wanted

    @property
    def check_exceptions(self) -> dict[str, str]:
        """Those of the member."""
        return dict(getattr(made(self.member), "check_exceptions", {}))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; if `deep`, also those of the member as `member__NAME`."""
        params: dict[str, Any] = super().get_params(deep=False)
        if deep:
            member = made(self.member)
            params.update({f"member__{name}": value for name, value in member.get_params(deep=True).items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, those of the member as `member__NAME`."""
        for name in params.keys() & self.get_params(deep=False).keys():
            setattr(self, name, params.pop(name))
        if params:
            self.member = made(self.member)
            super().set_params(**params)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        member = made(self.member)
        tags.input_tags.allow_nan = hasattr(member, "__sklearn_tags__") and get_tags(member).input_tags.allow_nan
        return tags

    def _fresh(self, seed: int | None) -> Any:
        """Return an unfitted copy of the member, seeded unless the seed is None or the member takes none."""
        copy = fresh(made(self.member))
        return copy.set_params(random_state=seed) if seed is not None and takes_seed(copy) else copy


class Wrapper(Combinator):
    """A combinator whose predictions are those of one fitted predictor, `member_`, on a straight-line scale.

    Attributes:
        member_: the fitted predictor.
        line_: slope and offset from its predictions to percent.
    """

    member_: Any
    line_: tuple[float, float] = (1.0, 0.0)

    @property
    def predict(self) -> Callable[..., Any]:
        """`predict(X)` returns `(m,)` scores in percent; it takes `return_std=True` if the member does."""
        # Two functions, because the signature is how others see whether there is an uncertainty.
        return self._predict_with_std if has_std(made(self.member)) else self._predict

    def _predict(self, X: ArrayLike) -> Floats:
        features = self._seen(self._asked(X))
        slope, offset = self.line_
        scores: Floats = slope * np.asarray(self.member_.predict(features), dtype=np.float64) + offset
        return scores

    def _predict_with_std(self, X: ArrayLike, return_std: bool = False) -> Any:
        if not return_std:
            return self._predict(X)
        features = self._seen(self._asked(X))
        slope, offset = self.line_
        mean, std = self.member_.predict(features, return_std=True)
        return slope * mean + offset, slope * std

    def _seen(self, features: Any) -> Any:
        """Return the features as the member sees them."""
        return features
