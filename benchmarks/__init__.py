"""The tabular-benchmark layer: tables, their readers and their wrappers."""
