"""One record at a time: what pages read and change, each change with its trace."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from registry import (
    RecordExists,
    RecordMissing,
    RegistryError,
    areas,
    audit,
    changing,
    devices,
    items,
    officers,
    units,
    vendors,
)
from registry.changing import RecordRefused
from registry.devices import DeviceFilter
from registry.units import UnitFilter
from store import Database
from tests.registry.conftest import DAY

WHO: dict[str, Any] = {"actor": "wang", "day": DAY}


def test_the_tree_of_areas_runs_from_the_city_down_and_a_subtree_holds_all_beneath(registered: Database) -> None:
    with registered.connection() as connection:
        assert [(area.area_code, area.depth) for area in areas.tree(connection)] == [
            ("990000", 0), ("990101", 1), ("990101001", 2), ("990101002", 2)]
        assert [area.depth for area in areas.tree(connection, ["990101"])] == [0, 1, 1]
        assert areas.subtree(connection, ["990101"]) == ["990101", "990101001", "990101002"]
        assert areas.subtree(connection, ["990101", "990101002"]) == ["990101", "990101001", "990101002"]
        assert areas.subtree(connection, ["990101001", "777777"]) == ["990101001"]
        assert areas.subtree(connection, []) == []
        assert [area.name_zh for area in areas.path(connection, "990101002")] == ["示范市", "示范区", "乙镇"]
        assert areas.get(connection, "990101").label("en") == "示范区"
        with pytest.raises(RecordMissing, match="no area 1"):
            areas.get(connection, "1")


def test_units_are_searched_by_area_kind_flag_and_text_a_page_at_a_time(registered: Database) -> None:
    def found(limit: int = 50, offset: int = 0, **wanted: Any) -> list[str]:
        page = units.search(connection, UnitFilter(**wanted), limit=limit, offset=offset)
        return [f"{unit.unit_no}/{page.total}" for unit in page.rows]

    with registered.connection() as connection:
        assert found() == ["U1/3", "U2/3", "U3/3"]
        assert found(limit=1, offset=1) == ["U2/3"]
        assert found(areas=["990101001"]) == ["U2/1"]
        assert found(areas=[]) == []
        assert found(is_key=True) == ["U1/1"]
        assert found(is_crowded=True) == []
        assert found(kind="office") == []
        assert found(status="closed") == []
        assert found(text="单位3") == ["U3/1"]
        assert found(text=" u2 ") == ["U2/1"]
        assert found(text="%") == []
        assert found(text="_") == []
        assert found(text="\\") == []
        assert found(text="   ") == ["U1/3", "U2/3", "U3/3"]


def test_a_unit_is_made_changed_and_traced(towns: Database) -> None:
    with towns.connection() as connection:
        made = units.create(connection, {"unit_no": "N1", "name": "新", "area_code": "990101001", "kind": "宾馆饭店",
                                         "is_key": "是", "address": ""}, **WHO)
        assert (made.kind, made.is_key, made.address, made.source, made.area_name_zh) == (
            "hotel", True, None, "manual", "甲镇")
        changed = units.update(connection, "N1", {"address": "一号", "is_key": False}, **WHO)
        assert (changed.address, changed.is_key, changed.name) == ("一号", False, "新")
        assert units.get_by_id(connection, made.unit_id) == changed
    with towns.connection() as connection:
        assert units.update(connection, "N1", {"address": "一号"}, **WHO) == changed
        history = audit.history(connection, "unit", "N1")
    assert [(line["actor"], line["action"]) for line in history] == [("wang", "update"), ("wang", "create")]
    assert (history[0]["before"]["address"], history[0]["after"]["address"]) == (None, "一号")


def test_a_change_that_is_wrong_names_every_field_and_stores_nothing(peopled: Database) -> None:
    with pytest.raises(RecordRefused) as refused, peopled.connection() as connection:
        units.update(connection, "U1", {"name": "", "kind": "castle", "storeys": "x"}, **WHO)
    assert list(refused.value.faults) == ["storeys", "kind", "name"]
    assert refused.value.status == 422
    assert "kind (单位类别): there is no kind castle" in str(refused.value)
    with pytest.raises(RecordRefused, match="no area 990199"), peopled.connection() as connection:
        units.update(connection, "U1", {"area_code": "990199"}, **WHO)
    with pytest.raises(RecordRefused, match="the town 990101001 lies in it"), peopled.connection() as connection:
        areas.update(connection, "990101", {"level": "town"}, **WHO)
    assert peopled.rows("select * from audit_log") == []


@pytest.mark.parametrize(("change", "error", "sentence"), [
    (lambda c: units.create(c, {"unit_no": "U1", "name": "x", "area_code": "990101001", "kind": "hotel"}, **WHO),
     RecordExists, "the unit U1 is in the register already"),
    (lambda c: units.update(c, "U404", {"name": "x"}, **WHO), RecordMissing, "no unit U404"),
    (lambda c: units.update(c, "no such", {"name": "x"}, **WHO), RecordMissing, "no unit no such"),
    (lambda c: units.update(c, "U1", {"unit_no": "U7"}, **WHO), RegistryError, "unit_no of a unit names it"),
    (lambda c: units.update(c, "U1", {"colour": "red"}, **WHO), RegistryError, "units have no field colour"),
    (lambda c: items.update(c, "exits", "no day", {}, **WHO), RecordMissing, "no item exits/no day"),
    (lambda c: changing.create(c, "cats", {}, **WHO), RegistryError, "no register named cats"),
    (lambda c: changing.remove(c, "units", {"unit_no": "U1"}, **WHO), RegistryError, "units can't be removed"),
    (lambda c: officers.end_leave(c, "F1", DAY, **WHO), RecordMissing, "no leave F1/2024-07-01"),
    (lambda c: units.get(c, "U404"), RecordMissing, "no unit U404"),
    (lambda c: units.get_by_id(c, -1), RecordMissing, "identity -1"),
    (lambda c: devices.get(c, "acme", "d-404"), RecordMissing, "no device acme/d-404"),
    (lambda c: devices.get_by_id(c, -1), RecordMissing, "identity -1"),
    (lambda c: vendors.get(c, "nobody"), RecordMissing, "no vendor nobody"),
    (lambda c: officers.get(c, "F404"), RecordMissing, "no officer F404"),
    (lambda c: items.get(c, "exits", DAY), RecordMissing, "no inspection item exits"),
])
def test_what_is_missing_there_already_or_fixed_is_one_sentence(registered: Database, change: Any,
                                                                error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence), registered.connection() as connection:
        change(connection)
    assert registered.rows("select * from audit_log") == []


def test_devices_and_vendors_are_listed_made_and_changed(peopled: Database) -> None:
    with peopled.connection() as connection:
        vendors.create(connection, {"vendor_code": "other", "name": "他"}, **WHO)
        made = devices.create(connection, {"vendor_code": "other", "device_no": "x_1", "unit_no": "U2", "kind": "gas",
                                           "settings": {"gas_lel_max": 20}}, **WHO)
        assert (made.unit_name, made.settings) == ("单位2", {"gas_lel_max": 20})
        assert [device.device_no for device in devices.of_unit(connection, made.unit_id)] == ["x_1"]
        page = devices.search(connection, DeviceFilter(text="X_"))
        assert ([device.device_id for device in page.rows], page.total) == ([made.device_id], 1)
        devices.update(connection, "other", "x_1", {"status": "retired"}, **WHO)
        assert devices.get_by_id(connection, made.device_id).status == "retired"
        assert [device.device_no for device in devices.search(connection, DeviceFilter()).rows] == ["d-1"]
        assert devices.search(connection, DeviceFilter(areas=["990101001"], status=None)).total == 1
        assert [(one.vendor_code, one.devices) for one in vendors.listing(connection)] == [("acme", 1), ("other", 0)]
        assert vendors.update(connection, "other", {"status": "suspended"}, **WHO).status == "suspended"


def test_a_device_s_settings_for_gbt26875_are_checked_when_they_are_entered(peopled: Database) -> None:
    device = {"vendor_code": "acme", "device_no": "t_1", "unit_no": "U2", "kind": "uitd"}
    with pytest.raises(RecordRefused) as refused, peopled.connection() as connection:
        devices.create(connection, {**device, "settings": '{"gbt26875": {"clock": "utc"}}'}, **WHO)
    assert refused.value.faults == {"settings": "gbt26875.clock is 'utc'; it must be auto, binary or bcd"}
    with peopled.connection() as connection:
        made = devices.create(connection, {**device, "settings": '{"gbt26875": {"profile": "jd_f53"}}'}, **WHO)
        assert made.settings == {"gbt26875": {"profile": "jd_f53"}}
        with pytest.raises(RecordRefused, match="the profiles are"):
            devices.update(connection, "acme", "t_1", {"settings": {"gbt26875": {"profile": "x"}}}, **WHO)


@pytest.mark.row(51)
def test_an_officer_is_present_with_a_valid_certificate_and_without_leave(peopled: Database) -> None:
    with peopled.connection() as connection:
        def present(day: dt.date, within: list[str] | None = None) -> list[str]:
            return [officer.officer_no for officer in officers.present_on(connection, day, areas=within)]

        assert present(dt.date(2024, 6, 30)) == ["F1", "F2"]
        assert present(dt.date(2024, 7, 1)) == ["F1"]  # the certificate of F2 ended the day before
        assert present(dt.date(2024, 6, 30), ["990101001"]) == ["F2"]
        officers.add_leave(connection, {"officer_no": "F1", "from_day": "2024-07-01", "to_day": "2024-07-02",
                                        "reason": "年休假"}, **WHO)
        days = [dt.date(2024, 6, 30) + dt.timedelta(count) for count in range(4)]
        assert [present(day) for day in days] == [["F1", "F2"], [], [], ["F1"]]
        assert [leave.reason for leave in officers.leave_of(connection, "F1")] == ["年休假"]
        officers.end_leave(connection, "F1", dt.date(2024, 7, 1), **WHO)
        assert present(dt.date(2024, 7, 1)) == ["F1"]
        officers.create(connection, {"officer_no": "F3", "name": "丙", "area_codes": ["990101"]}, **WHO)
        assert "F3" not in present(DAY)  # no certificate at all
        officers.update(connection, "F3", {"certificate_no": "X3", "area_codes": "990101001;990101002"}, **WHO)
        assert officers.get(connection, "F3").area_codes == ["990101001", "990101002"]
        assert "F3" in present(DAY)
    actions = [line["action"] for line in peopled.rows("select action from audit_log order by audit_id")]
    assert actions == ["create", "delete", "create", "update"]


def test_a_recusal_is_made_listed_and_taken_back_with_its_trace(peopled: Database) -> None:
    with peopled.connection() as connection:
        officers.add_recusal(connection, {"officer_no": "F1", "unit_no": "U3", "reason": "近亲属"}, **WHO)
        assert [(one.officer_no, one.unit_no) for one in officers.recusals(connection)] == [("F1", "U3")]
        assert officers.recusals(connection, "F2") == []
        officers.end_recusal(connection, "F1", "U3", **WHO)
        assert officers.recusals(connection, "F1") == []
        lines = audit.history(connection, "recusal", "F1/U3")
    assert [(line["action"], line["after"] is None) for line in lines] == [("delete", True), ("create", False)]


def test_an_item_is_asked_for_by_the_day(db: Database) -> None:
    with db.connection() as connection:
        for valid_from, valid_to, name in (("2012-11-01", "2019-12-31", "旧"), ("2020-01-01", None, "新")):
            items.create(connection, {"item_code": "exits", "valid_from": valid_from, "valid_to": valid_to,
                                      "name_zh": name, "severity": "critical"}, **WHO)
        assert [item.name_zh for item in items.on(connection, dt.date(2019, 12, 31))] == ["旧"]
        assert [item.name_zh for item in items.on(connection, dt.date(2020, 1, 1))] == ["新"]
        assert items.on(connection, dt.date(2011, 1, 1)) == []
        items.update(connection, "exits", dt.date(2020, 1, 1), {"valid_to": "2020-12-31"}, **WHO)
        # A version that has ended does not bring back the one before it.
        assert items.on(connection, dt.date(2021, 1, 1)) == []
        assert [item.name_zh for item in items.versions(connection, "exits")] == ["新", "旧"]


@pytest.mark.row(55)
def test_the_audit_log_takes_days_moments_and_amounts_and_can_only_grow(db: Database) -> None:
    with db.connection() as connection:
        audit.record(connection, "wang", "update", "thing", "1", None, {"day": DAY, "name": "火"})
        [line] = audit.history(connection, "thing", "1")
        assert (line["before"], line["after"]) == (None, {"day": "2024-07-01", "name": "火"})
    for statement in ("update audit_log set actor = 'x'", "delete from audit_log", "truncate audit_log"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), db.connection() as connection:
            connection.execute(statement)
