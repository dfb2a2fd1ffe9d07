"""The first visible sheet of an XLSX workbook, as a table; formulas count with the value last computed."""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, cast

import openpyxl
from openpyxl.worksheet._reader import INLINE_STRING, VALUE_TAG, WorkSheetParser

from registry import plain_workbook
from registry.errors import FileRefused

_TEXT = INLINE_STRING.removesuffix("is") + "t"
_LAST_ROW = 1_048_576
_PARTS = 2000
_AT_ONCE = 1000
#: A sheet of like rows packs to a fifteenth; what packs much tighter is made to keep the reader busy for minutes.
_TIGHTEST, _ALWAYS_READ = 100, 20_000_000


def read(name: str, content: bytes, unpacked_bytes: int, columns: int) -> tuple[
        list[object], Iterator[tuple[int, list[object]]], int]:
    """Header, rows with their number in the sheet, and about how many rows there are."""
    _refuse_bomb(name, content, unpacked_bytes)
    plain = plain_workbook.read(content)
    if plain is not None:
        return _begun(name, _records(name, ((number, cells[:columns + 1]) for number, cells in plain)), len(plain))
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
    return _begun(name, _records(name, _rows(book, sheet, columns + 1)), expected)


def _begun(name: str, records: Iterator[tuple[int, list[object]]], expected: int) -> tuple[
        list[object], Iterator[tuple[int, list[object]]], int]:
    for _row, cells in records:
        if any(cell is not None and str(cell).strip() for cell in cells):
            return _trimmed(cells), records, expected
    raise FileRefused(f"{name} is empty: its first sheet has no cells")


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's own, but for a text that stands in its cell in one piece, which it makes an object of."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        text = element.find(INLINE_STRING) if element.get("t") == "inlineStr" else None
        if text is None or len(text) != 1 or text[0].tag != _TEXT or element.find(VALUE_TAG) is not None:
            return cast(dict[str, Any], super().parse_cell(element))
        element.set("t", "n")  # an empty cell so far
        return {**super().parse_cell(element), "value": text[0].text or ""}


def _rows(book: Any, sheet: Any, columns: int) -> Iterator[tuple[int, list[object]]]:
    """The rows that the file has, each with its number and no wider than it is; those between are empty."""
    after = 0
    with sheet._get_source() as source:
        parser = _Parser(source, sheet._shared_strings, data_only=True, epoch=book.epoch,
                         date_formats=book._date_formats, timedelta_formats=book._timedelta_formats)
        for number, cells in parser.parse():
            held = {cell["column"]: cell["value"] for cell in cells}
            # Numbers that do not grow are left out, as openpyxl leaves them out.
            if number > after:
                after = number
                yield number, [held.get(place) for place in range(1, min(max(held, default=0), columns) + 1)]


def _records(name: str, rows: Iterator[tuple[int, list[object]]]) -> Iterator[tuple[int, list[object]]]:
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
        for number, cells in part:
            if number > _LAST_ROW:
                raise FileRefused(f"{name} numbers its rows beyond {_LAST_ROW}")
            yield number, _trimmed(cells)


def _trimmed(cells: list[object]) -> list[object]:
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
