"""Columns of officers' leave (请假): both days belong to it."""

from __future__ import annotations

from collections.abc import Iterable

from registry.cells import date, text
from registry.columns.officers import OFFICER_NO
from registry.columns.table import Column, Fault, Reference, Row, Table, later


def _check(row: Row) -> Iterable[Fault]:
    yield from later(row, "from_day", "to_day", "开始日期")


TABLE = Table(
    "leave", "请假", "leave", ("officer_no", "from_day"),
    (
        Column("officer_no", "人员编号", OFFICER_NO, needed=True),
        Column("from_day", "开始日期", date, "date", needed=True),
        Column("to_day", "结束日期", date, "date", needed=True),
        Column("reason", "事由", text(200), needed=True),
    ),
    references=(Reference("officer_no", "officers"),),
    check=_check,
)
