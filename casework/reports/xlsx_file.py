"""A report as a workbook: figures with their rules, relations, parts, months and areas, one sheet each."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from casework.reports import lines
from casework.reports.lines import Language, word
from casework.reports.report import Report

_WIDEST = 60


def write(report: Report, language: Language = "zh", address: str = "") -> bytes:
    """The workbook; ``address`` goes before the links to the rows. Numbers are numbers, units a column of their own."""
    book = Workbook()
    book.properties.title = lines.title(report, language)
    head, rows = lines.figure_table(report, language)
    sheet = book.active
    sheet.title = word("figures", language)
    _fill(sheet, [*head, word("rows", language)], [
        [*row, f"{address}{lines.rows_path(report, line.figure)}"]
        for row, line in zip(rows, report.lines.values(), strict=True)])
    if address:
        for number in range(2, len(rows) + 2):
            cell = sheet.cell(number, len(head) + 1)
            cell.hyperlink = cell.value
    for key, table in (("relations", lines.relation_table), ("forms", lines.form_table), ("months", lines.month_table),
                       ("towns", lines.town_table)):
        head, rows = table(report, language)
        if rows:
            _fill(book.create_sheet(word(key, language)[:31]), head, rows)
    texts = [[section[language], sentence[language]] for section, _held, told in lines.sections(report)
             for sentence in told]
    if report.so_far:
        texts.insert(0, [word("period", language), report.so_far[language]])
    if texts:
        _fill(book.create_sheet("文字" if language == "zh" else "Text"), [lines.title(report, language), ""], texts)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: Any, head: list[str], rows: list[list[Any]]) -> None:
    sheet.append(head)
    for row in rows:
        sheet.append(row)
    for number, cells in enumerate(zip(head, *rows, strict=True), 1):
        sheet.cell(1, number).font = Font(bold=True)
        sheet.cell(1, number).alignment = Alignment(wrap_text=True, vertical="top")
        # A Chinese character is as wide as two others.
        width = max(sum(2 if ord(letter) > 0x2E7F else 1 for letter in str(cell)) for cell in cells if cell is not None)
        sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, _WIDEST)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if isinstance(cell.value, int):
                cell.number_format = "#,##0"
            # What people wrote must not become a formula.
            if isinstance(cell.value, str) and cell.data_type == "f":
                cell.data_type = "s"
    sheet.freeze_panes = "A2"
