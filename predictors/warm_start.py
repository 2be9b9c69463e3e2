"""Fits that go on from the fit before."""

from typing import Any, Self

from numpy.typing import ArrayLike

from weaknas.errors import InvalidOption

from .shared.meta import Wrapper, made

__all__ = ["WarmStart"]


class WarmStart(Wrapper):
    """A predictor that goes on learning when it is fitted again: `warm-start:mlp`.

    The one predictor that does not forget earlier fits; a clone does. The member must have the parameter
    `warm_start`, which is switched on.

    Args:
        member: the predictor, or its name.
        random_state: seed of the member, where it takes one, at its first fit; None leaves the member's own.
    """

    warm_start = True  # tells strategies not to take a clone each round

    def __init__(self, member: Any = "mlp", random_state: int | None = None) -> None:
        self.member = member
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, starting where the last fit ended.

        Raises:
            InvalidOption: the member cannot go on from an earlier fit.
        """
        if "warm_start" not in made(self.member).get_params(deep=False):
            raise InvalidOption(
                f"{type(made(self.member)).__name__} starts every fit anew (it has no parameter warm_start); use "
                f"another member."
            )
        goes_on = hasattr(self, "member_")
        features, scores = self._training(X, y, goes_on=goes_on)
        if not goes_on:
            self.member_ = self._fresh(self.random_state).set_params(warm_start=True)
        self.member_.fit(features, scores)
        return self
