"""Zero-cost proxies as indicators: what one batch says of each architecture before any training."""

import torch
from torch import Tensor

from ...errors import InvalidOption
from ...proxies import PROXIES
from ...spaces import Batch
from ..data import Images, normalise, ordered
from ..preprocessing import preprocessing_for
from ..subnet import SubNet
from ..supernet import Supernet
from .base import Indicator

__all__ = ["ZeroCost"]


class ZeroCost(Indicator):
    """A proxy of an architecture as an untrained network of its own; see `weaknas.proxies`.

    The supernet says what the network is; its weights are not used. Those of the network are drawn as torch's layers
    do by default, from the seed alone, and all architectures see the same training images.

    Args:
        supernet: the architectures, and the device.
        data: the images.
        proxy: one of `PROXIES`.
        images: how many training images.
        seed: of weights and images.

    Raises:
        InvalidOption: there is no such proxy, or a number cannot be used.
    """

    def __init__(self, supernet: Supernet, data: Images, proxy: str, *, images: int = 64, seed: int = 0) -> None:
        if proxy not in PROXIES:
            raise InvalidOption(f"a zero-cost proxy is one of {', '.join(PROXIES)}, not {proxy!r}.")
        if type(images) is not int or images < 2:
            raise InvalidOption(f"a zero-cost proxy needs a number of images from 2, not {images!r}.")
        if type(seed) is not int or seed < 0:
            raise InvalidOption(f"the seed of a zero-cost proxy is a whole number from 0, not {seed!r}.")
        self.supernet, self.data, self.seed = supernet, data, seed
        self.name = proxy  # type: ignore[misc]
        self._rows = ordered(len(data.train), seed, 0)[:images]
        self._latest: tuple[int, tuple[Tensor, Tensor]] | None = None  # the images at a resolution

    def score(self, arch: Batch) -> float:
        """Return the proxy of one architecture."""
        net = self.network(arch)
        return PROXIES[self.name](net, *self.batch(net.resolution))

    def network(self, arch: Batch) -> SubNet:
        """Return one architecture with weights that nothing was trained of, on the supernet's device.

        Raises:
            InvalidArchitecture: it is not in the supernet's space.
        """
        net = self.supernet.subnet(arch).cpu()  # so that weights are the same on every device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            for module in net.modules():
                if (draw := getattr(module, "reset_parameters", None)) is not None:
                    draw()
        return net.to(self._device)

    def batch(self, resolution: int) -> tuple[Tensor, Tensor]:
        """Return `(n, 3, h, w)` normalised images for a resolution, cut as in evaluation, and `(n,)` labels."""
        if self._latest is None or self._latest[0] != resolution:
            crop = preprocessing_for(self.supernet.space, self.data).test_crop(resolution)
            images = normalise(self.data.train.read(self._rows, crop, (0, 0)), self.data)
            labels = self.data.train.labels[self._rows]
            self._latest = resolution, (images.to(self._device), labels.to(self._device))
        return self._latest[1]

    @property
    def _device(self) -> torch.device:
        return next(self.supernet.parameters()).device
