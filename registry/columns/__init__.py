"""The columns of every register, one noun one file; :data:`TABLES` has them in the order they can be loaded."""

from registry.columns import areas, devices, items, leave, officers, recusals, units, vendors
from registry.columns.table import Column, Fault, Reference, Row, Table

TABLES: dict[str, Table] = {
    module.TABLE.noun: module.TABLE
    for module in (areas, units, vendors, devices, officers, items, leave, recusals)
}

__all__ = ["TABLES", "Column", "Fault", "Reference", "Row", "Table"]
