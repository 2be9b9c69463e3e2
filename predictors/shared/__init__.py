"""What several predictors share: scaling, forests, Gaussian processes, and members that are made by name."""
