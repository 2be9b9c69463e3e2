"""Studies: what was asked, the runs that answer it, and the folder that keeps them."""
