"""Predictors made of another predictor, the member: an object, or the name that stands after the colon."""

from abc import ABC
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import get_tags

import weaknas
from weaknas.scoring import check_reusable, fresh, has_std

from . import Doubles
from .checked import CheckedRegressor

__all__ = ["DelegatingPredictor", "MetaPredictor", "takes_seed"]


def takes_seed(predictor: Any) -> bool:
    """Return whether a predictor has randomness that can be seeded."""
    return "random_state" in predictor.get_params(deep=False)


class MetaPredictor(CheckedRegressor, ABC):
    """A predictor with the parameters `member` and `random_state`; scikit-learn would say a meta-estimator.

    The parameters of a member given by name can be read and set (`member__epochs`) as those of an object can;
    setting one turns the name into the object.
    """

    member: Any
    random_state: int | None

    def resolve_member(self) -> Any:
        """Return the member as an object, which may be fitted: itself, or a new predictor of its name.

        Raises:
            NotFound: there is no predictor of this name.
            PluginError: the member cannot be copied and fitted again.
        """
        member = weaknas.predictor(self.member) if isinstance(self.member, str) else self.member
        check_reusable(member)
        return member

    def unfitted_member(self, seed: int | None) -> Any:
        """Return an unfitted copy of the member, seeded unless the seed is None or the member takes none."""
        copy = fresh(self.resolve_member())
        return copy.set_params(random_state=seed) if seed is not None and takes_seed(copy) else copy

    @property
    def encodings(self) -> tuple[str, ...]:
        """Those of the member; absent where the member has none of its own."""
        # A property that raises AttributeError, as this one then does, is absent to getattr and hasattr.
        wanted: tuple[str, ...] = self.resolve_member().encodings
        return wanted

    @property
    def check_exceptions(self) -> dict[str, str]:
        """Those of the member."""
        return dict(getattr(self.resolve_member(), "check_exceptions", {}))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; if `deep`, also those of the member as `member__NAME`."""
        params: dict[str, Any] = super().get_params(deep=False)
        if deep:
            of_member = self.resolve_member().get_params(deep=True)
            params.update({f"member__{name}": value for name, value in of_member.items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, those of the member as `member__NAME`."""
        for name in params.keys() & self.get_params(deep=False).keys():
            setattr(self, name, params.pop(name))
        if params:
            self.member = self.resolve_member()
            super().set_params(**params)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        member = self.resolve_member()
        tags.input_tags.allow_nan = hasattr(member, "__sklearn_tags__") and get_tags(member).input_tags.allow_nan
        return tags


class DelegatingPredictor(MetaPredictor):
    """A meta-predictor whose predictions are those of one fitted member, on a straight-line scale.

    Attributes:
        member_: the fitted member.
        line_: slope and offset from its predictions to percent.
    """

    member_: Any
    line_: tuple[float, float] = (1.0, 0.0)

    @property
    def predict(self) -> Callable[..., Any]:
        """`predict(X)` returns `(m,)` scores in percent; it takes `return_std=True` if the member does."""
        # Two functions, because the signature is how others see whether there is an uncertainty.
        return self._predict_with_std if has_std(self.resolve_member()) else self._predict

    def _predict(self, X: ArrayLike) -> Doubles:
        features = self._member_features(self._check_query(X))
        slope, offset = self.line_
        scores: Doubles = slope * np.asarray(self.member_.predict(features), dtype=np.float64) + offset
        return scores

    def _predict_with_std(self, X: ArrayLike, return_std: bool = False) -> Any:
        if not return_std:
            return self._predict(X)
        features = self._member_features(self._check_query(X))
        slope, offset = self.line_
        mean, std = self.member_.predict(features, return_std=True)
        return slope * mean + offset, slope * std

    def _member_features(self, features: Any) -> Any:
        """Return what the member is given in place of the `(m, f)` features."""
        return features
