"""Columns of the register of device vendors (设备厂商). A vendor's code is a level of its MQTT topics and its login."""

from __future__ import annotations

from registry.cells import code, text
from registry.columns.table import Column, Table, chosen

VENDOR_CODE = code(r"[a-z0-9][a-z0-9_-]{1,31}", "2 to 32 small letters, digits, _ or - such as sensor-works")
STATUS = {"active": "启用", "suspended": "停用"}

TABLE = Table(
    "vendors", "厂商", "vendor", ("vendor_code",),
    (
        Column("vendor_code", "厂商代码", VENDOR_CODE, needed=True),
        Column("name", "厂商名称", text(200), needed=True),
        chosen("status", "状态", STATUS, default="active"),
    ),
)
