"""What stands for an option that nobody named: the only names of plug-ins in the core that no paper fixes."""

__all__ = ["BENCHMARK", "PREDICTOR", "STRATEGY"]

BENCHMARK = "digits"
"""Where the contract of predictors is tried: it comes with the package."""

PREDICTOR = "mlp"
"""Of a strategy whose paper names none."""

STRATEGY = "weaknas"
"""Of `weaknas search`."""
