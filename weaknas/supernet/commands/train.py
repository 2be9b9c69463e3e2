"""`weaknas supernet train`: train a supernet on images, or go on with a run that was stopped."""


def train() -> None:
    """Train a supernet."""
