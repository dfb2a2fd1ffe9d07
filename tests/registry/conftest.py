"""Registers that the tests of this room start from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry import bulk
from store import Database
from tests.servers.databases import Server

DAY = dt.date(2024, 7, 1)
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "registers"


@pytest.fixture
def towns(db: Database) -> Database:
    """A city, a district, two towns and a vendor."""
    _settle(db)
    return db


@pytest.fixture
def peopled(towns: Database) -> Database:
    """The towns with three units, a device and two officers."""
    _people(towns)
    return towns


@pytest.fixture(scope="session")
def registered(servers: Callable[[str], Server]) -> Iterator[Database]:
    """The same as ``peopled`` for every test that only looks: none may store anything."""
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        _settle(opened)
        _people(opened)
        yield opened


def _settle(db: Database) -> None:
    with db.connection() as connection:
        bulk.load_areas(connection, [
            {"area_code": "990101002", "parent_code": "990101", "level": "town", "name_zh": "乙镇"},
            {"area_code": "990101001", "parent_code": "990101", "level": "town", "name_zh": "甲镇"},
            {"area_code": "990101", "parent_code": "990000", "level": "district", "name_zh": "示范区"},
            {"area_code": "990000", "parent_code": None, "level": "city", "name_zh": "示范市"},
        ])
        bulk.load_vendors(connection, [{"vendor_code": "acme", "name": "示例厂商"}])


def _people(db: Database) -> None:
    with db.connection() as connection:
        bulk.load_units(connection, [
            {"unit_no": f"U{number}", "name": f"单位{number}", "area_code": f"99010100{1 + number % 2}",
             "kind": "hotel", "is_key": number == 1} for number in (1, 2, 3)])
        bulk.load_devices(connection, [
            {"vendor_code": "acme", "device_no": "d-1", "unit_no": "U1", "kind": "smoke", "location": "大厅"}])
        bulk.load_officers(connection, [
            {"officer_no": "F1", "name": "甲", "area_codes": ["990101"], "certificate_no": "X1"},
            {"officer_no": "F2", "name": "乙", "area_codes": ["990101001"], "certificate_no": "X2",
             "certificate_to": dt.date(2024, 6, 30)}])
