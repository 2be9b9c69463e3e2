"""`weaknas data import`: the official files of published benchmarks, turned into tables."""
