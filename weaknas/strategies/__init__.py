"""Search strategies: ask/tell, one small file each."""
