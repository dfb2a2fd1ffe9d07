"""Joint draws: one list, one visit, two officers of each department."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from huoyan.commands import joint_draws
from policy.clocks import legal_day
from sampling import chain, verify
from sampling.errors import DrawError
from sampling.lists import directories, joint
from sampling.lists.selection import Selection
from store import Database
from tests.sampling.city import city, store
from tests.sampling.lists.conftest import DEPARTMENTS, OBJECTS, OFFICERS, SUNDAY_NOON
from tests.sampling.lists.town import NOON, THURSDAY, TUESDAY, bundle, visits


@pytest.mark.row(53, 183)
def test_a_joint_draw_of_three_departments_from_csv(joined: Database) -> None:
    data = {"title": "旅馆业联合抽查", "item": "旅馆业", "launching": "police", "first_day": TUESDAY,
            "last_day": THURSDAY}
    made = joint.create(joined, data, Selection(), SUNDAY_NOON, actor="wang")
    assert made["departments"] == ["police", "fire", "market"]
    assert made["selection"] == {"item": "旅馆业", "share": 0.5}
    frozen = joint.freeze(joined, made["list_no"], SUNDAY_NOON, actor="wang")
    assert (frozen["objects"], frozen["visits"]) == (12, 6)
    told = joint.draw(joined, frozen["draw_no"], SUNDAY_NOON, None, actor="wang")
    assert (told["status"], told["visits"]) == ("drawn", 6)
    content = bundle(joined, frozen["draw_no"])
    assert verify.check(content, frozen["commitment"])[0] == 0
    held = json.loads(content)
    matched = {one["object_no"]: one["unit_no"] for one in held["frame"]["objects"]}
    assert (matched["H0"], matched["H6"], matched["H7"]) == ("U00000", "U00030", None)
    drawn = {visit["object_no"] for visit in held["result"]["visits"]}
    planned = visits(joined)
    assert {visit["unit_no"] for visit in planned} == {matched[number] for number in drawn} - {None}
    assert {visit["kind"] for visit in planned} <= {"joint"}
    teams = joined.rows("select department, lead, second from list_teams")
    assert len(teams) == 18
    for row in teams:
        assert (row["department"] == "fire") == row["lead"].startswith("O")
    assert ["O001", "H1"] in held["frame"]["recusals"]
    assert all(agrees for _, agrees, _ in chain.check(joined))
    again = joint.create(joined, {**data, "visits": 3}, Selection(), SUNDAY_NOON, actor="wang")
    frozen = joint.freeze(joined, again["list_no"], SUNDAY_NOON, actor="wang")
    frame = json.loads(bytes(joined.row("select frame from draws where draw_no = %s", [frozen["draw_no"]])["frame"]))
    loads = [sum(officer["loads"]) for officer in frame["departments"][0]["officers"]]
    assert sum(loads) == 4 * 3 * 3 - 2 * 6, "what was drawn before takes from their days"


def test_fire_launches_from_its_register_with_others(joined: Database) -> None:
    data = {"title": "商场联合抽查", "launching": "fire", "taking_part": ["market"], "visits": 4, "first_day": TUESDAY,
            "last_day": TUESDAY, "drawn_by": "weight"}
    made = joint.create(joined, data, Selection.of({"is_key": False}), SUNDAY_NOON, actor="wang")
    frozen = joint.freeze(joined, made["list_no"], SUNDAY_NOON, actor="wang")
    joint.draw(joined, frozen["draw_no"], SUNDAY_NOON, None, actor="wang")
    assert {visit["kind"] for visit in visits(joined)} == {"joint"}
    assert len(visits(joined)) == 4
    assert verify.check(bundle(joined, frozen["draw_no"]))[0] == 0
    many = joint.create(joined, {**data, "visits": 30}, Selection(), SUNDAY_NOON, actor="wang")
    with pytest.raises(DrawError, match="the officers of (fire|market) can make [0-9] visits .* and 30 are asked for"):
        joint.freeze(joined, many["list_no"], SUNDAY_NOON, actor="wang")


def test_what_can_t_be_a_joint_draw_is_one_sentence(joined: Database, tmp_path: Path) -> None:
    data = {"title": "x", "launching": "police", "taking_part": ["fire"], "first_day": TUESDAY, "last_day": TUESDAY}
    for change, sentence in (({"launching": "navy"}, "there is no department 'navy'"),
                             ({"taking_part": ["market"]}, "two departments or more, fire among them"),
                             ({"launching": "fire"}, "two departments or more")):
        with pytest.raises(DrawError, match=sentence):
            joint.create(joined, {**data, **change}, Selection(), SUNDAY_NOON, actor="wang")
    empty = joint.create(joined, {**data, "item": "加油站"}, Selection(), SUNDAY_NOON, actor="wang")
    with pytest.raises(DrawError, match="is empty: police has no objects for it"):
        joint.freeze(joined, empty["list_no"], SUNDAY_NOON, actor="wang")
    file = tmp_path / "bad.csv"
    file.write_text("department,colour\npolice,red\n", encoding="utf-8")
    with pytest.raises(DrawError, match="objects have no column 'colour'"):
        directories.take_file(joined, "objects", file, actor="wang", now=NOON)
    with pytest.raises(DrawError, match="officers have no field 'colour': they have department, officer_no"):
        directories.take_rows(joined, "officers", [{"colour": "red"}], actor="wang", now=NOON)
    taken = directories.take_rows(joined, "officers", [{"department": "police", "officer_no": "P9", "name": "王",
                                                        "can_lead": True, "daily_visits": 99}], actor="wang", now=NOON)
    assert [row["column"] for row in taken.rejected] == ["daily_visits"]


def test_the_commands_import_create_freeze_draw_and_show(dsn: str, monkeypatch: pytest.MonkeyPatch,
                                                         tmp_path: Path) -> None:
    today = legal_day(dt.datetime.now(dt.UTC))
    with Database(dsn) as db:
        store(db, city(21, units=30, officers=6, day=today))
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(joint_draws.joint_draws, arguments, catch_exceptions=True, standalone_mode=False)

    for noun, text in (("departments", DEPARTMENTS), ("officers", OFFICERS), ("objects", OBJECTS)):
        (tmp_path / f"{noun}.csv").write_text(text, encoding="utf-8")
        done = run("import", noun, str(tmp_path / f"{noun}.csv"))
        assert done.return_value == (2 if noun == "objects" else 0)
    told = run("create", "--title", "联合", "--item", "旅馆业", "--launching", "police", "--with", "fire",
               "--visits", "2", "--from", str(today), "--to", str(today + dt.timedelta(days=20))).output
    number = re.search(r"(LH\S+):", told)[1]
    assert "not frozen yet" in str(run("draw", number).exception)
    assert "commitment" in run("freeze", number, "--entropy", "witness").output
    assert "status: drawn" in run("draw", number, "--witness", "5").output
    assert number in run("list").output
    assert "police" in run("show", number).output
