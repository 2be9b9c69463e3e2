"""Networks of cells: NAS-Bench-201, DARTS, NASNet."""
