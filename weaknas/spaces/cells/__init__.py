"""Spaces of cells: NAS-Bench-101 and NAS-Bench-201."""
