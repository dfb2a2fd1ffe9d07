"""The columns of a file by their names."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence

from casework.history.keys import MapError
from registry.cells import shown


class Header:
    """The columns of a file by name: as written, or else by letters alone, never by guess.

    ``near`` are the rows around the header by their place, for the one who has named the wrong row.
    """

    def __init__(self, names: Sequence[str], near: Mapping[int, Sequence[str]] | None = None) -> None:
        self.names, self._near = list(names), near or {}
        self._exact: dict[str, list[int]] = {}
        self._folded: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            self._exact.setdefault(name, []).append(place)
            self._folded.setdefault(_folded(name), []).append(place)

    def place(self, key: str, name: str) -> int:
        found = self._exact.get(name.strip()) or self._folded.get(_folded(name))
        if not found:
            raise MapError(f"{key} names the column {shown(name)!r}, which the file does not have: it has "
                           f"{shown(', '.join(self.names), 600)}{self._hint(name)}")
        if len(found) > 1:
            raise MapError(f"{key} names the column {shown(name)!r}, which stands {len(found)} times in the file")
        return found[0]

    def _hint(self, name: str) -> str:
        for row, names in self._near.items():
            if _folded(name) in map(_folded, names):
                return f" (row {row} of the file has it: say source.header_row: {row})"
        close = difflib.get_close_matches(_folded(name), list(self._folded), 1, 0.8)
        if close:
            return f" (did you mean {shown(self.names[self._folded[close[0]][0]])!r}?)"
        return f" (for a fixed text say {{constant: {shown(name)}}})" if len(name) < 40 else ""

    def __contains__(self, name: str) -> bool:
        return name.strip() in self._exact or _folded(name) in self._folded


def _folded(name: str) -> str:
    """``Inspection Date``, ``inspection_date`` and a name with a line break in it are the same column."""
    return letters(name) or name.strip().casefold()


def letters(text: str) -> str:
    """Letters and digits alone, without capitals and full-width forms: ``１２ High St.`` is ``12highst``."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())
