"""The first visible sheet of an XLSX workbook, as a table; formulas count with the value last computed."""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl

from registry.errors import FileRefused

_LAST_ROW = 1_048_576
_PARTS = 2000
_AT_ONCE = 1000
#: A sheet of like rows packs to a fifteenth; what packs much tighter is made to keep the reader busy for minutes.
_TIGHTEST, _ALWAYS_READ = 100, 20_000_000


def read(name: str, content: bytes, unpacked_bytes: int, columns: int) -> tuple[
        list[object], Iterator[tuple[int, list[object]]], int]:
    """Header, rows with their number in the sheet, and about how many rows there are."""
    _refuse_bomb(name, content, unpacked_bytes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            sheet = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
            if sheet is None:
                raise FileRefused(f"{name} has no sheet that can be seen")
            expected = sheet.max_row or 0
            # What the file says about its own size is not believed.
            sheet.reset_dimensions()
    except FileRefused:
        raise
    except Exception:  # a workbook can be wrong in more ways than openpyxl has exceptions for
        raise FileRefused(f"{name} is not a workbook that can be read: save it as .xlsx again") from None
    records = _records(name, sheet, columns + 1)
    for _row, cells in records:
        if any(cell is not None and str(cell).strip() for cell in cells):
            return _trimmed(cells), records, expected
    raise FileRefused(f"{name} is empty: its first sheet has no cells")


def _records(name: str, sheet: Any, columns: int) -> Iterator[tuple[int, list[object]]]:
    rows = iter(sheet.iter_rows(values_only=True, max_col=columns))
    number = 0
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                part = list(itertools.islice(rows, _AT_ONCE))
        except Exception:  # see read
            raise FileRefused(f"{name}: the sheet can't be read beyond row {number}: save it as .xlsx again") from None
        if not part:
            return
        for cells in part:
            number += 1
            # openpyxl fills every gap between numbered rows, however wide the file says it is.
            if number > _LAST_ROW:
                raise FileRefused(f"{name} numbers its rows beyond {_LAST_ROW}")
            yield number, _trimmed(list(cells))


def _trimmed(cells: list[object]) -> list[object]:
    # Rows come as wide as a file may be: nearly all of their cells are empty ones at the end.
    filled = len(cells) - cells.count(None)
    if None not in cells[:filled]:
        del cells[filled:]
    while cells and (cells[-1] is None or cells[-1] == ""):
        cells.pop()
    return cells


def _refuse_bomb(name: str, content: bytes, unpacked_bytes: int) -> None:
    """Refuse what unpacks beyond bounds, and XML that defines entities of its own: no spreadsheet needs either."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            # zipfile never unpacks more than a part declares, so what is declared is what must be bounded.
            if len(parts) > _PARTS or sum(part.file_size for part in parts) > unpacked_bytes:
                raise FileRefused(f"{name} unpacks to more than {unpacked_bytes // 1_000_000} MB: split it")
            if sum(part.file_size for part in parts) > max(_TIGHTEST * len(content), _ALWAYS_READ):
                raise FileRefused(f"{name} unpacks to more than {_TIGHTEST} times its size, as no table does: save it "
                                  "as .xlsx again")
            if "[Content_Types].xml" not in package.namelist():
                raise FileRefused(f"{name} is a ZIP file but not an XLSX workbook")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with package.open(part) as file:
                        head = file.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise FileRefused(f"{name} holds XML that defines entities, which no spreadsheet needs")
    except FileRefused:
        raise
    except Exception:  # see read
        raise FileRefused(f"{name} is damaged: it can't be unpacked") from None
