"""What stands for an option that nobody named, where several parts must mean the same."""

__all__ = ["PREDICTOR"]

PREDICTOR = "mlp"
"""The predictor of a strategy whose paper names none; one that a paper names is part of its strategy."""
