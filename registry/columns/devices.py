"""Columns of the register of devices (设备). A device's number is a level of its MQTT topic, which sets its form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from registry.cells import CellError, code, date, json_object, text
from registry.columns.table import Column, Fault, Reference, Row, Table, chosen, of_kind
from registry.columns.units import UNIT_NO
from registry.columns.vendors import VENDOR_CODE
from registry.gbt26875 import fault
from registry.kinds import device_kinds

DEVICE_NO = code(r"[^\s/+#\x00-\x1f]{1,64}", "1 to 64 characters without blanks, /, + or #")
_OBJECT = json_object(8000)
STATUS = {"active": "在用", "retired": "停用"}


def _settings(cell: object, day: dt.date) -> dict[str, Any]:
    found: dict[str, Any] = _OBJECT(cell, day)
    reason = fault(found, day)
    if reason:
        raise CellError(reason)
    return found


def _check(row: Row) -> Iterable[Fault]:
    if row["device_no"] == "gateway":
        yield "device_no", "the word gateway stands in MQTT topics for many devices in one message"


TABLE = Table(
    "devices", "设备", "device", ("vendor_code", "device_no"),
    (
        Column("vendor_code", "厂商代码", VENDOR_CODE, needed=True),
        Column("device_no", "设备编号", DEVICE_NO, needed=True),
        Column("unit_no", "单位编号", UNIT_NO, needed=True),
        of_kind("kind", "设备类别", device_kinds),
        Column("location", "安装位置", text(200)),
        Column("installed_on", "安装日期", date, "date"),
        Column("settings", "设置", _settings, "jsonb", default={}),
        chosen("status", "状态", STATUS, default="active"),
    ),
    references=(Reference("vendor_code", "vendors"), Reference("unit_no", "units")),
    check=_check,
)
