"""How good predictors are: rank correlation, top of the ranking and time, against the size of the training set."""
