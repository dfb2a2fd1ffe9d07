"""A visit of a joint draw is replaced by a new draw of those departments whose part in it failed."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from casework.errors import NotFound
from sampling import chain, verify
from sampling import freeze as freezing
from sampling.errors import DrawError
from sampling.lists import crews, joint, reading, replacement
from sampling.lists.replaced import Asked
from sampling.lists.selection import Selection
from store import Database
from tests.sampling.lists.conftest import SUNDAY_NOON
from tests.sampling.lists.town import EVENING, MONDAY, NOON, TUESDAY, bundle

Row = dict[str, Any]


@pytest.fixture
def drawn(joined: Database) -> tuple[Database, str]:
    """Nine of twelve objects on Monday, by three departments: whatever the seed, units of ours and others."""
    joined.rows("update joint_officers set daily_visits = 12, can_lead = true returning 1")
    joined.rows("update officers set daily_visits = 9 returning 1")
    data = {"title": "旅馆业联合抽查", "item": "旅馆业", "launching": "police", "first_day": MONDAY, "last_day": MONDAY,
            "visits": 9}
    made = joint.create(joined, data, Selection(), SUNDAY_NOON, actor="wang")
    frozen = joint.freeze(joined, made["list_no"], SUNDAY_NOON, actor="wang")
    joint.draw(joined, frozen["draw_no"], SUNDAY_NOON, None, actor="wang")
    return joined, frozen["draw_no"]


def shown(db: Database, draw_no: str) -> list[Row]:
    """The visits of a list, each with its teams by department."""
    with db.connection() as connection:
        rows = reading.one(connection, draw_no)["visits"]
    return [{**row, "by": {one["department"]: {one["lead"], one["second"]} for one in row["teams"]}} for row in rows]


def of_today(db: Database, draw_no: str, *, ours: bool) -> Row:
    return next(row for row in shown(db, draw_no) if (row["unit_id"] is not None) == ours)


def checked(db: Database, draw_no: str, first: str) -> Row:
    """The bundle of a replacement, after every verifier of ours has taken it."""
    content = bundle(db, draw_no)
    held = json.loads(content)
    between = [row["draw_no"] for row in db.rows("select draw_no from draws order by sequence")]
    status, text = verify.check(content, held["commitment"], [bundle(db, one) for one in between if one != draw_no])
    assert (status, f"linked with {len(between) - 1} other" in text) == (0, True), text
    assert first in between
    assert [sentence for _, agrees, sentence in chain.check(db) if not agrees] == []
    assert reading.check(db, draw_no) is None
    return held


def test_a_closed_object_is_replaced_by_another_of_the_list_with_officers_of_all_departments(
        drawn: tuple[Database, str]) -> None:
    db, first = drawn
    before = shown(db, first)
    for visit in (of_today(db, first, ours=True), of_today(db, first, ours=False)):
        asked = Asked("closed", "停业", visit["inspection_no"]) if visit["unit_id"] else Asked(
            "closed", "停业", draw_no=first, object_no=visit["object_no"])
        (told,) = replacement.run(db, asked, NOON, actor="wang")
        held = checked(db, told["draw_no"], first)
        assert [row["department"] for row in held["frame"]["departments"]] == ["police", "fire", "market"]
        (new,) = shown(db, told["draw_no"])
        assert new["object_no"] not in {row["object_no"] for row in before}
        assert (new["stands_for"], new["planned_on"]) == (visit["object_no"], MONDAY)
        assert set(new["by"]) == {"police", "fire", "market"}
        assert (new["inspection_id"] is None) == (new["unit_id"] is None)
        assert held["frame"]["policy"]["parameters"]["exclusions"] == ["closed"]
        again = replacement.run(db, asked, NOON, actor="wang")[0]
        assert told["draw_no"] in again["note"]
    drawn_twice = [row["object_no"] for no in db.rows("select draw_no from draws where kind = 'replacement'")
                   for row in shown(db, no["draw_no"])]
    assert len(set(drawn_twice)) == 2, "what a replacement drew is not drawn by the next"
    was = {row["object_no"]: row["replaced_by"] for row in shown(db, first)}
    assert sum(one is not None for one in was.values()) == 2
    unchanged = ("planned_on", "by", "inspection_id", "probability")
    assert [[row[name] for name in unchanged] for row in shown(db, first)] == [
        [row[name] for name in unchanged] for row in before]


def test_an_officer_of_ours_is_drawn_anew_and_the_teams_of_the_others_stand(drawn: tuple[Database, str]) -> None:
    db, first = drawn
    visit = of_today(db, first, ours=True)
    ill = visit["teams"][0]["lead"]
    assert visit["teams"][0]["department"] == "fire"
    theirs = [row for row in shown(db, first) if ill in row["by"]["fire"]]
    (told,) = replacement.run(db, Asked("officer_ill", "发热", officer_no=ill), NOON, actor="wang")
    held = checked(db, told["draw_no"], first)
    assert [row["department"] for row in held["frame"]["departments"]] == ["fire"]
    assert held["frame"]["of"]["draw_no"] == first
    new = {row["object_no"]: row for row in shown(db, told["draw_no"])}
    assert set(new) == {row["object_no"] for row in theirs}
    for was in theirs:
        now = new[was["object_no"]]
        assert ill not in now["by"]["fire"]
        assert {code: now["by"][code] for code in ("police", "market")} == {
            code: was["by"][code] for code in ("police", "market")}
        if was["inspection_id"]:
            rows = db.rows("select inspection_id, status from inspections where inspection_id = any(%s) order by 1",
                           [[was["inspection_id"], now["inspection_id"]]])
            assert [row["status"] for row in rows] == ["cancelled", "planned"]
            assert now["replaces_id"] == was["inspection_id"]
    with db.connection() as connection:
        standing = reading.one(connection, told["draw_no"])["standing"]
        assert [(row["department"], row["draw_no"]) for row in standing] == [("market", first), ("police", first)]
        loads = {one.officer_no: one.loads[0] for one in crews.crew(connection, "police", "公安", [MONDAY]).officers}
    assert sum(loads.values()) == 4 * 12 - 2 * 9, "a team that stands is on one visit and not on two"


def test_an_officer_of_another_department_is_drawn_anew_and_our_visit_is_not_touched(
        drawn: tuple[Database, str]) -> None:
    db, first = drawn
    visit = of_today(db, first, ours=True)
    (ill,) = [one["second"] for one in visit["teams"] if one["department"] == "police"]
    asked = Asked("officer_ill", "发热", visit["inspection_no"], ill, department="police")
    before = db.rows("select i.*, array(select officer_no || role from inspection_officers o where o.inspection_id ="
                     " i.inspection_id order by 1) from inspections i order by inspection_id")
    (told,) = replacement.run(db, asked, NOON, actor="wang")
    held = checked(db, told["draw_no"], first)
    assert [row["department"] for row in held["frame"]["departments"]] == ["police"]
    assert [team["department"] for team in held["result"]["visits"][0]["teams"]] == ["police"]
    assert before == db.rows("select i.*, array(select officer_no || role from inspection_officers o where"
                             " o.inspection_id = i.inspection_id order by 1) from inspections i order by inspection_id")
    (new,) = shown(db, told["draw_no"])
    assert ill not in new["by"]["police"]
    assert (new["by"]["fire"], new["by"]["market"]) == (visit["by"]["fire"], visit["by"]["market"])
    assert (new["inspection_id"], new["replaces_id"]) == (visit["inspection_id"], None)
    assert told["draw_no"] in replacement.run(db, asked, NOON, actor="wang")[0]["note"]
    # Ours falls ill too, and then nobody opens: each is of the visit as it has become.
    lead = next(one["lead"] for one in visit["teams"] if one["department"] == "fire")
    (second,) = replacement.run(db, Asked("officer_ill", "受伤", visit["inspection_no"], lead), NOON, actor="wang")
    assert checked(db, second["draw_no"], first)["frame"]["of"]["draw_no"] == told["draw_no"]
    (now,) = shown(db, second["draw_no"])
    assert (now["by"]["police"], now["by"]["market"]) == (new["by"]["police"], new["by"]["market"])
    with db.connection() as connection:
        standing = reading.one(connection, second["draw_no"])["standing"]
    assert {row["department"]: row["draw_no"] for row in standing} == {"police": told["draw_no"], "market": first}
    asked = Asked("closed", "停业", draw_no=first, object_no=visit["object_no"])
    (third,) = replacement.run(db, asked, NOON, actor="wang")
    frame = checked(db, third["draw_no"], first)["frame"]
    assert (frame["of"]["draw_no"], len(frame["departments"]), len(frame["objects"])) == (second["draw_no"], 3, 12)


def test_all_visits_of_their_officer_on_a_day_and_a_day_that_has_passed(drawn: tuple[Database, str]) -> None:
    db, first = drawn
    today = shown(db, first)
    ill = next(one["lead"] for one in today[0]["teams"] if one["department"] == "market")
    (told,) = replacement.run(db, Asked("officer_ill", "发热", officer_no=ill, department="market"), NOON, actor="wang")
    new = {row["object_no"]: row for row in shown(db, told["draw_no"])}
    assert set(new) == {row["object_no"] for row in today if ill in row["by"]["market"]}
    checked(db, told["draw_no"], first)
    # On Tuesday the visits of Monday are overdue: who was drawn for that day is not taken for this one unasked.
    late = of_today(db, first, ours=False)
    officer = next(one["lead"] for one in late["teams"] if one["department"] == "police")
    asked = Asked("officer_ill", "发热", draw_no=first, object_no=late["object_no"], officer_no=officer,
                  department="police")
    (later,) = replacement.run(db, asked, NOON + dt.timedelta(days=1), actor="wang")
    frame = checked(db, later["draw_no"], first)["frame"]
    assert frame["days"] == [str(TUESDAY)]
    assert [row["department"] for row in frame["departments"]] == ["police", "fire", "market"]


def test_what_can_t_be_replaced_is_one_sentence_and_leaves_nothing(drawn: tuple[Database, str]) -> None:
    db, first = drawn
    visit = of_today(db, first, ours=False)
    here = {"draw_no": first, "object_no": visit["object_no"]}
    for asked, sentence in (
            (Asked("closed", "x", draw_no=first), "by list draw and object together"),
            (Asked("closed", "x", draw_no=first, object_no="H99"), "there is no visit to H99"),
            (Asked("officer_ill", "x", officer_no="nobody", **here), "officer nobody is not on the visit"),
            (Asked("officer_ill", "x", officer_no="P0", department="navy"), "there is no officer P0 of navy"),
            (Asked("officer_ill", "x", officer_no="P0", department="police", day=MONDAY + dt.timedelta(days=9)),
             "no drawn visit waits")):
        with pytest.raises(Exception, match=sentence):
            replacement.run(db, asked, NOON, actor="wang")
    with pytest.raises(NotFound, match="there is no visit"):
        replacement.run(db, Asked("closed", "x", **here), NOON, actor="wang", areas=["990101999"])
    db.rows("update joint_officers set daily_visits = 0 where department = 'market' returning 1")
    with pytest.raises(DrawError, match="none of the 12 objects"):
        replacement.run(db, Asked("closed", "x", **here), NOON, actor="wang")
    assert db.row("select count(*) as n from draws where kind = 'replacement'") == {"n": 0}


def test_an_officer_of_ours_at_an_object_that_is_no_unit_has_that_much_less_room_on_the_day(
        drawn: tuple[Database, str]) -> None:
    db, first = drawn
    freezing.run(db, MONDAY, EVENING)
    frame = json.loads(bytes(db.row("select frame from draws where kind = 'daily'")["frame"]))
    rooms = {row["officer_no"]: row["load"] for row in frame["officers"]}
    full = {row["officer_no"]: row["daily_visits"] for row in db.rows("select officer_no, daily_visits from officers")}
    for officer, load in rooms.items():
        visits = sum(officer in row["by"]["fire"] for row in shown(db, first))
        assert load in (0, full[officer] - visits)
    assert any(row["unit_id"] is None for row in shown(db, first))
