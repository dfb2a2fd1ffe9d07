"""Columns of the directory of inspectors (执法检查人员名录库)."""

from __future__ import annotations

from collections.abc import Iterable

from registry.cells import code, date, flag, integer, text, words
from registry.columns.table import Column, Fault, Reference, Row, Table, chosen, later

OFFICER_NO = code(r"[^\s\x00-\x1f]{1,32}", "1 to 32 characters without blanks")
BODIES = {"brigade": "消防救援大队", "town": "乡镇街道", "police_station": "公安派出所"}
STATUS = {"active": "在岗", "inactive": "离岗"}


def _check(row: Row) -> Iterable[Fault]:
    if "area_codes" in row and not row["area_codes"]:
        yield "area_codes", "an officer needs the code of at least one area"
    yield from later(row, "certificate_from", "certificate_to", "执法证起始日期")


TABLE = Table(
    "officers", "执法人员", "officer", ("officer_no",),
    (
        Column("officer_no", "人员编号", OFFICER_NO, needed=True),
        Column("name", "姓名", text(100), needed=True),
        chosen("body", "所属机构", BODIES, default="brigade"),
        Column("area_codes", "负责区域", words(200, 12, r"[0-9]{6,12}", "6 to 12 digits such as 990101001"), "text[]",
               needed=True),
        Column("certificate_no", "执法证号", text(64)),
        Column("certificate_from", "执法证起始日期", date, "date"),
        Column("certificate_to", "执法证截止日期", date, "date"),
        Column("can_lead", "可任主办", flag, "bool", default=False),
        Column("skills", "专长", words(50, 50), "text[]", default=[]),
        Column("daily_visits", "每日检查上限", integer(0, 20), "int4", default=2),
        chosen("status", "状态", STATUS, default="active"),
    ),
    references=(Reference("area_codes", "areas"),),
    check=_check,
)
