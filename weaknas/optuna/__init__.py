"""Optuna both ways: its samplers as strategies, our loop as its sampler, its storages for expensive searches.

`weaknas.strategy("optuna:tpe", space)` is a strategy, `WeakNASSampler` a sampler for any study, and `search` runs any
strategy over a database that workers share. docs/optuna.md describes all three.
"""

from .sampler.weaknas_sampler import WeakNASSampler
from .storage.past_searches import past_of_storage
from .storage.shared_search import search
from .strategy import OptunaStrategy

__all__ = ["OptunaStrategy", "WeakNASSampler", "past_of_storage", "search"]
