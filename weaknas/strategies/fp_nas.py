"""FP-NAS without weights: PARSEC with samples by the entropy, from coarse to fine."""

from ..checks import check_number
from ..distributions import Independent, LayerJoint, samples_for
from ..spaces import Space
from .parsec import POSITIVE, Parsec

__all__ = ["FpNas"]


class FpNas(Parsec):
    """FP-NAS (Yan et al., CVPR 2021) on any benchmark: PARSEC with fewer and fewer samples, from coarse to fine.

    A step takes `lam` samples for each nat of the distribution's entropy, at least 2, and so the fewer, the surer
    the distribution is. It begins with independent choices, and becomes a joint one of all choices of a layer.

    The paper's are samples in proportion to the entropy (second-hand: a quarter of one a nat, about 14 to begin with)
    and the two distributions. Ours: `lam` follows from `samples` by default, so that spaces of any size begin alike;
    the switch is by the entropy, not by a number of steps; the hinge on the cost is left to `space.where`.
    For the rest see `Parsec`.

    Args:
        space: the architectures to choose from.
        samples: of the first step (K0); what `lam` follows from where it is not given.
        lam: samples for each nat of entropy; None for `samples` by the entropy of the uniform distribution.
        switch: the share of that entropy which is gone when the distribution becomes joint; 1 keeps it as it is.

    The others are those of `Parsec`.

    Raises:
        InvalidOption: an option outside its range, or a layer of too many combinations for a joint distribution.
    """

    name = "fp-nas"

    def __init__(
        self,
        space: Space,
        *,
        samples: int = 14,
        lam: float | None = None,
        switch: float = 0.5,
        rate: float = 0.3,
        sharpness: float = 0.1,
        ess: float = 2.0,
        centred: bool = True,
        seed: int = 0,
    ) -> None:
        check_number("switch", switch, "a share from 0 to 1", 0, 1)
        if lam is not None:
            check_number("lam", lam, *POSITIVE)
        if switch < 1:
            LayerJoint(space)  # refuses a layer that is too large, before anything is paid for
        self.lam = lam
        self.switch = switch
        super().__init__(space, samples=samples, rate=rate, sharpness=sharpness, ess=ess, centred=centred, seed=seed)

    def _size(self) -> int:
        if self.lam is None:
            return samples_for(self.prior.unsure(), self.samples)
        return samples_for(self.prior.entropy(), self.lam)

    def _draw(self) -> None:
        coarse = isinstance(self.prior.distribution, Independent)
        if coarse and self.switch < 1 and 1 - self.prior.unsure() >= self.switch:
            self.prior.refine()
        super()._draw()
