"""A file read by the columns of a table: its header, and its rows judged, block by block."""

from __future__ import annotations

import datetime as dt
import difflib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path

from registry import table_file
from registry.by_column import ByColumn
from registry.cells import CellError, from_file, shown
from registry.columns import Column, Table
from registry.errors import FileRefused
from registry.table_file import Limits, Sheet
from registry.validating import Candidate, read_row

Progress = Callable[[int, int], None]
"""Told now and then how many rows are read, of about how many."""

_BLOCK = 500


@dataclass(frozen=True)
class RowProblem:
    """Why a row was rejected: its line (CSV) or row (XLSX), the column as the file has it, the value and the reason."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class TableFile:
    """A file opened by the columns of a table; ``blocks`` gives one candidate for each row, and may still raise
    :class:`FileRefused`."""

    header: list[object]
    columns: list[Column]
    blocks: Iterator[list[Candidate]]

    def problems(self, candidates: Iterable[Candidate]) -> list[RowProblem]:
        """Every fault of every row, with the column as the file has it."""
        titles = {column.code: shown(title) for column, title in zip(self.columns, self.header, strict=True)}
        return [RowProblem(candidate.line, titles.get(code, code), shown("" if value is None else value, 80), reason)
                for candidate in candidates for code, value, reason in candidate.faults]


def open_file(table: Table, path: Path, day: dt.date, limits: Limits | None = None,
              progress: Progress | None = None) -> TableFile:
    """Open a file for reading; :class:`FileRefused` where it is no table or has other columns."""
    titles = {_folded(word): column for column in table.columns for word in (column.code, column.zh)}
    sheet = table_file.read(path, lambda word: _folded(word) in titles, limits or Limits())
    columns = _columns(path.name, table, sheet.header, titles)
    return TableFile(sheet.header, columns, _blocks(table, columns, sheet, day, progress))


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _columns(name: str, table: Table, header: Sequence[object], titles: dict[str, Column]) -> list[Column]:
    """The columns of the file in its order; one sentence where one is unknown, missing or there twice."""
    found: dict[str, int] = {}
    columns: list[Column] = []
    for place, cell in enumerate(header, start=1):
        title = "" if cell is None else str(cell).strip()
        if not title:
            raise FileRefused(f"{name}: column {place} has no title in the header")
        column = titles.get(_folded(title))
        if column is None:
            near = difflib.get_close_matches(_folded(title), titles, 1)
            hint = f": is it {near[0]}?" if near else f": the columns are {', '.join(table.codes)}"
            raise FileRefused(f"{name}: {table.noun} have no column {shown(title)!r}{hint}")
        if column.code in found:
            raise FileRefused(f"{name}: columns {found[column.code]} and {place} are both {column.code} ({column.zh})")
        found[column.code] = place
        columns.append(column)
    missing = [column for column in table.columns if column.needed and column.code not in found]
    if missing:
        words = ", ".join(f"{column.code} ({column.zh})" for column in missing)
        raise FileRefused(f"{name}: {'the column' if len(missing) == 1 else 'the columns'} {words} "
                          f"{'is' if len(missing) == 1 else 'are'} missing")
    return columns


def _blocks(table: Table, columns: Sequence[Column], sheet: Sheet, day: dt.date,
            progress: Progress | None) -> Iterator[list[Candidate]]:
    """Every row of the file, read; a key that a good row above has already is a fault that names its line."""
    first: dict[object, int] = {}
    key_of = itemgetter(*table.key)

    def judge(line: int, cells: list[object]) -> Candidate:
        return judged(table, columns, sheet.padded, line, cells, day)

    by_column = ByColumn(table, columns, day, judge, padded=sheet.padded)
    done = 0
    while lines := list(islice(sheet.rows, _BLOCK)):
        candidates = by_column.read(lines)
        _find_twins(table, key_of, candidates, first)
        done += len(lines)
        if progress is not None:
            progress(done, max(sheet.expected, done))
        yield candidates
    if progress is not None:
        progress(done, done)


def _find_twins(table: Table, key_of: Callable[[Mapping[str, object]], object], candidates: Sequence[Candidate],
                first: dict[object, int]) -> None:
    """A fault for every row whose key stands in a line above; ``first`` says in which, and is brought up to date."""
    if not any(candidate.faults for candidate in candidates):
        lines = {key_of(candidate.row): candidate.line for candidate in candidates}
        if len(lines) == len(candidates) and first.keys().isdisjoint(lines):
            first.update(lines)
            return
    for candidate in candidates:
        try:
            key = key_of(candidate.row)
        except KeyError:  # a cell of the key could not be read
            continue
        above = first.get(key) if candidate.faults else first.setdefault(key, candidate.line)
        if above is not None and above != candidate.line:
            candidate.twin_of = None if candidate.faults else above
            candidate.faults.append(twin_fault(table, candidate, above))


def twin_fault(table: Table, candidate: Candidate, above: int) -> tuple[str, object, str]:
    """What is wrong with a row whose key stands in a line above."""
    name = table.name_of(candidate.row)
    return table.key[-1], name, f"the {table.entity} {name} stands in line {above} already"


def judged(table: Table, columns: Sequence[Column], padded: bool, line: int, cells: list[object],
           day: dt.date) -> Candidate:
    """One row by itself, with what is wrong in it; ``padded``: the format leaves out empty cells at its end."""
    cleaned: list[object] = []
    faults: list[tuple[str, object, str]] = []
    for place, cell in enumerate(cells):
        try:
            cleaned.append(from_file(cell))
        except CellError as error:
            cleaned.append(None)
            faults.append((columns[place].code if place < len(columns) else "", cell, str(error)))
    while len(cleaned) > len(columns) and cleaned[-1] is None:
        cleaned.pop()
    width = len(columns)
    if len(cleaned) > width:
        return Candidate(line, {}, [("", cleaned[width], f"the row has {len(cleaned)} cells, the header {width}")])
    if len(cleaned) < width and not padded:
        return Candidate(line, {}, [("", "", f"the row has {len(cleaned)} cells, the header {width}")])
    if faults:
        return Candidate(line, {}, faults)
    return read_row(table, columns, cleaned + [None] * (width - len(cleaned)), line, day)
