"""Tables of studies as CSV, Markdown and LaTeX; labels are text in each of them, whatever they hold."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from weaknas.errors import WeaknasError, reason
from weaknas.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["code", "latex", "make_folders", "markdown", "prose", "readable", "write"]

_WORDS = {"\\": "backslash", "^": "asciicircum", "~": "asciitilde", "<": "less", ">": "greater", "|": "bar"}
_LATEX = str.maketrans(
    {c: f"\\{c}" for c in "%_&#${}"} | {c: rf"\text{name}{{}}" for c, name in _WORDS.items()} | {"∞": r"$\infty$"}
)
_MARKDOWN = re.compile(r"[\\`*|<>&$~#]|(?<!\w)_|_(?!\w)|!(?=\[)|(?<=\])\(|^[-+](?=\s)")
_FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")  # the last four are the wide forms of the first
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
        decimals = _DIGITS.get(name, digits)
        made[name] = [_number(value, decimals) for value in table[name]]
        if f"{name}_low" in table:
            ends = zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
            made[name] = [
                f"{text} [{_number(low, decimals)}, {_number(high, decimals)}]" if low == low else text
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
    lines = [[prose(cell) for cell in line] for line in ([*table.columns], *table.to_numpy().tolist())]
    lines.insert(1, ["---"] * len(table.columns))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def prose(text: object) -> str:
    """Return a text that Markdown shows as it is, on one line: no markup, no HTML, no formula, no other cell."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(str(text).split()))


def code(text: str) -> str:
    """Return a text as code in Markdown, between more backticks than it has in a row."""
    text = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in (text[:1], text[-1:]) else ""
    return f"{fence}{space}{text}{space}{fence}"


def latex(text: object) -> str:
    """Return a text that LaTeX sets as it is, also where it follows the end of a row, which takes `[` and `*`."""
    escaped = str(text).translate(_LATEX)
    return f"{{}}{escaped}" if escaped.startswith(("[", "*")) else escaped


def _inert(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula, as one that begins with `=` would be."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def make_folders(out: Path) -> None:
    """Make the folder of a page, and in it those of its tables and figures.

    Raises:
        WeaknasError: it cannot be written to.
    """
    try:
        (out / "tables").mkdir(parents=True, exist_ok=True)
        (out / "figures").mkdir(exist_ok=True)
    except OSError as error:
        raise WeaknasError(f"cannot write to {out}: {reason(error)}; choose another --out.") from error


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
    escaped = shown.map(latex).rename(columns=latex)
    tex = escaped.to_latex(index=False, escape=False, caption=latex(caption), label=f"tab:{path.name}")
    cells = table.map(_inert)
    page = f"{prose(caption)}\n\n{text}"
    write_atomically(path.with_name(f"{path.name}.csv"), lambda part: cells.to_csv(part, index=False))
    write_atomically(path.with_name(f"{path.name}.md"), lambda part: part.write_text(page, "utf-8"))
    write_atomically(path.with_name(f"{path.name}.tex"), lambda part: part.write_text(tex, "utf-8"))
    return text
