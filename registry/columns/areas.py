"""Columns of the register of areas (区域): city, district, town."""

from __future__ import annotations

from collections.abc import Iterable

from registry.cells import code, text
from registry.columns.table import Column, Fault, Row, Table, chosen

AREA_CODE = code(r"[0-9]{6,12}", "6 to 12 digits such as 990101001")
LEVELS = {"city": "市", "district": "区县", "town": "乡镇街道"}


def _check(row: Row) -> Iterable[Fault]:
    if row["level"] == "city" and row.get("parent_code"):
        yield "parent_code", "a city has no area above it"
    if row["level"] != "city" and "parent_code" in row and not row["parent_code"]:
        yield "parent_code", f"a {row['level']} needs the code of the area above it"
    if row.get("parent_code") == row["area_code"]:
        yield "parent_code", "an area can't lie in itself"


TABLE = Table(
    "areas", "区域", "area", ("area_code",),
    (
        Column("area_code", "区域代码", AREA_CODE, needed=True),
        Column("parent_code", "上级代码", AREA_CODE),
        chosen("level", "级别", LEVELS, needed=True),
        Column("name_zh", "名称", text(100), needed=True),
        Column("name_en", "英文名称", text(100)),
    ),
    check=_check,
)
