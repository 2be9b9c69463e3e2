"""Expensive searches: their trials in a database or a journal file, which several workers share."""
