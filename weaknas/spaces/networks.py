"""Spaces whose architectures are whole networks on images, and so can have a supernet."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from .arrays import Batch
from .cost import Cost
from .space import Space

__all__ = ["NetworkSpace"]


class NetworkSpace(Space):
    """A space of image classifiers, which says all that a supernet, its training and its evaluation need to know.

    Attributes:
        recipe: what makes the space again, as `weaknas.space` takes it; checkpoints and runs keep it.
        supernet: what makes its supernet: the class, or `module:Class`, which is imported when one is made; None
            where there is no supernet of the space.
        classes: outputs of the networks' classifier.
        sides: heights and widths, in pixels, that networks bring images to, the smallest first; where there are
            several, the choice `r` chooses among them.
        title: the space in words, for messages.
        published: texts of networks known by name, which `from_str` takes as well.
    """

    supernet: ClassVar[str | type | None] = None
    recipe: Mapping[str, Any]
    title: str
    published: Mapping[str, str] = {}

    @property
    @abstractmethod
    def classes(self) -> int:
        """Outputs of the networks' classifier."""

    @property
    @abstractmethod
    def sides(self) -> tuple[int, ...]:
        """Heights and widths that networks bring images to, the smallest first."""

    @abstractmethod
    def cost(self, batch: Batch) -> Cost:
        """Return parameters and multiply-accumulates of each network."""

    @abstractmethod
    def expected_cost(self, weights: Mapping[Any, Any]) -> Cost:
        """Return expected parameters and multiply-accumulates of networks drawn at random.

        Exact, and differentiable in the weights; at one-hot weights it is `cost`.

        Args:
            weights: by the name of each choice, the `(options,)` probabilities of its options, in numpy or torch; by
                a tuple of names, with an axis a choice, those of choices that are drawn together. What stands under
                different keys is drawn independently.
        """
