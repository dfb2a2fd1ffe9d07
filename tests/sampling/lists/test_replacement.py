"""Replacements: a new draw with a reason, chained to the first; nothing is edited."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from casework.errors import AlreadyDone
from huoyan.commands import draws
from sampling import chain, entropy, estimates, lift, verify
from sampling import draw as daily
from sampling import freeze as freezing
from sampling.errors import DrawError
from sampling.frames import View
from sampling.lists import drawing, replacement
from sampling.lists.replacement import Asked
from store import Database
from tests.sampling.lists.town import EVENING, MONDAY, MORNING, NOON, TUESDAY, bundle, drawn_town, replaceable, visits


def closed(visit: dict) -> Asked:
    return Asked("closed", "卷帘门已上锁，电话无人接听", inspection_no=visit["inspection_no"])


@pytest.fixture
def town(db: Database) -> Database:
    drawn_town(db)
    return db


def test_a_closed_shop_is_replaced_by_one_of_its_stratum_and_stays_due(town: Database) -> None:
    first = replaceable(town)
    (told,) = replacement.run(town, closed(first), NOON, actor="wang")
    assert told["status"] == "drawn"
    assert told["draw_no"] == f"R{MONDAY:%Y%m%d}-01"
    old, new = (next(v for v in visits(town) if v["draw_no"] == no and (no != first["draw_no"] or v["unit_no"] ==
                     first["unit_no"])) for no in (first["draw_no"], told["draw_no"]))
    assert old["status"] == "cancelled"
    assert "卷帘门已上锁" in old["note"]
    assert told["draw_no"] in old["note"]
    assert (new["kind"], new["arm"], new["planned_on"], new["draw_probability"]) == ("draw", first["arm"], MONDAY, None)
    assert new["unit_no"] not in {v["unit_no"] for v in visits(town) if v["draw_no"] == first["draw_no"]}
    assert len(set(new["officers"])) == 2
    view = View(json.loads(bytes(town.row("select frame from draws where kind = 'daily'")["frame"])))
    assert view.stratum(view.find(new["unit_no"])) == view.stratum(view.find(first["unit_no"]))
    row = town.row("select stands_for, replaces from list_visits")
    assert row == {"stands_for": first["unit_no"], "replaces": first["inspection_id"]}
    status, text = verify.check(bundle(town, told["draw_no"]), told["commitment"],
                                [bundle(town, first["draw_no"])])
    assert (status, "linked with 1 other" in text) == (0, True), text
    assert [agrees for _, agrees, _ in chain.check(town)] == [True, True]
    freezing.run(town, TUESDAY, NOON)
    again = View(json.loads(bytes(town.row("select frame from draws where draw_date = %s", [TUESDAY])["frame"])))
    assert again.row(again.find(first["unit_no"]))["excluded"] is None


def test_a_replacement_that_is_closed_too_is_replaced_from_what_is_left(town: Database) -> None:
    first = replaceable(town)
    (one,) = replacement.run(town, closed(first), NOON, actor="wang")
    (second,) = [v for v in visits(town) if v["draw_no"] == one["draw_no"]]
    (two,) = replacement.run(town, closed(second), NOON, actor="wang")
    (third,) = [v for v in visits(town) if v["draw_no"] == two["draw_no"]]
    assert third["unit_no"] not in {first["unit_no"], second["unit_no"]}
    assert all(agrees for _, agrees, _ in chain.check(town))


def test_an_officer_who_fell_ill_is_left_out_and_the_units_stay(town: Database) -> None:
    town.rows("update officers set daily_visits = 4 returning 1")
    before = visits(town)
    ill = before[0]["officers"][0]
    theirs = [visit for visit in before if ill in visit["officers"]]
    (told,) = replacement.run(town, Asked("officer_ill", "发热", officer_no=ill), NOON, actor="wang")
    new = [visit for visit in visits(town) if visit["draw_no"] == told["draw_no"]]
    assert {visit["unit_no"] for visit in new} == {visit["unit_no"] for visit in theirs}
    by_unit = {visit["unit_no"]: visit for visit in theirs}
    for visit in new:
        assert ill not in visit["officers"]
        was = by_unit[visit["unit_no"]]
        assert (visit["arm"], visit["draw_probability"]) == (was["arm"], was["draw_probability"])
    assert {visit["status"] for visit in visits(town) if ill in visit["officers"]} == {"cancelled"}
    assert verify.check(bundle(town, told["draw_no"]))[0] == 0
    assert all(agrees for _, agrees, _ in chain.check(town))
    told = town.rows("select action, entity_id from audit_log where action in ('replace', 'cancelled')")
    assert len(told) == 2 * len(theirs)


def test_what_other_officers_find_is_still_the_drawn_unit_s_result(town: Database) -> None:
    town.rows("update officers set daily_visits = 4 returning 1")
    before = {visit["inspection_id"]: visit for visit in visits(town) if visit["arm"] == "random"}
    first = next(iter(before.values()))
    (told,) = replacement.run(town, Asked("officer_ill", "发热", officer_no=first["officers"][0]), NOON, actor="wang")
    stands = next(v for v in visits(town) if v["draw_no"] == told["draw_no"] and v["unit_no"] == first["unit_no"])
    # Visits of two draws wait for the second officer, and the draws share those who are left.
    again = replacement.run(town, Asked("officer_ill", "受伤", officer_no=stands["officers"][0]), NOON, actor="wang")
    assert {row["status"] for row in again} == {"drawn"}
    town.rows("""update inspections set status = 'done', result = 'hazards_ordered', inspected_on = planned_on
                 where status = 'planned' returning 1""")
    with town.connection() as connection:
        rows = connection.execute(lift.q["random_results"], {"first": MONDAY, "day": TUESDAY}).fetchall()
        daily = connection.execute("select draw_id from draws where kind = 'daily'").fetchone()
        assert daily is not None
        seen = connection.execute(estimates.q["visits"], {"draws": [daily["draw_id"]]}).fetchall()
    assert len(rows) == len(before)
    assert {row["status"] for row in seen} == {"done"}
    assert len(seen) == len([visit for visit in visits(town) if visit["draw_no"] == first["draw_no"]])


def test_asked_again_it_is_the_same_and_two_at_once_make_one(town: Database) -> None:
    first = replaceable(town)
    gate, found, problems = threading.Barrier(2), [], []

    def work() -> None:
        gate.wait()
        try:
            found.append(replacement.run(town, closed(first), NOON, actor="wang")[0])
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert len({told["record_hash"] for told in found}) == 1
    again = replacement.run(town, closed(first), NOON, actor="wang")[0]
    assert "already" in again["note"]
    assert town.row("select count(*) as n from draws where kind = 'replacement'") == {"n": 1}


def test_a_crash_between_freeze_and_draw_leaves_no_half_and_the_next_run_draws_what_was_frozen(
        town: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first = replaceable(town)

    def crash(connection, **fields):
        connection.execute("select pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(drawing, "plan_visit", crash)
    with pytest.raises(psycopg.OperationalError):
        replacement.run(town, closed(first), NOON, actor="wang")
    monkeypatch.undo()
    held = town.row("select draw_no, status, commitment from draws where kind = 'replacement'")
    assert held["status"] == "frozen"
    assert replaceable(town)["status"] == "planned"
    (told,) = replacement.run(town, closed(first), NOON, actor="wang")
    assert (told["draw_no"], told["commitment"], told["status"]) == (held["draw_no"], held["commitment"], "drawn")


REFUSED = [
    (Asked("bored", "x", inspection_no="J1"), "is no reason for a replacement"),
    (Asked("closed", " ", inspection_no="J1"), "say the reason"),
    (Asked("closed", "x", officer_no="O001"), "is about a unit"),
    (Asked("officer_ill", "x", inspection_no="J1"), "is about an officer"),
    (Asked("closed", "x", inspection_no="J1"), "there is no inspection J1"),
    (Asked("officer_ill", "x", officer_no="nobody"), "there is no officer nobody"),
    (Asked("officer_ill", "x", officer_no="O000", day=TUESDAY), "no drawn visit waits"),
]


def test_what_can_t_be_replaced_is_one_sentence(town: Database) -> None:
    for asked, sentence in REFUSED:
        with pytest.raises(Exception, match=sentence):
            replacement.run(town, asked, NOON, actor="wang")
    assert town.row("select count(*) as n from draws") == {"n": 1}


def test_a_visit_that_is_done_or_of_another_area_is_not_replaced(town: Database) -> None:
    first = replaceable(town)
    with pytest.raises(Exception, match="there is no inspection"):
        replacement.run(town, closed(first), NOON, actor="wang", areas=["990101999"])
    town.rows("update inspections set status = 'done', inspected_on = planned_on where inspection_id = %s returning 1",
              [first["inspection_id"]])
    with pytest.raises(AlreadyDone):
        replacement.run(town, closed(first), NOON, actor="wang")


def test_where_nobody_else_is_there_it_says_how_many_visits_can_be_made(db: Database) -> None:
    first = drawn_town(db, officers=2)[0]
    with pytest.raises(DrawError, match="no two officers who may go there have room"):
        replacement.run(db, Asked("officer_ill", "发热", first["inspection_no"], first["officers"][0]), NOON, actor="w")


def test_an_old_chain_with_one_link_a_day_asks_for_witnesses(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entropy, "rules", type("Book", (), {"value": lambda *_: 1}))
    drawn_town(db)
    first = replaceable(db)
    assert "per_day" not in db.row("select entropy from draws")["entropy"][0]
    with pytest.raises(DrawError, match="one link a day, and it is the daily draw's: name witness or beacon"):
        replacement.run(db, closed(first), NOON, actor="wang")
    (told,) = replacement.run(db, closed(first), NOON, actor="wang", entropy=["witness"])
    assert (told["status"], told["waits_for"]) == ("frozen", ["witness"])
    with pytest.raises(DrawError, match="waits for its witness"):
        replacement.draw(db, told["draw_no"], NOON, None, actor="wang")
    replacement.draw(db, told["draw_no"], NOON, {"witness": "7 8 9"}, actor="wang")
    assert all(agrees for _, agrees, _ in chain.check(db))


def test_the_links_of_a_day_run_out_and_a_daily_draw_is_not_frozen_under_an_open_link(town: Database) -> None:
    sources = [row["entropy"][0] for row in town.rows("select entropy from draws")]
    assert sources[0]["index"] == 16 * MONDAY.timetuple().tm_yday
    first = replaceable(town)
    replacement.run(town, closed(first), NOON, actor="wang")
    with town.connection() as connection:
        (source,) = entropy.plan_list(connection, MONDAY, ["chain"])
        assert source["index"] == sources[0]["index"] + 2
        assert entropy.later_link(connection, MONDAY) is not None
        assert entropy.later_link(connection, TUESDAY) is None
    daily.run(town, TUESDAY, NOON)
    with town.connection() as connection, pytest.raises(DrawError, match="the seed could be known"):
        entropy.plan_list(connection, MONDAY, ["chain"])
    assert all(agrees for _, agrees, _ in chain.check(town))
    assert EVENING < MORNING


def test_the_commands_replace_show_and_verify(dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    today = dt.datetime.now(dt.UTC).date()
    with Database(dsn) as db:
        drawn_town(db)
        first = replaceable(db)
        # The command replaces visits of today; this one stands on the list of its draw whatever day that was.
        db.rows("update inspections set planned_on = %s where inspection_id = %s returning 1",
                [today + dt.timedelta(days=1), first["inspection_id"]])
        with db.connection() as connection:
            entropy.new_year(connection, today.year)
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(draws.draw, arguments, catch_exceptions=True, standalone_mode=False)

    told = run("replace", "--inspection", first["inspection_no"], "--reason", "closed", "--text", "已停业", "--entropy",
               "witness").output
    assert "waits_for: witness" in told
    number = re.search(r"draw_no: (R\S+)", told)[1]
    assert "waits for its witness" in str(run("list", number).exception)
    assert "status: drawn" in run("list", number, "--witness", "3 17 42").output
    assert number in run("lists", "--kind", "replacement").output
    file = tmp_path / "list.json"
    shown = run("show-list", number, "--bundle", str(file)).output
    assert "closed: 已停业" in shown
    assert verify.main([str(file), "--commitment", re.search(r"commitment +(\S+)", shown)[1]]) == 0
    assert "there is no list draw R1" in str(run("show-list", "R1").exception)
