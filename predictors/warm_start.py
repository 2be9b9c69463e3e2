"""Fits that continue from the last one."""

from typing import Any, Self

from numpy.typing import ArrayLike

from weaknas.errors import InvalidOption

from .shared.meta import DelegatingPredictor

__all__ = ["WarmStart"]


class WarmStart(DelegatingPredictor):
    """A predictor whose further fits continue from the last one: `warm-start:mlp`.

    Strategies fit it again each round, where they clone other predictors; a clone has forgotten all fits. The member
    must have the parameter `warm_start`, which is switched on.

    Args:
        member: the predictor, or its name.
        random_state: seed of the member, where it takes one, at its first fit; None leaves the member's own.
    """

    warm_start = True  # tells strategies not to clone it each round

    def __init__(self, member: Any = "mlp", random_state: int | None = None) -> None:
        self.member = member
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, continuing from the last fit.

        Raises:
            InvalidOption: the member has no parameter `warm_start`.
        """
        member = self.resolve_member()
        if "warm_start" not in member.get_params(deep=False):
            raise InvalidOption(
                f"{type(member).__name__} starts every fit anew (it has no parameter warm_start); use another member."
            )
        continues = hasattr(self, "member_")
        features, scores = self._check_training(X, y, continues=continues)
        if not continues:
            self.member_ = self.unfitted_member(self.random_state).set_params(warm_start=True)
        self.member_.fit(features, scores)
        return self
