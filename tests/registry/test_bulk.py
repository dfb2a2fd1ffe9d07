"""Bulk loads: fast, the same twice as once, and never half of it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest

from registry import RegistryError, bulk
from registry.columns import TABLES
from registry.exporting import _queries as export_queries
from store import Database, Queries

UNIT: dict[str, Any] = {"unit_no": "U1", "name": "一", "area_code": "990101001", "kind": "hotel"}


def test_the_stage_and_the_export_of_every_register_have_exactly_its_columns(db: Database) -> None:
    queries = Queries(bulk.__file__)
    with db.connection() as connection:
        for noun, table in TABLES.items():
            connection.execute(queries[f"stage_{noun}"])
            staged = connection.execute("select attname, format_type(atttypid, atttypmod) as type from pg_attribute"
                                        " where attrelid = %s::regclass and attnum > 0 order by attnum",
                                        [f"stage_{noun}"]).fetchall()
            types = {"float8": "double precision", "int4": "integer", "bool": "boolean"}
            assert [(one["attname"], one["type"]) for one in staged] == [
                (column.code, types.get(column.stored, column.stored)) for column in table.columns], noun
            exported = connection.execute(export_queries[f"export_{noun}"], {"areas": None})
            assert [one.name for one in exported.description or ()] == list(table.codes), noun


def test_a_load_counts_what_it_did_and_does_nothing_the_second_time(towns: Database) -> None:
    rows = [{**UNIT, "unit_no": f"U{number}", "floor_area_m2": number, "attributes": {"n": number}}
            for number in range(10)]
    with towns.connection() as connection:
        assert bulk.load_units(connection, rows) == bulk.Counts(10, 0, 0)
        assert bulk.load_units(connection, iter(rows)) == bulk.Counts(0, 0, 10)
        rows[3]["name"] = "改"
        rows.append({**UNIT, "unit_no": "U99"})
        assert bulk.load_units(connection, rows, actor="me") == bulk.Counts(1, 1, 9)
        assert bulk.load_units(connection, []) == bulk.Counts(0, 0, 0)
    assert towns.rows("select action, entity_id from audit_log order by audit_id") == [
        {"action": "update", "entity_id": "U3"}, {"action": "create", "entity_id": "U99"}]


def test_columns_that_no_row_gives_stay_as_they_are_stored(towns: Database) -> None:
    with towns.connection() as connection:
        bulk.load_units(connection, [{**UNIT, "address": "一号", "is_key": True}])
        assert bulk.load_units(connection, [{"unit_no": "U1", "storeys": 4}]) == bulk.Counts(0, 1, 0)
    assert towns.row("select name, address, is_key, storeys from units") == {
        "name": "一", "address": "一号", "is_key": True, "storeys": 4}


def test_devices_move_with_the_number_of_their_unit_and_keys_of_two_columns_are_kept_apart(peopled: Database) -> None:
    with peopled.connection() as connection:
        bulk.load_vendors(connection, [{"vendor_code": "other", "name": "他"}])
        counts = bulk.load_devices(connection, [
            {"vendor_code": "acme", "device_no": "d-1", "unit_no": "U2", "kind": "smoke", "location": "大厅"},
            {"vendor_code": "other", "device_no": "d-1", "unit_no": "U1", "kind": "gas"}])
        assert counts == bulk.Counts(1, 1, 0)
        assert bulk.load_recusals(connection, [{"officer_no": "F1", "unit_no": "U1", "reason": "x"},
                                               {"officer_no": "F1", "unit_no": "U2", "reason": "x"}]).inserted == 2
        assert bulk.load_leave(connection, [{"officer_no": "F1", "from_day": dt.date(2024, 1, 1),
                                             "to_day": dt.date(2024, 1, 2), "reason": "x"}]).inserted == 1
    assert peopled.rows("select vendor_code, unit_no from devices join units using (unit_id) order by 1") == [
        {"vendor_code": "acme", "unit_no": "U2"}, {"vendor_code": "other", "unit_no": "U1"}]


@pytest.mark.parametrize(("noun", "rows", "sentence"), [
    ("units", [{**UNIT, "area_code": "123456"}], r"Key \(area_code\)=\(123456\) is not present"),
    ("units", [UNIT, UNIT], r"one key stands twice: Key \(unit_no\)=\(U1\)"),
    ("units", [{**UNIT, "nam": "x"}], "units have no column nam: they have unit_no, name"),
    ("units", [{"name": "x"}], "a row of units has no unit_no"),
    ("units", [{**UNIT, "storeys": -1}], "units_storeys_check"),
    ("units", [{**UNIT, "name": None}], 'null value in column "name"'),
    ("units", [{**UNIT, "name": "a\x00b"}], "the units can't be stored"),
    ("devices", [{"vendor_code": "acme", "device_no": "d", "unit_no": "U404", "kind": "gas"}],
     "the device acme/d names the unit U404, which is not in the register"),
    ("recusals", [{"officer_no": "F", "unit_no": "U404", "reason": "x"}], "the recusal F/U404 names the unit U404"),
    ("areas", [{"area_code": "1", "level": "city", "name_zh": "x"}], "area_code"),
])
def test_a_row_that_can_not_be_stored_is_one_sentence_and_nothing_of_the_load_stays(
        registered: Database, noun: str, rows: list[dict[str, Any]], sentence: str) -> None:
    good = {"units": [{**UNIT, "unit_no": "GOOD"}]}.get(noun, [])
    before = registered.rows("select * from units order by unit_no")
    with pytest.raises(RegistryError, match=sentence) as refused, registered.connection() as connection:
        bulk.load(connection, noun, [*good, *rows], actor="me")
    assert "\n" not in str(refused.value)
    assert registered.rows("select * from units order by unit_no") == before
    assert registered.rows("select * from audit_log") == []


def test_twenty_thousand_units_are_loaded_in_a_few_seconds_and_burn_no_identities(towns: Database) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        return ({**UNIT, "unit_no": f"U{number}", "storeys": number % 40, "lon": 113.0, "lat": 34.0}
                for number in range(20_000))

    start = time.monotonic()
    with towns.connection() as connection:
        assert bulk.load_units(connection, rows(), actor="me").inserted == 20_000
        assert bulk.load_units(connection, rows(), actor="me").unchanged == 20_000
        bulk.load_units(connection, [{**UNIT, "unit_no": "LAST"}])
    assert time.monotonic() - start < 15
    assert towns.row("select max(unit_id) as last from units") == {"last": 20_001}
    assert towns.row("select count(*) as lines from audit_log") == {"lines": 20_000}
