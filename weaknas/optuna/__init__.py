"""Optuna both ways: its samplers as strategies, our strategies as its sampler, its storages for expensive searches.

`weaknas.strategy("optuna:tpe", space)` is a strategy. docs/optuna.md describes all three.
"""
