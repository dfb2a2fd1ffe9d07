"""Rows of a file read column by column: what comes again is read once, and what is odd is left to be judged row by row.

The outcome is that of judging each row by itself (:func:`registry.validating.read_row`), to the letter: a reader is a
function of the cell and the day, so one answer holds for every row with the same text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
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
_TEXTS = {str, type(None)}


class ByColumn:
    """Reads blocks of rows of one file by its ``columns``; ``judge`` reads a row that is not plain.

    ``padded``: the format leaves out empty cells at a row's end.
    """

    def __init__(self, table: Table, columns: Sequence[Column], day: dt.date, judge: Judge, *,
                 padded: bool = False) -> None:
        self._table, self._columns, self._day, self._judge, self._padded = table, columns, day, judge, padded
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
            odd.update(strange)
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
        """A row of as many cells as there are columns; nothing where it has others behind them, or too few."""
        width = len(self._columns)
        if self._padded and len(cells) < width:
            return cells + [None] * (width - len(cells))
        return cells[:width] if len(cells) > width and not "".join(map(str, cells[width:])).strip() else []

    def _values(self, place: int, cells: Sequence[object]) -> tuple[list[Any], Iterable[int]]:
        """The values of a column, and the places of those of its cells that must be judged with their rows."""
        plain, types = self._plain[place], set(map(type, cells))
        if plain and types == {str}:
            # All cells of a block are looked at in one step.
            joined = "\n".join(cells)  # type: ignore[arg-type]  # they are texts
            if plain(joined) and joined.count("\n") == len(cells) - 1:
                return list(cells), ()
        if not types <= _TEXTS:
            # Of a workbook's numbers and truth values, 1, 1.0 and True are not one cell.
            cells = list(zip(map(type, cells), cells, strict=True))
        known, odd, column = self._known[place], self._odd[place], self._columns[place]
        if len(known) > _REMEMBERED:
            known.clear()
            odd.clear()
        distinct = set(cells)
        for cell in distinct.difference(known):
            known[cell] = value = self._value(column, cell)
            if value is _ODD:
                odd.add(cell)
        strange = distinct & odd
        return [known[cell] for cell in cells], [place for place, cell in enumerate(cells)
                                                 if cell in strange] if strange else ()

    def _value(self, column: Column, cell: object) -> Any:
        try:
            cleaned = from_file(cell[1] if isinstance(cell, tuple) else cell)
            if cleaned is None:
                return _ODD if column.needed else column.default
            return column.read(cleaned, self._day)
        except CellError:
            return _ODD
