"""Statistics of studies: pure functions from the results to small tables."""
