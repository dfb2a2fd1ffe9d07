"""A report as tables of cells: what its page, its DOCX, its XLSX and the command show alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlencode

from casework.reports.figures import Figure
from casework.reports.report import Line, Report, period_words
from policy import rules

Language = Literal["zh", "en"]
_VOCABULARIES = {"inspections": "kinds.inspections", "officers_sent": "kinds.inspections",
                 "joint_inspections": "kinds.inspections", "complaints_received": "deadlines.complaint_check",
                 "complaints_handled": "deadlines.complaint_check"}
WORDS: dict[str, tuple[str, str]] = {
    "item": ("序号", "Item"), "figure": ("指标", "Figure"), "value": ("数值", "Number"), "unit": ("单位", "Unit"),
    "before": ("上期", "Period before"), "year_ago": ("上年同期", "Year before"), "change": ("比上年", "Change"),
    "rule": ("期间口径", "Period rule"), "definition": ("定义", "Definition"), "rows": ("明细", "Rows"),
    "row_count": ("明细行数", "Rows behind it"), "relation": ("关系", "Relation"), "numbers": ("算式", "In numbers"),
    "holds": ("成立", "holds"), "holds_not": ("不成立", "does not hold"), "difference": ("差额", "Difference"),
    "result": ("结果", "Result"), "look": ("恰好成立，值得核对", "exact to the letter: worth a look"),
    "share": ("比值", "Ratio"), "relations": ("数据关系核对", "Relations of the figures"),
    "definitions": ("指标定义", "Definitions"), "towns": ("各镇街情况", "Town by town"), "area": ("区域", "Area"),
    "months": ("按月", "By month"), "month": ("月份", "Month"), "forms": ("分项", "Parts"), "form": ("分项", "Part"),
    "problems": ("存在的主要问题", "Open problems"), "plan": ("工作打算", "Plan"), "period": ("期间", "Period"),
    "as_of": ("整改统计至", "Corrections up to"),
    "figures": ("指标表", "Figures"),
}


def word(key: str, language: Language) -> str:
    """A heading."""
    return WORDS[key][language == "en"]


def title(report: Report, language: Language) -> str:
    """The heading of a file."""
    return report.title if language == "zh" else f"{report.en}, {report.period.name or report.period.first}"


def name(figure: Figure, language: Language) -> str:
    """A figure's name; one that is part of another is set in."""
    text = figure.zh if language == "zh" else figure.en
    return f"  {text}" if figure.under or figure.period == "cohort" else text


def rows_path(report: Report, figure: Figure, **more: str) -> str:
    """The address of the rows of a figure."""
    given = {"first": str(report.period.first), "last": str(report.period.last), "as_of": str(report.as_of), **more}
    if report.area:
        given["area"] = report.area["area_code"]
    return f"/reports/rows/{figure.code}?{urlencode(given)}"


def sections(report: Report) -> Iterator[tuple[dict[str, Any], list[Line], list[dict[str, str]]]]:
    """Each section with its lines and sentences; problems and plan come last, where there are any."""
    for section in report.sections:
        yield section, [report.lines[code] for code in section["figures"]], report.sentences.get(section["code"], [])
    for code in ("problems", "plan"):
        if report.sentences.get(code):
            zh, en = WORDS[code]
            yield {"code": code, "zh": zh, "en": en}, [], report.sentences[code]


def change(line: Line) -> str:
    """Against the year before, with its sign; nothing where the year before has no row."""
    return "–" if line.change is None else f"{line.change:+.1%}"


def figure_table(report: Report, language: Language) -> tuple[list[str], list[list[Any]]]:
    """Every figure in one table."""
    words = period_words(report.period.last)
    with_before = any(line.before for line in report.lines.values())
    head = ["item", "figure", "value", "unit", *(["before"] if with_before else []), "year_ago", "change", "rule",
            "definition", "row_count"]
    rows: list[list[Any]] = []
    for line in report.lines.values():
        figure = line.figure
        rows.append([
            figure.item, name(figure, language), line.now.value, figure.unit,
            *([line.before.value if line.before else None] if with_before else []), line.year_ago.value, change(line),
            words[figure.period][language], figure.definition_zh if language == "zh" else figure.definition_en,
            line.now.rows])
    return [word(key, language) for key in head], rows


def relation_table(report: Report, language: Language) -> tuple[list[str], list[list[Any]]]:
    """Every relation with what is missing to it."""
    rows: list[list[Any]] = []
    for one in report.relations:
        result = word("holds" if one.holds else "holds_not", language)
        rows.append([one.zh if language == "zh" else one.en, one.formula,
                     f"{result}；{word('look', language)}" if one.look else result, one.difference,
                     "–" if one.share is None else f"{one.share:.4f}"])
    return [word(key, language) for key in ("relation", "numbers", "result", "difference", "share")], rows


def town_table(report: Report, language: Language) -> tuple[list[str], list[list[Any]]]:
    """The figures of each area."""
    figures = [report.lines[code].figure for code in report.by_area]
    head = [word("area", language), *(f"{name(one, language).strip()}（{one.unit}）" for one in figures)]
    return head, [[town["name_zh"] if language == "zh" else town["name_en"] or town["name_zh"],
                   *(town["values"][one.code] for one in figures)] for town in report.towns]


def form_words(figure: Figure, day: dt.date, language: Language) -> dict[str, str]:
    """Words for the parts of a figure: one code may mean a kind of visit here and a kind of event there."""
    rule = _VOCABULARIES.get(figure.rows, "reports.forms")
    return {one["code"]: one[language] for one in rules().value(rule, day)}


def form_table(report: Report, language: Language) -> tuple[list[str], list[list[Any]]]:
    """The figures that are split, part by part."""
    rows: list[list[Any]] = []
    for line in report.lines.values():
        if line.figure.split:
            words = form_words(line.figure, report.period.last, language)
            rows += [[name(line.figure, language).strip(), words.get(form, form), value, line.figure.unit]
                     for form, value in sorted(line.now.forms.items(), key=lambda one: -one[1])]
    return [word(key, language) for key in ("figure", "form", "value", "unit")], rows


def month_table(report: Report, language: Language) -> tuple[list[str], list[list[Any]]]:
    """The course of each figure that has one."""
    lines = [line for line in report.lines.values() if not line.figure.held]
    months = sorted({month for line in lines for month in line.now.months})
    head = [word("month", language),
            *(f"{name(line.figure, language).strip()}（{line.figure.unit}）" for line in lines)]
    return head, [[f"{month:%Y-%m}", *(line.now.months.get(month, 0) for line in lines)] for month in months]
