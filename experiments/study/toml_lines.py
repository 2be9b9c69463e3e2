"""The lines at which the keys of a TOML file stand, which its parser does not tell."""

import re

__all__ = ["Key", "line_of"]

Key = tuple[str | int, ...]
"""The path of a key or a table: names, and the index of an entry in an array of tables."""


def line_of(text: str, key: Key) -> int:
    """Return the line of a key, or of the innermost table around it that has one.

    Args:
        text: the file.
        key: the path of the key or table.
    """
    lines: dict[Key, int] = {(): 1}
    table: Key = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[\[\s*([\w-]+)\s*\]\]", line):
            counts[found[1]] = counts.get(found[1], -1) + 1
            table = (found[1], counts[found[1]])
            lines.setdefault(table[:1], number)
        elif found := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            # A sub-table such as [strategies.options] belongs to the last entry.
            table = tuple(
                part for name in found[1].split(".") for part in (name, counts.get(name)) if part is not None
            )
        elif found := re.match(r"\s*\"?([\w-]+)\"?\s*(?:\.\s*([\w-]+)\s*)?=", line):
            for depth in range(1, 3):
                if all(names := found.groups()[:depth]):
                    lines.setdefault((*table, *names), number)
            continue
        else:
            continue
        lines.setdefault(table, number)
    return max(number for known, number in lines.items() if key[: len(known)] == known)
