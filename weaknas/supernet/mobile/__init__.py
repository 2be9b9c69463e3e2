"""The family of mobile networks, and the weights of it that others released."""
