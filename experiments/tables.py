"""Tables of studies as CSV, Markdown and LaTeX."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from weaknas.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["markdown", "readable", "write"]

_LATEX = str.maketrans({c: f"\\{c}" for c in "%_&#${}"} | {"^": r"\textasciicircum{}", "~": r"\textasciitilde{}"})
_DIGITS = {"success": 2, "p": 4, "p_holm": 4, "budget": 0}


def readable(table: "pd.DataFrame", digits: int = 2) -> "pd.DataFrame":
    """Return a table of texts in which an estimate and the ends of its interval share a cell, `3.2 [2.9, 3.5]`.

    Args:
        table: numbers; the ends of the interval of a column `x` are `x_low` and `x_high`.
        digits: decimals of the columns that have no fixed number of them.
    """
    import pandas as pd

    made = {}
    for name in table.columns:
        if name.removesuffix("_low").removesuffix("_high") != name:
            continue
        places = _DIGITS.get(name, digits)
        made[name] = [_number(value, places) for value in table[name]]
        if f"{name}_low" in table:
            ends = zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
            made[name] = [
                f"{text} [{_number(low, places)}, {_number(high, places)}]" if low == low else text
                for text, (low, high) in zip(made[name], ends, strict=True)
            ]
    return pd.DataFrame(made, index=table.index)


def _number(value: object, digits: int) -> str:
    if not isinstance(value, float | np.floating):
        return f"{value}"
    if np.isnan(value):
        return "–"  # noqa: RUF001 - a dash
    if np.isinf(value):
        return "∞"
    return f"{value:,.{digits}f}"


def markdown(table: "pd.DataFrame") -> str:
    """Return a table of texts in Markdown."""
    lines = [[*table.columns], ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return "".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |\n" for line in lines)


def write(table: "pd.DataFrame", path: Path, caption: str, digits: int = 2) -> str:
    """Write `path.csv` with the numbers, `path.md` and `path.tex` to be read, and return the Markdown.

    Args:
        table: numbers, see `readable`.
        path: the files without their endings.
        caption: what the numbers are, and by which protocol.
        digits: decimals.
    """
    shown = readable(table, digits)
    text = markdown(shown)
    name = f"tab:{path.name}"
    tex = shown.to_latex(index=False, escape=True, caption=caption.translate(_LATEX), label=name)
    tex = tex.replace("∞", r"$\infty$")
    write_atomically(path.with_name(f"{path.name}.csv"), lambda part: table.to_csv(part, index=False))
    write_atomically(path.with_name(f"{path.name}.md"), lambda part: part.write_text(f"{caption}\n\n{text}", "utf-8"))
    write_atomically(path.with_name(f"{path.name}.tex"), lambda part: part.write_text(tex, "utf-8"))
    return text
