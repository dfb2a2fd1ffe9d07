"""The rows of a foreign file as texts: CSV in any encoding and delimiter the map names, or XLSX; all bounded."""

from __future__ import annotations

import csv
import io
import itertools
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from casework.history import text_files
from casework.history.header import Header
from casework.history.source_map import Source
from casework.history.text_files import TextFile
from registry import xlsx_file
from registry.cells import CellError, as_text, shown
from registry.errors import FileRefused

LARGEST_FILE = 1_000_000_000
MOST_ROWS = 2_000_000
_UNPACKED = 2_000_000_000
_COLUMNS = 500
_CELL = 1_000_000
#: A note of several paragraphs is one cell of several lines; a hundred lines are many rows and a mark too few.
_LINES = 100
#: So many rows after the one with the names are looked at when the map names a column that it does not have.
_AHEAD = 10
_SHOWN = {"\t": "tab", " ": "blank"}


@dataclass(frozen=True)
class Rows:
    """Column names, and rows as (line, cells or the reason why there are none); ``expected`` is for a progress bar.

    ``near`` are the rows around the one with the names, by their place: a map that names the wrong one is told so.
    ``told`` says how the file was read, and grows while rows are.
    """

    names: list[str]
    rows: Iterator[tuple[int, list[str] | str]]
    expected: int
    near: dict[int, list[str]]
    told: list[str]


def read_rows(path: Path, source: Source) -> Rows:
    """Open the file; :class:`FileRefused` says in one sentence why it can't be read as a table."""
    start = _start(path)
    # A spreadsheet leaves out the empty cells at the end of a row; a CSV file that does has lost something.
    padded = start.startswith(b"PK\x03\x04")
    if padded:
        records, expected = _workbook(path.name, path.read_bytes(), source.sheet)
        told = f"{path.name} is a workbook"
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(f"{path.name} is an old Excel file (.xls): save it as .xlsx")
    else:
        text = text_files.check(path, source.encoding)
        delimiter = source.delimiter or _delimiter(text, source)
        records, expected = _records(text, delimiter, source.quote), text.lines
        told = f"{path.name} is read as {text.encoding}, cells separated by {_SHOWN.get(delimiter, delimiter)}"
    names, line, near, rest = _names(path.name, records, source)
    told += "" if line is None else f", column names in line {line}"
    rows = _bounded(path.name, rest, len(names), padded)
    if source.fill_down:
        header = Header(names, near)
        rows = _filled(rows, [header.place("source.fill_down", name) for name in source.fill_down])
    return Rows(names, rows, expected, near, [told])


def _start(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileRefused(f"{path} is not a file" if path.exists() else f"there is no file {path}")
        if path.stat().st_size > LARGEST_FILE:
            raise FileRefused(f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB: split it")
        with path.open("rb") as file:
            start = file.read(65536)
    except (OSError, ValueError) as error:
        raise FileRefused(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    if not start.strip() and path.stat().st_size <= len(start):
        raise FileRefused(f"{path.name} is empty")
    return start


def _delimiter(text: TextFile, source: Source) -> str:
    with text.open() as file:
        lines = [line for line in file.read(65536).splitlines() if line.strip()] or [""]
    return max(",;\t|", key=lines[min(source.header_row, len(lines)) - 1].count)


def _records(text: TextFile, delimiter: str, quote: str) -> Iterator[tuple[int, Any]]:
    csv.field_size_limit(_CELL)
    name, taken = text.path.name, list[str]()
    with text.open() as lines:
        def told() -> Iterator[str]:
            for one in lines:
                taken.append(one)
                yield one

        reader = csv.reader(told(), delimiter=delimiter, quotechar=quote)
        line = 1
        while True:
            taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileRefused(f"{name}, line {line}: {error} (a quotation mark that is not closed, or another "
                                  f"source.delimiter)") from None
            except (OSError, UnicodeError):
                raise FileRefused(f"{name} can't be read beyond line {line}: it was changed meanwhile") from None
            # A mark that is not closed makes one cell of all that follows: those rows would be gone without a word.
            if len(taken) > 1 and (len(taken) > _LINES or sum(one.count(quote) for one in taken) % 2):
                raise FileRefused(f"{name}, line {line}: a quotation mark is not closed until line "
                                  f"{reader.line_num}: close it, or say another source.quote")
            yield line, cells
            line = reader.line_num + 1


def _workbook(name: str, content: bytes, wanted: str | None) -> tuple[Iterator[tuple[int, Any]], int]:
    # This also refuses what unpacks beyond bounds, before any sheet is opened.
    header, records, expected = xlsx_file.read(name, content, _UNPACKED, _COLUMNS)
    if wanted is None:
        def first() -> Iterator[tuple[int, Any]]:
            yield 1, header
            yield from records
        return first(), expected
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except Exception:  # a workbook can be wrong in more ways than openpyxl has exceptions for
        raise FileRefused(f"{name} is not a workbook that can be read: save it as .xlsx again") from None
    if wanted not in book.sheetnames:
        raise FileRefused(f"{name} has no sheet {shown(wanted)!r}: it has {shown(', '.join(book.sheetnames), 200)}")
    sheet = book[wanted]
    rows = sheet.max_row or 0
    sheet.reset_dimensions()
    return _sheet(name, sheet), rows


def _sheet(name: str, sheet: Any) -> Iterator[tuple[int, Any]]:
    rows, number = iter(sheet.iter_rows(values_only=True, max_col=_COLUMNS + 1)), 0
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cells = next(rows)
        except StopIteration:
            return
        except Exception:  # see _workbook
            raise FileRefused(f"{name}: the sheet can't be read beyond row {number}: save it as .xlsx again") from None
        number += 1
        yield number, list(cells)


def _names(name: str, records: Iterator[tuple[int, Any]], source: Source) -> tuple[
        list[str], int | None, dict[int, list[str]], Iterator[tuple[int, Any]]]:
    """The names, the line they stand in, the rows around it and what comes after."""
    filled = (row for row in records if not _is_blank(row[1]))
    near: dict[int, list[str]] = {}
    line: int | None = None
    if source.columns is not None:
        names = [one.strip() for one in source.columns]
    else:
        header: Sequence[Any] | None = None
        for place, (number, cells) in enumerate(filled, 1):
            if place == source.header_row:
                line, header = number, cells
                break
            near[place] = _plain(cells)
        if header is None:
            raise FileRefused(f"{name} has no row {source.header_row}, where source.header_row says the column names "
                              f"are")
        names = _plain(header)
    if not names:
        raise FileRefused(f"{name} has no column names in row {source.header_row}")
    if len(names) > _COLUMNS:
        raise FileRefused(f"{name} has {len(names)} columns: at most {_COLUMNS} are read")
    ahead = list(itertools.islice(filled, _AHEAD))
    near.update({source.header_row + place: _plain(cells) for place, (_, cells) in enumerate(ahead, 1)})
    return names, line, near, itertools.chain(ahead, filled)


def _plain(cells: Sequence[Any]) -> list[str]:
    names = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _filled(rows: Iterator[tuple[int, list[str] | str]], places: Sequence[int]) -> Iterator[
        tuple[int, list[str] | str]]:
    above = dict.fromkeys(places, "")
    for line, cells in rows:
        if not isinstance(cells, str):
            for place in places:
                above[place] = cells[place] = cells[place] or above[place]
        yield line, cells


def _is_blank(cells: Sequence[Any]) -> bool:
    return all(cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def _bounded(name: str, records: Iterator[tuple[int, Any]], width: int,
             padded: bool) -> Iterator[tuple[int, list[str] | str]]:
    count = 0
    for line, cells in records:
        if _is_blank(cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise FileRefused(f"{name} has more than {MOST_ROWS} rows: split it")
        yield line, _row(cells, width, padded)


def _row(cells: list[Any], width: int, padded: bool) -> list[str] | str:
    try:
        texts = [cell.strip() if isinstance(cell, str) and cell.isascii() and cell.isprintable()
                 else "" if cell is None else as_text(cell) for cell in cells]
    except CellError as error:
        return str(error)
    while len(texts) > width and not texts[-1]:
        texts.pop()
    if len(texts) > width:
        return f"the row has {len(texts)} cells, the header {width}"
    if len(texts) < width and not padded:
        return f"the row has {len(texts)} cells, the header {width}"
    return texts + [""] * (width - len(texts))
