"""Drawn cells as SVG: one text without scripts, style sheets or fonts of its own, for light and dark pages alike."""

from collections.abc import Sequence
from html import escape
from typing import Final

from ..spaces.diagram import Diagram
from .layout import LETTER, Box, Line, Placed, place

__all__ = ["svg"]

# By what the name of an operation has in it, which counts from above; tints of Okabe and Ito's colours.
_PALETTE: Final = (
    (("pool",), "#e3aac9"),
    (("skip", "identity"), "#cdd3da"),
    (("dil",), "#f4c15d"),
    (("sep",), "#7fd0b3"),
    (("conv",), "#8ecbf2"),
)
_OTHER: Final = "#f3ec8a"
_LINE, _INK, _WHITE = "#757d87", "#14171b", "#ffffff"
_FILLS: Final = {"input": "#3f4754", "output": "#3f4754", "node": "#e9ebee"}
_MARGIN, _TITLE, _BETWEEN = 8.0, 26.0, 22.0
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def svg(diagrams: Sequence[Diagram], title: str) -> str:
    """Return cells, one below the other, as an SVG document; the same cells give the same text.

    Args:
        diagrams: the cells, at least one.
        title: what it shows, for those who cannot see it; browsers show it under the pointer.
    """
    cells = [place(diagram) for diagram in diagrams]
    width = max(max(cell.width, 8.0 * len(cell.title)) for cell in cells) + 2 * _MARGIN
    parts, top = [], _MARGIN
    for cell in cells:
        parts.append(f'<g transform="translate({_MARGIN:g} {top:g})">{_cell(cell)}</g>')
        top = round(top + _TITLE + cell.height + _BETWEEN, 1)
    height = top - _BETWEEN + _MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{_FONT}" font-size="12" text-anchor="middle">'
    )
    return "\n".join([head, f"<title>{_text(title)}</title>", *parts, "</svg>\n"])


def _cell(cell: Placed) -> str:
    title = (
        f'<text y="13" text-anchor="start" font-size="13" font-weight="bold" fill="{_LINE}">{_text(cell.title)}</text>'
    )
    lines = "".join(map(_path, cell.lines))
    arrows = "".join(sorted({_arrow(line) for line in cell.lines}))
    return (
        f'{title}<g transform="translate(0 {_TITLE:g})">\n'
        f'<path d="{lines}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>\n'
        f'<path d="{arrows}" fill="{_LINE}"/>\n' + "\n".join(map(_box, cell.boxes)) + "</g>"
    )


def _path(line: Line) -> str:
    parts, x = [f"M{line.start:g} {line.curves[0][1]:g}"], line.start
    for x0, y0, x1, y1 in line.curves:
        if y0 != y1:
            middle = (x0 + x1) / 2
            parts += [f"H{x0:g}"] * (x < x0)
            parts.append(f"C{middle:g} {y0:g} {middle:g} {y1:g} {x1:g} {y1:g}")
            x = x1
    return "".join([*parts, *[f"H{line.end:g}"] * (x < line.end)])


def _arrow(line: Line) -> str:
    return f"M{line.end:g} {line.curves[-1][3]:g}l-7 -3.5v7z"


def _box(box: Box) -> str:
    fill = _FILLS.get(box.kind) or _colour(box.name)
    ink = _WHITE if box.kind in ("input", "output") else _INK
    edge = f' stroke="{_LINE}"' if box.kind in _FILLS else ""
    return (
        f'<rect x="{box.x - box.width / 2:g}" y="{box.y - box.height / 2:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="{box.height / 2 if box.kind == "node" else 5:g}" fill="{fill}"{edge}/>'
        f'<text x="{box.x:g}" y="{box.y + 4:g}" textLength="{LETTER * len(box.name):g}" '
        f'lengthAdjust="spacingAndGlyphs" fill="{ink}">{_text(box.name)}</text>'
    )


def _colour(operation: str) -> str:
    """Return the colour of an operation's kind."""
    return next((colour for words, colour in _PALETTE if any(word in operation.lower() for word in words)), _OTHER)


def _text(text: str) -> str:
    """Return text as XML has it; control characters, which it cannot have, are left out."""
    return escape("".join(sign for sign in text if sign.isprintable()))
