"""Rows of a file read column by column: what comes again is read once, and what is odd is left to be judged row by row.

The outcome is that of judging each row by itself (:func:`registry.validating.read_row`), to the letter: a reader is a
function of the cell and the day, so one answer holds for every row with the same text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

from registry.cells import CellError, from_file
from registry.columns import Column, Table
from registry.columns.table import no_faults
from registry.validating import Candidate

Line = tuple[int, list[object]]
Judge = Callable[[int, list[object]], Candidate]

_REMEMBERED = 50_000  # cells of a column: a file of many megabytes of remarks must not stand in memory twice
_ODD = object()


class ByColumn:
    """Reads blocks of rows of text of one file by its ``columns``; ``judge`` reads a row that is not plain."""

    def __init__(self, table: Table, columns: Sequence[Column], day: dt.date, judge: Judge) -> None:
        self._table, self._columns, self._day, self._judge = table, columns, day, judge
        self._codes = [column.code for column in columns]
        self._known: list[dict[object, Any]] = [{} for _ in columns]
        self._odd: list[set[object]] = [set() for _ in columns]
        self._plain = [column.plain and re.compile(rf"(?:{column.plain})(?:\n(?:{column.plain}))*").fullmatch
                       for column in columns]

    def read(self, lines: Sequence[Line]) -> list[Candidate]:
        """One candidate for each line, in their order."""
        width = len(self._columns)
        wide = [cells if len(cells) == width else self._fitted(cells) for _line, cells in lines]
        if not all(wide):
            # A row that has too many cells or too few is rare: those beside it can wait.
            return [self._judge(line, cells) for line, cells in lines]
        odd, columns = set[int](), []
        for place, cells in enumerate(zip(*wide, strict=True)):
            values, strange = self._values(place, cells)
            columns.append(values)
            if strange:
                odd.update(number for number, cell in enumerate(cells) if cell in strange)
        check = self._table.check
        rows = map(dict, map(zip, repeat(self._codes), zip(*columns, strict=True)))
        found = list(map(Candidate, map(itemgetter(0), lines), rows))
        for number in odd:
            found[number] = self._judge(*lines[number])
        if check is not no_faults:
            for number, candidate in enumerate(found):
                if number not in odd:
                    for code, reason in check(candidate.row):
                        candidate.faults.append((code, candidate.row.get(code, ""), reason))
        return found

    def _fitted(self, cells: list[object]) -> list[object]:
        """A row without the empty cells after its last column; nothing where it has others there, or too few."""
        width = len(self._columns)
        return cells[:width] if len(cells) > width and not "".join(map(str, cells[width:])).strip() else []

    def _values(self, place: int, cells: Sequence[object]) -> tuple[list[Any], set[object]]:
        """The values of a column, and those of its cells that must be judged with their rows."""
        plain = self._plain[place]
        if plain:
            # All cells of a block are looked at in one step.
            joined = "\n".join(cells)  # type: ignore[arg-type]  # by column only text is read
            if plain(joined) and joined.count("\n") == len(cells) - 1:
                return list(cells), set()
        known, odd, column = self._known[place], self._odd[place], self._columns[place]
        if len(known) > _REMEMBERED:
            known.clear()
            odd.clear()
        distinct = set(cells)
        for cell in distinct.difference(known):
            known[cell] = value = self._value(column, cell)
            if value is _ODD:
                odd.add(cell)
        return [known[cell] for cell in cells], distinct & odd

    def _value(self, column: Column, cell: object) -> Any:
        try:
            cleaned = from_file(cell)
            if cleaned is None:
                return _ODD if column.needed else column.default
            return column.read(cleaned, self._day)
        except CellError:
            return _ODD
