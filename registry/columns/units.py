"""Columns of the register of units (单位). Kind and the three flags are four things; none follows from another."""

from __future__ import annotations

import datetime as dt

from registry import uscc
from registry.cells import CellError, as_text, code, date, flag, integer, json_object, number, text, unrounded
from registry.columns.areas import AREA_CODE
from registry.columns.table import Column, Reference, Table, chosen, of_kind
from registry.kinds import unit_kinds

UNIT_NO = code(r"[^\s\x00-\x1f]{1,64}", "1 to 64 characters without blanks")
STATUS = {"active": "在用", "closed": "注销"}


def _uscc(cell: object, _day: dt.date) -> str:
    found = unrounded(as_text(cell)).upper()
    reason = uscc.fault(found)
    if reason is not None:
        raise CellError(reason)
    return found


TABLE = Table(
    "units", "单位", "unit", ("unit_no",),
    (
        Column("unit_no", "单位编号", UNIT_NO, needed=True),
        Column("name", "单位名称", text(200), needed=True),
        Column("uscc", "统一社会信用代码", _uscc),
        Column("area_code", "区域代码", AREA_CODE, needed=True),
        Column("address", "地址", text(300)),
        of_kind("kind", "单位类别", unit_kinds),
        Column("is_key", "消防安全重点单位", flag, "bool", default=False),
        Column("is_crowded", "人员密集场所", flag, "bool", default=False),
        Column("is_high_hazard", "火灾高危单位", flag, "bool", default=False),
        Column("floor_area_m2", "建筑面积(平方米)", number(0, 1e8), "float8"),
        Column("storeys", "层数", integer(0, 300), "int4"),
        Column("height_m", "建筑高度(米)", number(0, 2000), "float8"),
        Column("occupants", "容纳人数", integer(0, 10_000_000), "int4"),
        Column("sleeping", "有人员住宿", flag, "bool", default=False),
        Column("dangerous_goods", "存有易燃易爆危险品", flag, "bool", default=False),
        Column("built_year", "建成年份", integer(1000, 2200), "int4"),
        Column("lon", "经度", number(-180, 180), "float8"),
        Column("lat", "纬度", number(-90, 90), "float8"),
        Column("attributes", "其他属性", json_object(8000), "jsonb", default={}),
        chosen("status", "状态", STATUS, default="active"),
        Column("registered_on", "登记日期", date, "date"),
        Column("source", "数据来源", text(100), default="import"),
    ),
    references=(Reference("area_code", "areas"),),
)
