"""Beginning a run with the weights of another supernet."""

from torch import Tensor

from ..checkpoints import refuse_difference
from ..loading import open_supernet
from ..run import TrainingRun
from ..supernet import Supernet

__all__ = ["take_weights"]


def take_weights(supernet: Supernet, run: TrainingRun) -> None:
    """Give a supernet the weights that a run begins with, if it does not begin with random ones.

    Where they are of other classes, the classifier is a new one; classes that both have keep their weights.

    Raises:
        NotFound: there are none.
        InvalidCheckpoint: they are damaged, or of another space.
    """
    if run.weights is None:
        return
    begun = open_supernet(run.weights)
    if run.weights_classes is not None:
        begun.class_names = run.weights_classes
    tensors = begun.state_dict()
    if begun.class_names is None and begun.space.classes == supernet.space.classes:
        begun.class_names = supernet.class_names  # by number
    if begun.class_names != supernet.class_names:
        tensors |= _classifier(supernet, begun)
    refuse_difference(supernet, tensors, run.weights)
    supernet.load_state_dict(tensors)


def _classifier(supernet: Supernet, other: Supernet) -> dict[str, Tensor]:
    """Return the classifier of a supernet, with the weights that another one has for classes of the same name."""
    kept = {f"classifier.{name}": value.clone() for name, value in supernet.classifier.state_dict().items()}
    mine, theirs = list(supernet.class_names or ()), list(other.class_names or ())
    shared = [(row, theirs.index(name)) for row, name in enumerate(mine) if name in theirs]
    for name, value in other.classifier.state_dict().items():
        to = kept[f"classifier.{name}"]
        if to.shape[1:] == value.shape[1:]:
            for row, index in shared:
                to[row] = value[index]
    return kept
