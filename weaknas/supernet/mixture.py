"""What a search that weighs options came to, as a network: more than one of the space's architectures."""

from pathlib import Path

from ..doors import names_from_data
from ..errors import InvalidCheckpoint, InvalidOption
from .checkpoints import load
from .run import STATE, WEIGHTS, TrainingRun
from .schemes import make_scheme
from .subnet import SubNet
from .supernet import Supernet
from .training.state import read_state

__all__ = ["mixture_of"]


def mixture_of(folder: Path | str) -> SubNet:
    """Return the network that a search came to, with its weights: a mixture, without the options of weight zero.

    It computes what the supernet does with the scheme's `selection`. Its statistics of batch normalisation are for
    `recalibrate`, its training for any loop.

    Args:
        folder: of the run.

    Raises:
        NotFound: the folder holds no run, or none that was saved.
        InvalidCheckpoint: what it holds is damaged, or not of one run.
        InvalidOption: the scheme came to architectures alone, or the family of networks cannot take mixtures out.
    """
    folder = Path(folder)
    run = TrainingRun.load(folder)
    with names_from_data():
        scheme = make_scheme(run.scheme, run.options)
    supernet = load(folder / WEIGHTS).net
    assert isinstance(supernet, Supernet)
    scheme.prepare(supernet.space, run.steps, run.seed)
    scheme.attach(supernet)
    state = read_state(folder / STATE)
    try:
        scheme.restore(state["scheme"], supernet)
        for name, module in scheme.modules().items():
            module.load_state_dict(state["modules"][name])
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
        said = str(error).strip() or type(error).__name__
        raise InvalidCheckpoint(
            f"{folder / STATE} is not the state of its run ({said.splitlines()[0]}); restore it."
        ) from None
    if (selection := scheme.selection()) is None:
        raise InvalidOption(
            f"the scheme {run.scheme} weighs no options: what it came to are architectures "
            f"(weaknas supernet extract {folder})."
        )
    return supernet.pruned(selection)
