"""Drawings of architectures that are made of cells, as SVG."""

from .architectures import check_path, draw, space_of, write
from .svg import svg

__all__ = ["check_path", "draw", "space_of", "svg", "write"]
