"""The package's exceptions: each message is one sentence saying what is wrong, where, and what to do."""

__all__ = [
    "BudgetError",
    "InvalidArchitecture",
    "InvalidCheckpoint",
    "InvalidImages",
    "InvalidOption",
    "InvalidTable",
    "MissingExtra",
    "NotFound",
    "PluginError",
    "WeaknasError",
]


class WeaknasError(ValueError):
    """The family of every mistake that a user can mend; the command line answers it with exit code 2."""


class NotFound(WeaknasError):
    """A name, file or table that does not exist."""


class InvalidOption(WeaknasError):
    """An option that is unknown, or whose value cannot be used."""


class InvalidArchitecture(WeaknasError):
    """An architecture, or its text form, that does not belong to the space."""


class InvalidCheckpoint(WeaknasError):
    """A file of weights that is damaged, of another network, or with weights missing or left over."""


class InvalidImages(WeaknasError):
    """Images that are damaged, or not laid out in a way that is known."""


class InvalidTable(WeaknasError):
    """A table that is truncated, altered, of another format or without the column asked for."""


class BudgetError(WeaknasError):
    """A budget that cannot be spent, or that is spent."""


class PluginError(WeaknasError):
    """A plug-in that breaks its contract (a predictor that returns NaN, a strategy that repeats itself)."""


class MissingExtra(ModuleNotFoundError, WeaknasError):
    """A part of the package whose optional dependencies are not installed."""


def as_sentence(error: WeaknasError) -> str:
    """Return the message on one line."""
    return " ".join(str(error).split())
