"""What the torch predictors share: losses, the training loop, the regressor around it, graphs as tensors."""
