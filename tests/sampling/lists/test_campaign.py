"""Campaigns: a saved query over the register, drawn over some days, whose visits take capacity from the days openly."""

from __future__ import annotations

import datetime as dt
import re

import psycopg
import pytest
from click.testing import CliRunner, Result

from huoyan.commands import campaigns
from policy.clocks import legal_day
from sampling import chain, draw, entropy, freeze, reading, verify
from sampling.errors import DrawError
from sampling.lists import campaign, directories, keeping, replacement
from sampling.lists import reading as lists
from sampling.lists.replacement import Asked
from sampling.lists.selection import Selection, SelectionError
from store import Database
from tests.sampling.city import city, store
from tests.sampling.lists.town import (
    EVENING,
    MONDAY,
    NOON,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    bundle,
    drawn_town,
    replaceable,
    visits,
)

SUNDAY_NOON = NOON - dt.timedelta(days=1)
FORM = {"title": "冬季专项检查", "theme": "season", "visits": 9, "first_day": TUESDAY, "last_day": THURSDAY,
        "drawn_by": "weight"}


@pytest.fixture
def town(db: Database) -> Database:
    store(db, city(21, units=120, officers=8, day=MONDAY), scores_as_of=MONDAY - dt.timedelta(days=1))
    with db.connection() as connection:
        entropy.new_year(connection, MONDAY.year)
    return db


@pytest.mark.row(63)
def test_a_campaign_over_three_days_takes_its_visits_from_the_daily_draws(town: Database) -> None:
    query = Selection.of({"classes": ["B", "C"], "is_key": False})
    made = campaign.create(town, FORM, query, SUNDAY_NOON, actor="wang")
    assert made["list_no"] == f"ZX{SUNDAY_NOON:%Y%m%d}-01"
    assert made["selection"] == {"classes": ["B", "C"], "is_key": False}
    assert 9 <= made["objects"] < 60
    frozen = campaign.freeze(town, made["list_no"], SUNDAY_NOON, actor="wang")
    assert (frozen["status"], frozen["visits"]) == ("frozen", 9)
    assert campaign.freeze(town, made["list_no"], NOON, actor="wang")["commitment"] == frozen["commitment"]
    told = campaign.draw(town, frozen["draw_no"], SUNDAY_NOON, None, actor="wang")
    assert (told["status"], told["visits"]) == ("drawn", 9)
    planned = visits(town)
    assert {visit["kind"] for visit in planned} == {"campaign"}
    assert {(visit["arm"], visit["draw_probability"]) for visit in planned} == {(None, None)}
    assert [sum(v["planned_on"] == day for v in planned) for day in (TUESDAY, WEDNESDAY, THURSDAY)] == [3, 3, 3]
    content = bundle(town, frozen["draw_no"])
    assert verify.check(content, frozen["commitment"])[0] == 0
    with town.connection() as connection:
        shown = lists.one(connection, frozen["draw_no"])
        assert shown["eligible"] + sum(row["objects"] for row in shown["left_out"]) == made["objects"]
        assert {row["code"] for row in shown["left_out"]} <= {"recent", "cap"}
    freeze.run(town, TUESDAY, NOON)
    with town.connection() as connection:
        before = reading.ratios(connection, TUESDAY)
    assert [(row["draw_no"], row["title"], row["visits"]) for row in before["taken"]] == [
        (frozen["draw_no"], "冬季专项检查", 3)]
    assert max(desk["free"] for desk in before["desks"]) <= 8 - 3
    detail = draw.run(town, TUESDAY, NOON + dt.timedelta(hours=18))
    assert detail["visits"] <= 8 - 3
    loads = town.rows("""select officer_no, count(*) as n
        from inspection_officers join inspections i using (inspection_id)
        where planned_on = %s and status = 'planned' group by 1""", [TUESDAY])
    assert max(row["n"] for row in loads) <= 2
    assert all(agrees for _, agrees, _ in chain.check(town))
    record = [row["kind"] for row in town.rows("select kind from draws order by sequence")]
    assert record == ["campaign", "daily"]
    status, text = verify.check(content, None, [bundle(town, f"D{TUESDAY:%Y%m%d}")])
    assert status == 0, text


def test_what_officers_can_t_do_is_refused_with_the_numbers(town: Database) -> None:
    made = campaign.create(town, {**FORM, "visits": 40}, Selection.of({}), SUNDAY_NOON, actor="wang")
    with pytest.raises(DrawError, match=r"can make 24 visits from 2026-12-22 to 2026-12-24 .*, and 40 are asked for"):
        campaign.freeze(town, made["list_no"], SUNDAY_NOON, actor="wang")
    few = campaign.create(town, FORM, Selection.of({"unit_nos": "U00001,U00002"}), SUNDAY_NOON, actor="wang")
    with pytest.raises(DrawError, match="9 visits are asked for, and [012] of the 2 objects|none of the 2 objects"):
        campaign.freeze(town, few["list_no"], SUNDAY_NOON, actor="wang")
    none = campaign.create(town, FORM, Selection.of({"kinds": ["mall"]}), SUNDAY_NOON, actor="wang")
    with pytest.raises(DrawError, match="holds of no unit"):
        campaign.freeze(town, none["list_no"], SUNDAY_NOON, actor="wang")
    assert town.rows("select 1 from draws") == []


def test_two_frames_never_count_on_the_same_officers(town: Database) -> None:
    made = campaign.create(town, FORM, Selection.of({}), SUNDAY_NOON, actor="wang")
    first = campaign.freeze(town, made["list_no"], SUNDAY_NOON, actor="wang", entropy=["witness"])
    freeze.run(town, TUESDAY, NOON)
    with pytest.raises(DrawError, match=f"D{TUESDAY:%Y%m%d} was frozen after"):
        campaign.draw(town, first["draw_no"], NOON, {"witness": "1"}, actor="wang")
    with pytest.raises(DrawError, match=f"D{TUESDAY:%Y%m%d} is frozen and not yet drawn"):
        campaign.freeze(town, made["list_no"], NOON, actor="wang")
    draw.run(town, TUESDAY, NOON + dt.timedelta(hours=18))
    town.rows("update officers set daily_visits = 0 returning 1")
    with pytest.raises(DrawError, match="no two officers who may go there have room"):
        campaign.freeze(town, made["list_no"], NOON + dt.timedelta(hours=20), actor="wang")
    town.rows("update officers set daily_visits = 2 returning 1")
    second = campaign.freeze(town, made["list_no"], NOON + dt.timedelta(hours=20), actor="wang", entropy=["witness"])
    assert second["draw_no"] != first["draw_no"]
    town.rows("update officers set daily_visits = 1 where officer_no = 'O002' returning 1")
    with pytest.raises(DrawError, match="officer O002 has room for"):
        campaign.draw(town, second["draw_no"], NOON + dt.timedelta(hours=21), {"witness": "1"}, actor="wang")


@pytest.mark.parametrize(("data", "sentence"), [
    ({"colour": "red"}, "no field 'colour'"), ({"classes": "E"}, "classes must be among"),
    ({"is_key": "perhaps"}, "is_key must be true or false"), ({"floor_area_from": "-1"}, "must be a number from 0"),
    ({"alarms": 2.5}, "alarms must be a whole number"), ({"not_visited_since": "soon"}, "must be a day"),
    ({"kinds": [1]}, "kinds must be words"), ([], "must be a table of fields"),
    ({"item_days": 99999}, "item_days must be a number from 0 to 3660"),
])
def test_a_selection_that_can_t_be_used_is_one_sentence(data: object, sentence: str) -> None:
    with pytest.raises(SelectionError, match=sentence):
        Selection.of(data)


def test_every_field_of_a_selection_is_asked_of_the_register(town: Database) -> None:
    with town.connection() as connection:
        connection.execute("""update units set kind = 'mall', floor_area_m2 = 900, storeys = 9, height_m = 30,
            occupants = 80, built_year = 1990, sleeping = true, dangerous_goods = true, is_high_hazard = true,
            is_key = true, is_crowded = true where unit_no = 'U00007'""")
        connection.execute("""insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result)
            select 'J1', unit_id, 'import', '2026-11-02', 'done', 'hazards_ordered' from units
            where unit_no = 'U00007'""")
        connection.execute("""insert into hazards (inspection_id, unit_id, item_code, severity, found_on, handling)
            select inspection_id, unit_id, 'X01', 'serious', '2026-11-02', 'ordered' from inspections
            where inspection_no = 'J1'""")
        connection.execute("""insert into unit_days (unit_id, day, devices, devices_heard, fire_alarms)
            select unit_id, '2026-12-01', 1, 1, 4 from units where unit_no = 'U00007'""")
        row = connection.execute("select unit_id, area_code from units where unit_no = 'U00007'").fetchone()
        only = {"kinds": "mall", "areas": row["area_code"], "is_key": True, "is_crowded": True,
                "is_high_hazard": "true", "sleeping": True, "dangerous_goods": True, "floor_area_from": 900,
                "floor_area_to": 901, "height_from": 30,
                "storeys_from": 9, "occupants_from": 80, "built_before": 1991, "open_hazards": True, "items": "X01",
                "alarms": 4, "findings": False, "has_devices": False, "unit_nos": "U00007"}
        for name, value in only.items():
            found = Selection.of({name: value}).units(connection, MONDAY, None)
            assert row["unit_id"] in found, name
        assert Selection.of(only).units(connection, MONDAY, None) == [row["unit_id"]]
        for name, value in (("not_visited_since", "2026-11-02"), ("alarms", 5), ("floor_area_to", 900),
                            ("findings", True), ("built_before", 1990), ("areas", "990101999")):
            assert row["unit_id"] not in Selection.of({name: value}).units(connection, MONDAY, None), name


def test_a_form_that_can_t_be_used_is_one_sentence(town: Database) -> None:
    for change, sentence in (({"title": ""}, "title is missing"), ({"theme": "fun"}, "theme must be one of"),
                             ({"visits": "many"}, "visits must be a whole number"), ({"visits": 0}, "visits must be"),
                             ({"drawn_by": "name"}, "drawn_by must be one of"),
                             ({"first_day": MONDAY - dt.timedelta(days=9)}, "the days must run from today"),
                             ({"last_day": MONDAY - dt.timedelta(days=9)}, "the days must run from today"),
                             ({"last_day": "2028-01-01"}, "for at most a year")):
        with pytest.raises(Exception, match=sentence):
            campaign.create(town, {**FORM, **change}, Selection(), SUNDAY_NOON, actor="wang")
    weekend = {**FORM, "first_day": "2026-12-26", "last_day": "2026-12-27"}
    rest = campaign.create(town, weekend, Selection(), SUNDAY_NOON, actor="wang")
    with pytest.raises(DrawError, match="there is no working day left"):
        campaign.freeze(town, rest["list_no"], SUNDAY_NOON, actor="wang")
    with town.connection() as connection, pytest.raises(DrawError, match="there is no campaign"):
        keeping.one(connection, "campaign", rest["list_no"], ["990102"])
    assert EVENING < NOON


def test_the_commands_create_freeze_draw_and_show(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    today = legal_day(dt.datetime.now(dt.UTC))
    with Database(dsn) as db:
        store(db, city(21, units=60, officers=8, day=today), scores_as_of=today - dt.timedelta(days=1))
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(campaigns.campaigns, arguments, catch_exceptions=True, standalone_mode=False)

    told = run("create", "--title", "春节", "--theme", "holiday", "--visits", "4", "--from", str(today),
               "--to", str(today + dt.timedelta(days=20)), "--select", "classes=A,B,C").output
    number = re.search(r"(ZX\S+):", told)[1]
    assert "not frozen yet" in str(run("draw", number).exception)
    assert "waits_for: witness" in run("freeze", number, "--entropy", "witness").output
    assert "status: drawn" in run("draw", number, "--witness", "9 9").output
    assert number in run("list").output
    shown = run("show", number).output
    assert '"classes":["A","B","C"]' in shown
    assert "4 are drawn" in shown
    assert "is not FIELD=VALUE" in str(run("create", "--title", "x", "--from", str(today), "--to", str(today),
                                           "--select", "colour").exception)


def test_pages_may_draw_lists_without_seeing_the_root_of_the_chain(dsn: str) -> None:
    with Database(dsn, max_size=2) as db:
        drawn_town(db)
        first = replaceable(db)
    as_pages = psycopg.conninfo.make_conninfo(dsn, options="-c role=huoyan_api")
    with Database(as_pages, max_size=2) as db:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.rows("select root from entropy_chains")
        asked = Asked("closed", "已停业", first["inspection_no"])
        (told,) = replacement.run(db, asked, NOON, actor="wang")
        made = campaign.create(db, {**FORM, "visits": 2}, Selection.of({"alarms": 0, "findings": False}), NOON,
                               actor="wang")
        frozen = campaign.freeze(db, made["list_no"], NOON, actor="wang")
        assert campaign.draw(db, frozen["draw_no"], NOON, None, actor="wang")["status"] == told["status"] == "drawn"
        directories.take_rows(db, "departments", [{"department": "police", "name_zh": "公安"}], actor="w", now=NOON)
        taken = directories.take_rows(db, "officers", [{"department": "police", "officer_no": "P1", "name": "王"}],
                                      actor="w", now=NOON)
        assert taken.stored == 1
        assert all(agrees for _, agrees, _ in chain.check(db))
