"""`WeakNASSampler`: the weak-predictor loop as a sampler of Optuna."""
