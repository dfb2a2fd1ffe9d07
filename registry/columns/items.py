"""Columns of the list of inspection items (检查事项清单): each version of an item holds from a day on."""

from __future__ import annotations

from collections.abc import Iterable

from registry.cells import code, date, text
from registry.columns.table import Column, Fault, Row, Table, chosen, later

ITEM_CODE = code(r"[^\s\x00-\x1f]{1,64}", "1 to 64 characters without blanks")
CATEGORIES = {"key": "重点检查事项", "general": "一般检查事项"}
SEVERITIES = {"critical": "严重", "serious": "较重", "minor": "轻微"}


def _check(row: Row) -> Iterable[Fault]:
    yield from later(row, "valid_from", "valid_to", "生效日期")


TABLE = Table(
    "items", "检查事项", "item", ("item_code", "valid_from"),
    (
        Column("item_code", "事项代码", ITEM_CODE, needed=True),
        Column("valid_from", "生效日期", date, "date", needed=True),
        Column("valid_to", "失效日期", date, "date"),
        Column("name_zh", "事项名称", text(300), needed=True),
        Column("name_en", "英文名称", text(300)),
        chosen("category", "事项类别", CATEGORIES, default="general"),
        chosen("severity", "严重程度", SEVERITIES, needed=True),
        Column("basis", "检查依据", text(500)),
        # As a published item list (随机抽查事项清单) has them, in the words of who publishes it.
        Column("inspecting_body", "检查主体", text(300)),
        Column("objects", "检查对象", text(300)),
        Column("ratio", "抽查比例", text(300)),
        Column("frequency", "抽查频次", text(300)),
        Column("method", "检查方式", text(300)),
        Column("content", "检查内容及要求", text(2000)),
    ),
    check=_check,
)
