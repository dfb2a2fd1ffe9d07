"""A report as a Word document: text first, each section with its table, then relations and definitions."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from casework.reports import lines
from casework.reports.lines import Language, word
from casework.reports.report import Report, period_words

_FONT, _CHINESE = "Times New Roman", "宋体"


def write(report: Report, language: Language = "zh", address: str = "") -> bytes:
    """The document; ``address`` goes before the links to the rows."""
    document = docx.Document()
    for style in ("Normal", "Heading 1", "Heading 2", "Title"):
        font = document.styles[style].font
        font.name = _FONT
        # Word takes Chinese from a font of its own; without it each machine shows another.
        font.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _CHINESE)
    document.styles["Normal"].font.size = Pt(10.5)
    document.core_properties.title = lines.title(report, language)
    document.core_properties.author = "Huoyan"
    head = document.add_heading(lines.title(report, language), 0)
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(f"{word('period', language)} {report.period.first} – {report.period.last}    "
                           f"{word('as_of', language)} {report.as_of}")
    if report.so_far:
        document.add_paragraph(report.so_far[language])
    for section, held, sentences in lines.sections(report):
        document.add_heading(section[language], 1)
        if sentences:
            document.add_paragraph(("" if language == "zh" else " ").join(one[language] for one in sentences))
        if held:
            _section_table(document, report, held, language)
    if report.relations:
        document.add_heading(word("relations", language), 1)
        _table(document, *lines.relation_table(report, language))
    if report.towns:
        document.add_heading(word("towns", language), 1)
        _table(document, *lines.town_table(report, language))
    document.add_heading(word("definitions", language), 1)
    words = period_words(report.period.last)
    _table(document, [word(key, language) for key in ("figure", "unit", "rule", "definition", "rows")], [
        [lines.name(line.figure, language), line.figure.unit, words[line.figure.period][language],
         line.figure.definition_zh if language == "zh" else line.figure.definition_en,
         f"{address}{lines.rows_path(report, line.figure)}"] for line in report.lines.values()])
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _section_table(document: Document, report: Report, held: list[Any], language: Language) -> None:
    with_before = any(line.before for line in held)
    head = ["item", "figure", "value", "unit", *(["before"] if with_before else []), "year_ago", "change"]
    _table(document, [word(key, language) for key in head], [
        [line.figure.item, lines.name(line.figure, language), f"{line.now.value:,}", line.figure.unit,
         *([f"{line.before.value:,}" if line.before else ""] if with_before else []), f"{line.year_ago.value:,}",
         lines.change(line)] for line in held])


def _table(document: Document, head: list[str], rows: list[list[Any]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.text = text
        cell.paragraphs[0].runs[0].bold = True
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = f"{value:,}" if isinstance(value, int) else str(value)
