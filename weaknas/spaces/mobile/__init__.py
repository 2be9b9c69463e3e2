"""Spaces of mobile networks: one description gives the rows, the cost, the text, the encodings and the supernet."""
