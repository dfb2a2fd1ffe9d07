"""Workbooks of plain cells, read by calamine: twenty times as fast as openpyxl, which reads all others.

Plain is a sheet whose cells are texts in one piece, numbers, days and truth values, as offices' programs export a
table. What the two readers may see differently (formulas, errors, texts in several runs, numbers of 16 digits, formats
that may or may not be a day's), and what would make calamine set aside room for cells that are not there, is looked for
in the bytes first; where there is any, nothing is read here.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

import python_calamine

_MOST_ROWS = 250_000
_LONG = 1e15
_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?<(?:\w+:)?(\w+)")
_TEXT = rb'<t(?: xml:space="preserve")?>[^<]*+</t>'
_VALUE = (rb'/>|(?: t="(?:s|n|b)")?>(?:<v>-?\d{1,15}(?:\.\d{0,24})?(?:E[+-]?\d{1,3})?</v>)?</c>'
          rb'|(?: t="str")><v>[^<]*+</v></c>|(?: t="inlineStr")>(?:<is>' + _TEXT + rb"</is>)?</c>")
# Each cell says where it stands, and not far out: no room is set aside for what is not there.
_CELL = rb'<c r="A?[A-Z]\d{1,6}"(?: s="\d{1,5}")?(?:' + _VALUE + rb")"
_ROWS = re.compile(rb'(?:<row r="\d{1,6}"[^<>]*+>(?:' + _CELL + rb')*+</row>\s*|<row r="\d{1,6}"[^<>]*+/>\s*)*+')
_ROW = re.compile(rb'<row r="(\d+)"')
_FAR_DOWN = re.compile(rb'<c r="[A-Z]+(\d{6})"')
_SHARED = re.compile(rb"[^>]*>\s*(?:<si>" + _TEXT + rb"</si>\s*|<si/>\s*)*+</sst>\s*")
_DISGUISED = re.compile(rb"_x[0-9A-Fa-f]{4}_")
_BUILT_IN = re.compile(rb'numFmtId="(?:2[3-9]|3[0-6]|4[1-4]|5[0-8])"')  # formats that depend on the country
_CODE = re.compile(rb'formatCode="([^"]*)"')
_DAY = re.compile(r'(?:yyyy|yy|m{1,2}|d{1,2}|hh?|ss?|[-/:. ;@]|\\[-/ .]|"[年月日时分秒]"|[年月日])+', re.IGNORECASE)
_NUMBER = re.compile(r"[0#?,. %;_()+\-]+|General|@", re.IGNORECASE)
_CELLS = frozenset({str, float, bool, dt.date, dt.datetime})

Row = tuple[int, list[object]]


def read(content: bytes) -> list[Row] | None:
    """The rows of the first visible sheet with their numbers, cells as openpyxl has them; None where it is not plain.

    ``content`` is a package that was found harmless; a wrong one is left to openpyxl, which says what is wrong.
    """
    try:
        if not _is_plain(content):
            return None
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            place = next(place for place, sheet in enumerate(book.sheets_metadata)
                         if sheet.visible == python_calamine.SheetVisibleEnum.Visible)
            if book.sheets_metadata[place].typ != python_calamine.SheetTypeEnum.WorkSheet:
                return None
            sheet = book.get_sheet_by_index(place)
            before, rows = [None] * (sheet.start or (0, 0))[1], list(sheet.iter_rows())
    except Exception:  # whatever it is, openpyxl has the word
        return None
    columns = list(map(_as_openpyxl, zip(*rows, strict=True)))
    if None in columns:
        return None
    told = zip(*filter(None, columns), strict=True)
    return [(number, [*before, *cells]) for number, cells in enumerate(told, 1) if cells.count(None) < len(cells)]


def _is_plain(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return all(_is_plain_part(package.read(part)) for part in package.infolist() if part.filename.endswith(".xml"))


def _is_plain_part(text: bytes) -> bool:
    """Whether a part has nothing that the readers may see differently; one that neither reads is none of theirs."""
    root, start = _ROOT.match(text), text[:200].lower()
    if not root or (b"encoding=" in start and b'encoding="utf-8"' not in start):
        return False
    match root[1]:
        case b"worksheet":
            return _is_plain_sheet(text)
        case b"sst":
            # The root itself is matched: one with a prefix has an end that is none.
            return bool(_SHARED.fullmatch(text, text.index(b"<sst")) and not _is_disguised(text))
        case b"styleSheet":
            return b"<styleSheet" in text and not _BUILT_IN.search(text) and all(map(_is_known, _CODE.findall(text)))
        case b"workbook":
            return b"<workbook" in text and b"date1904" not in text
        case _:
            return True


def _is_plain_sheet(text: bytes) -> bool:
    start = text.find(b"<sheetData>")
    whole = _ROWS.match(text, start + len(b"<sheetData>")) if start > 0 else None
    if not whole or not text.startswith(b"</sheetData>", whole.end()) or _is_disguised(text):
        return start < 0 and b"<sheetData/>" in text
    rows = list(map(int, _ROW.findall(text)))
    return not any(map(int.__ge__, rows, rows[1:])) and max(
        *rows, *map(int, _FAR_DOWN.findall(text)), 0, 0) <= _MOST_ROWS


def _is_disguised(text: bytes) -> bool:
    return b"_x" in text and bool(_DISGUISED.search(text))


def _is_known(code: bytes) -> bool:
    """Whether a format is surely one of days, or surely one of numbers."""
    words = code.decode().replace("&quot;", '"')
    return bool(_DAY.fullmatch(words) or _NUMBER.fullmatch(words))


def _as_openpyxl(column: tuple[Any, ...]) -> list[object] | None:
    """The cells of a column as openpyxl has them; None where it may have others."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return [cell or None for cell in column] if "" in column else list(column)
    if not kinds <= _CELLS:
        return None
    found = list(map(_cell, column))
    # Spreadsheets count a 29 February of 1900.
    return None if any(type(cell) is dt.datetime and cell.year <= 1900 for cell in found) else found


def _cell(cell: Any) -> object:
    if type(cell) is dt.date:
        return dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  as openpyxl has it
    if type(cell) is float and cell.is_integer() and abs(cell) < _LONG:
        return int(cell)
    return None if cell == "" else cell
