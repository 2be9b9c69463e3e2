"""Encodings learned without labels from the architectures of a space (the door `weaknas.encodings`)."""
