"""A teacher from a file: a trained network whose predictions another one learns from."""

from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ...errors import InvalidOption
from ..loading import open_network, weights_file
from ..run import TrainingRun
from ..subnet import SubNet
from ..supernet import Supernet
from .extremes import extremes
from .step import Step

__all__ = ["Teacher", "open_teacher"]


class Teacher(NamedTuple):
    """A network that no longer learns.

    Attributes:
        net: the network, on the device of those that learn from it.
        digest: of the contents of its file.
    """

    net: SubNet
    digest: str

    @torch.no_grad()
    def logits(self, step: Step) -> Tensor:
        """Return `(n, classes)` float32 logits of a step's images, without gradients."""
        with step.precision():
            logits: Tensor = self.net(step.images)
        return logits.float()


def open_teacher(source: str, supernet: Supernet) -> Teacher:
    """Return the network of a file, or the largest one of a supernet.

    A network of its own has statistics of its own for batch normalisation. Those of a supernet mix all architectures,
    so its largest network takes those of each batch.

    Args:
        source: a file that holds one network, or a file or a run's folder of a supernet.
        supernet: what learns from it; says the device and the classes.

    Raises:
        NotFound: there is nothing there.
        InvalidCheckpoint: it is damaged.
        InvalidOption: it tells other classes apart, or is the folder of a run of one architecture, whose largest
            network was not trained.
    """
    if Path(source).is_dir() and TrainingRun.load(source).scheme == "single":
        raise InvalidOption(
            f"{source} trained one architecture and not its largest, which would teach; name a file of that "
            "architecture: net.safetensors of fine-tuning, or what weaknas supernet extract writes."
        )
    net = open_network(source)
    _refuse_other_classes(net, supernet, source)
    if isinstance(net, Supernet):
        net = net.subnet(extremes(net.space)[1]).train()
    with weights_file(source).open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    return Teacher(net.requires_grad_(False).to(next(supernet.parameters()).device), digest)


def _refuse_other_classes(teacher: Supernet | SubNet, supernet: Supernet, source: str) -> None:
    """Compare names, where both have them, else how many classes there are.

    Raises:
        InvalidOption: they differ.
    """
    named = teacher.class_names is not None and supernet.class_names is not None
    same = teacher.class_names == supernet.class_names if named else teacher.space.classes == supernet.classes
    if not same:
        raise InvalidOption(
            f"the teacher {source} tells {_classes(teacher)} apart, and what learns from it {_classes(supernet)}; "
            "name a teacher of the same classes in the same order."
        )


def _classes(net: Supernet | SubNet) -> str:
    names = net.class_names or ()
    few = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"{net.space.classes:,} classes" + (f" ({few})" if few else "")
