"""Registers out to CSV (UTF-8 with a mark, so that Excel shows Chinese) or XLSX; importing the file changes nothing."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import IllegalCharacterError

from policy.clocks import legal_day
from registry.cells import guard, shown
from registry.columns import Table
from registry.errors import RegistryError
from registry.importing import table_of
from store import Database, Queries
from store.database import Connection

_queries = Queries(__file__)
_XLSX_ROWS = 1_048_575

Cells = list[Any]


def export_table(db: Database, noun: str, path: Path | str, *, areas: Sequence[str] | None = None,
                 language: str = "code", day: dt.date | None = None) -> int:
    """Write the register ``noun`` to ``path`` (.csv or .xlsx) and return how many records it has.

    ``areas`` leaves in only what belongs to those area codes (exactly: see :func:`registry.areas.subtree`).
    ``language`` ``zh`` writes Chinese titles and words instead of codes; both forms can be imported. The file appears
    only when it is whole.
    """
    table, path = table_of(noun), Path(path)
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx}
    if path.suffix.lower() not in writers:
        raise RegistryError(f"{path.name} must end in .csv or .xlsx")
    if language not in ("code", "zh"):
        raise RegistryError(f"a register is exported with the titles code or zh, not {language}")
    day = day or legal_day(dt.datetime.now(dt.UTC))
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with db.connection() as connection:
            records = _records(connection, table, None if areas is None else list(areas))
            count = writers[path.suffix.lower()](unfinished, _table(table, records, language, day))
        os.replace(unfinished, path)
    except OSError as error:
        raise RegistryError(f"{path} can't be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()
    return count


def _records(connection: Connection, table: Table, areas: list[str] | None) -> Iterator[dict[str, Any]]:
    # A named cursor fetches in parts: a register of any size is never in memory as a whole.
    with connection.cursor(name=f"export_{table.noun}") as cursor:
        cursor.itersize = 5000
        cursor.execute(_queries[f"export_{table.noun}"], {"areas": areas})
        yield from cursor


def _table(table: Table, records: Iterable[dict[str, Any]], language: str, day: dt.date) -> Iterator[Cells]:
    """The header, then a list of cells for each record; days stay days for XLSX to format."""
    yield [column.zh if language == "zh" else column.code for column in table.columns]
    words = {column.code: column.options(day) for column in table.columns if column.options and language == "zh"}
    for record in records:
        cells: Cells = []
        for column in table.columns:
            value = record[column.code]
            if column.code in words:
                value = words[column.code].get(value, value)
            cells.append(value if isinstance(value, dt.date) else column.show(value))
        yield cells


def _write_csv(path: Path, rows: Iterator[Cells]) -> int:
    lines = 0
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for cells in rows:
            writer.writerow([guard(cell) if isinstance(cell, str) else cell for cell in cells])
            lines += 1
    return lines - 1


def _write_xlsx(path: Path, rows: Iterator[Cells]) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    lines = 0
    for cells in rows:
        if lines > _XLSX_ROWS:
            raise RegistryError(f"a sheet holds at most {_XLSX_ROWS} records: export to .csv")
        try:
            sheet.append([_xlsx_cell(sheet, cell, lines == 0) for cell in cells])
        except IllegalCharacterError:
            raise RegistryError(f"the record {shown(cells[0])} has text unfit for XLSX: export to .csv") from None
        lines += 1
    book.save(path)
    return lines - 1


def _xlsx_cell(sheet: Any, value: Any, is_title: bool) -> Any:
    if isinstance(value, dt.date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    if is_title:
        cell = WriteOnlyCell(sheet, value)
        cell.font = Font(bold=True)
        return cell
    if isinstance(value, float):
        # openpyxl writes sixteen digits, one too few for some numbers: as text in a number's cell all are kept.
        cell = WriteOnlyCell(sheet, repr(value))
        cell.data_type = "n"
        return cell
    if isinstance(value, str):
        guarded = guard(value)
        if guarded != value:
            # Stored as text it is no formula; the apostrophe is there only where import would take one away.
            cell = WriteOnlyCell(sheet, value if value[0] not in "'#" else guarded)
            cell.data_type = "s"
            return cell
    return value
