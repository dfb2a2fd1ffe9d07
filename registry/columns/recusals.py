"""Columns of recusals (回避, 行政处罚法 Art. 43): an officer who must not inspect a unit."""

from __future__ import annotations

from registry.cells import text
from registry.columns.officers import OFFICER_NO
from registry.columns.table import Column, Reference, Table
from registry.columns.units import UNIT_NO

TABLE = Table(
    "recusals", "回避", "recusal", ("officer_no", "unit_no"),
    (
        Column("officer_no", "人员编号", OFFICER_NO, needed=True),
        Column("unit_no", "单位编号", UNIT_NO, needed=True),
        Column("reason", "回避事由", text(200), needed=True),
    ),
    references=(Reference("officer_no", "officers"), Reference("unit_no", "units")),
)
