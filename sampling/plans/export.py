"""A plan as a table: CSV with its rows, XLSX with a sheet for each of its parts."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import orjson
from openpyxl import Workbook
from openpyxl.styles import Font

from registry.cells import guard
from sampling.plans.words import GROUPS, KINDS

Cells = list[Any]
Sheet = tuple[str, list[Cells]]
_MONTHS = [f"{month}月" for month in range(1, 13)]


def sheets(content: Mapping[str, Any]) -> list[Sheet]:
    """The parts of a plan, whole or in its public form: rows, officers, shortages, items, rules, digests."""
    out = [("计划", _rows(content))]
    if "desks" in content:
        out.append(("力量", _desks(content)))
    return [*out, ("缺口", _short(content)), ("抽查事项清单", _items(content)), ("规则", _rules(content)),
            ("说明", _about(content))]


def as_csv(content: Mapping[str, Any]) -> bytes:
    """The rows, in UTF-8 with a mark so that Excel shows Chinese."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(cell) for cell in cells] for cells in _rows(content))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(content: Mapping[str, Any]) -> bytes:
    """A workbook with every part."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets(content):
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for cells in rows:
            sheet.append([_cell(cell) for cell in cells])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(cell: Any) -> Any:
    return guard(cell) if isinstance(cell, str) else cell


def _rows(content: Mapping[str, Any]) -> list[Cells]:
    inside = any("risk_class" in row for row in content["rows"])
    own = ["等级（内部）", "比例"] if inside else []
    head = ["区域代码", "区域", "对象", *own, "家数", "应查家数", "已查", *_MONTHS]
    out = [head]
    for row in content["rows"]:
        name = content["areas"].get(row["area"], {}).get("zh", "")
        own = [row["risk_class"], round(row["ratio"], 6)] if inside else []
        months = (planned + booked for planned, booked in zip(row["months"], row["booked"], strict=True))
        out.append([row["area"], name, GROUPS[row["group"]][0], *own, row["units"], row["quota"], row["done"], *months])
    return out


def _desks(content: Mapping[str, Any]) -> list[Cells]:
    names = ("first", "rest", "possible", "done", "behind")
    head = ["区域", "对象", "人员", "可任主办", "月份", "法定必查和已排", "其他", "单独可完成", "共用人员后可完成",
            "月末积压"]
    return [head, *([desk["place"]["zh"], KINDS[desk["kind"]][0], desk["officers"], desk["leads"], month["month"],
                     *(month[name] for name in names)] for desk in content["desks"] for month in desk["months"])]


def _short(content: Mapping[str, Any]) -> list[Cells]:
    names = ("needs", "can", "short", "duties", "since")
    head = ["对象", "应查", "可完成", "缺口", "其中法定必查", "自几月"]
    found = [[KINDS[one["kind"]][0], *(one[name] for name in names)] for one in content["shortfalls"]]
    if "desks" not in content:
        return [head, *found]
    return [["区域", *head, "说明", "补齐办法"], *(
        [one["place"]["zh"], *cells, one["words"]["zh"], one["mend"]["zh"]]
        for one, cells in zip(content["shortfalls"], found, strict=True))]


def _items(content: Mapping[str, Any]) -> list[Cells]:
    names = ("basis", "inspecting_body", "objects", "ratio", "frequency", "method", "content")
    kinds = {"key": "重点检查事项", "general": "一般检查事项"}
    head = ["序号", "抽查事项", "事项类别", "检查依据", "检查主体", "检查对象", "抽查比例", "抽查频次", "检查方式",
            "检查内容及要求"]
    return [head, *([number, item["name_zh"], kinds[item["category"]], *(item[name] or "" for name in names)]
                    for number, item in enumerate(content["items"], 1))]


def _rules(content: Mapping[str, Any]) -> list[Cells]:
    names = ("unit", "valid_from", "source", "article", "tag")
    head = ["规则", "名称", "数值", "单位", "自何日起", "出处", "条款", "可靠程度"]
    return [head, *([rule["name"], rule["zh"], _value(rule["value"]), *(rule[name] for name in names)]
                    for rule in content["rules"])]


def _about(content: Mapping[str, Any]) -> list[Cells]:
    return [["项目", "内容"], ["计划编号", content["plan_no"]], ["拟定依据日期", content["as_of"]],
            ["规则版本", content["policy_version"]], ["前一版本摘要", content["previous"]],
            ["修订理由", content["reason"] or ""], ["编制方法", content["how"]["zh"]],
            *([["内部计划摘要", content["plan_digest"]]] if "plan_digest" in content else [])]


def _value(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else orjson.dumps(value).decode()
