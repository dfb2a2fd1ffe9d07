"""What a town may do on a day: each gate refuses, and lets pass once what was missing is there."""

from __future__ import annotations

import datetime as dt

import pytest

from casework import penalties
from casework.delegation import BeyondPower, NotFit, acts, agreements, duty_lists, referrals
from casework.enforcement import case_forms, cases, measure_forms, measures
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import HazardFound, NewVisit, ResultForm
from casework.results import Recorded, record_result
from policy.clocks import SHANGHAI, last_moment
from store import Database
from tests.casework.city import DAY, SHEET, build_city, moment
from tests.casework.towns import BRIGADE, SIGNED, TOWN, delegate, prepare

NOW = moment(DAY, 20)
TEAM = (("T1", "lead"), ("T2", "member"))


def visit(db: Database, unit: str = "U2", *items: str, day: dt.date = DAY, team: tuple[tuple[str, str], ...] = TEAM,
          now: dt.datetime = NOW, hour: int = 9, kind: str = "daily", login: bool = False) -> Recorded:
    """A visit of the town that orders each item to be corrected in a week."""
    hazards = tuple(HazardFound(item, "ordered", day + dt.timedelta(days=7), None, False, None) for item in items)
    form = ResultForm(moment(day, hour), moment(day, hour + 1), "hazards_ordered" if items else "pass", hazards, team,
                      sheet=SHEET)
    return record_result(db, NewVisit(unit, kind), form, "wang", now=now, town_login=login)


def referred(db: Database) -> list[tuple[str, str, str]]:
    return [(row["reason"], row["owner_code"], row["state"]) for row in
            db.rows("select reason, owner_code, state from referrals order by referral_id")]


@pytest.fixture
def town(db: Database) -> Database:
    """The small district with an agreement of its town, whose two officers may act."""
    build_city(db)
    delegate(db)
    prepare(db, "T1", "T2")
    return db


@pytest.mark.row(4, 11, 103)
def test_a_town_with_an_agreement_inspects_orders_and_has_one_officer_who_answers(town: Database) -> None:
    made = visit(town, "U2", "exits.blocked")
    act = town.row("select * from town_acts")
    assert act
    assert (act["ref"], act["regime"], act["town_code"], act["responsible"], act["act"], act["item_codes"]) == (
        made.inspection_no, "delegated", TOWN, "T1", "order", ["exits.blocked"])
    assert made.orders
    assert referred(town) == []


@pytest.mark.row(8, 22, 31)
def test_a_key_unit_is_refused_to_a_town_and_its_referral_is_made_once(town: Database) -> None:
    for _ in range(2):
        with pytest.raises(BeyondPower, match=r"key unit .* it was passed on as Y2026") as no:
            visit(town, "U1")
    assert no.value.zh
    assert town.rows("select from inspections") == []
    assert referred(town) == [("key_unit", TOWN, "sent")]
    visit(town, "U1", team=(("B1", "lead"), ("T2", "member")))
    assert town.rows("select from town_acts") == []


def test_an_entry_that_is_wrong_in_itself_leaves_no_referral(town: Database) -> None:
    def file(**changes: object) -> None:
        cases.file(town, case_forms.case_form({
            "unit_no": "U1", "filed_at": f"{DAY}T09:00", "regime": "delegated", "procedure": "ordinary",
            "article": "消防法 Art. 60", "facts": "安全出口上锁", "officers": ["T1", "T2"], **changes}), "w", now=NOW)

    for wrong, why in (({"inspection_no": "J0"}, "J0 is not one of unit U1"), ({"officers": ["T1", "T9"]}, "T9 is not"),
                       ({"offence_on": "2020-01-01"}, "punished no more")):
        with pytest.raises(CaseworkError, match=why):
            file(**wrong)
    assert referred(town) == []
    with pytest.raises(CaseworkError, match="no.such"):
        visit(town, "U1", "no.such")
    with pytest.raises(CaseworkError, match="T9 is not in the register"):
        visit(town, "U1", team=(("T1", "lead"), ("T9", "member")))
    seal = {"unit_no": "U1", "kind": "seal", "began_at": f"{DAY}T16:00", "ground": "exits", "scope": "一层",
            "officers": ["T1", "T2"], "until_on": str(DAY)}
    with pytest.raises(NotFound, match="J0"):
        measures.impose(town, measure_forms.measure_form({**seal, "inspection_no": "J0"}), "wang", now=NOW)
    assert referred(town) == []
    with pytest.raises(BeyondPower, match="passed on as Y2026"):
        file()
    assert referred(town) == [("key_unit", TOWN, "sent")]


@pytest.mark.row(2)
def test_an_item_outside_the_list_of_that_day_is_refused_until_a_version_has_it(town: Database) -> None:
    with pytest.raises(BeyondPower, match=r"item alarm\.broken is not in the list .* on 2026-03-12 .* Art\. 20"):
        visit(town, "U2", "exits.blocked", "alarm.broken")
    assert referred(town) == [("item_not_listed", TOWN, "sent")]
    number = town.rows("select agreement_no from agreements")[0]["agreement_no"]
    assert agreements.set_scope(town, number, DAY, ["exits.blocked", "alarm.broken"], "brigade") == 2
    visit(town, "U2", "alarm.broken")
    with pytest.raises(BeyondPower, match=r"item alarm\.broken is not in the list"):
        visit(town, "U2", "alarm.broken", day=DAY - dt.timedelta(days=1))
    with pytest.raises(BeyondPower, match=r"item signs\.missing is not in the list"):
        visit(town, "U2", "signs.missing", hour=13)


@pytest.mark.row(188)
@pytest.mark.parametrize(("kind", "word"), [("taken_back", "taken back"), ("assist", "only assists")])
def test_an_item_taken_back_can_not_be_used_from_its_day_on(town: Database, kind: str, word: str) -> None:
    duty_lists.put(town, BRIGADE, "exits.blocked", "basic", SIGNED, "清单", "brigade")
    duty_lists.put(town, BRIGADE, "exits.blocked", kind, DAY, "清单", "brigade")
    visit(town, "U2", "exits.blocked", day=DAY - dt.timedelta(days=1))
    with pytest.raises(BeyondPower, match=f"exits.blocked .*{word}.* 2026-03-12"):
        visit(town, "U2", "exits.blocked")
    duty_lists.put(town, TOWN, "exits.blocked", "basic", DAY, "本镇保留", "brigade")
    visit(town, "U2", "exits.blocked")
    with pytest.raises(AlreadyDone):
        duty_lists.put(town, TOWN, "exits.blocked", "basic", DAY, "again", "brigade")


@pytest.mark.row(11)
def test_nothing_is_done_after_the_last_day_of_an_agreement_and_again_under_the_next(db: Database) -> None:
    build_city(db)
    prepare(db, "T1", "T2")
    delegate(db, signed_on=dt.date(2025, 3, 12), agreement_no="OLD")
    late = DAY + dt.timedelta(days=1)
    visit(db, "U2", day=DAY - dt.timedelta(days=1))
    with pytest.raises(BeyondPower, match=r"agreement OLD .* ended on 2026-03-11, .* Art\. 20"):
        visit(db)
    assert referred(db) == [("no_agreement", TOWN, "sent")]
    delegate(db, signed_on=DAY, from_day=late)
    with pytest.raises(BeyondPower, match="begins on 2026-03-13|ended on 2026-03-11"):
        visit(db)
    visit(db, "U2", day=late, now=moment(late, 20))


@pytest.mark.row(15)
def test_after_termination_new_acts_are_refused_and_old_ones_stay(town: Database) -> None:
    yesterday = DAY - dt.timedelta(days=1)
    made = visit(town, "U2", day=yesterday)
    number = town.rows("select agreement_no from agreements")[0]["agreement_no"]
    with pytest.raises(CaseworkError, match="say the reason"):
        agreements.terminate(town, number, DAY, "", "brigade", NOW)
    agreements.terminate(town, number, DAY, "重大过错", "brigade", NOW)
    with pytest.raises(BeyondPower, match=f"agreement {number} of town {TOWN} was terminated on {DAY}"):
        visit(town)
    with pytest.raises(AlreadyDone, match="terminated"):
        agreements.set_scope(town, number, DAY, ["exits.blocked"], "brigade")
    with town.connection() as connection:
        assert acts.one(connection, "inspection", made.inspection_no)["agreement_no"] == number
    assert not town.rows("select from clocks where done_at is null and dropped_at is null and noun = 'agreement'")


@pytest.mark.row(5, 6, 111)
def test_an_officer_acts_from_the_day_of_the_pass_and_the_training_on(db: Database) -> None:
    build_city(db)
    delegate(db)
    prepare(db, "T1")
    yesterday = DAY - dt.timedelta(days=1)
    with pytest.raises(NotFit, match=r"T2 .* no training before the post .*二\(二\)"):
        visit(db)
    with db.connection() as connection:
        connection.execute("insert into training_days (officer_no, kind, held_on, hours, days, topic, made_by)"
                           " values ('T2', 'pre_post', %s, 8, 1, 'x', 'x')", [yesterday])
    with pytest.raises(NotFit, match="T2 .* has not passed the assessment"):
        visit(db)
    with db.connection() as connection:
        connection.execute("insert into officer_passes (officer_no, assessed_on, passed, assessed_by, made_by)"
                           " values ('T2', %s, false, 'x', 'x'), ('T2', %s, true, 'x', 'x')", [yesterday, DAY])
    with pytest.raises(NotFit, match=f"T2 can't act at unit U2 on {yesterday}: has not passed"):
        visit(db, day=yesterday)
    visit(db)
    assert referred(db) == []


@pytest.mark.row(5, 7, 104)
def test_a_town_with_one_officer_takes_a_second_of_the_brigade_and_an_auxiliary_signs_nothing(town: Database) -> None:
    with pytest.raises(CaseworkError, match="the law asks for 2"):
        visit(town, team=(("T1", "lead"),))
    with pytest.raises(NotFit, match="T3 .* no enforcement certificate"):
        visit(town, team=(("T1", "lead"), ("T3", "member")))
    visit(town, team=(("T1", "lead"), ("B1", "member")))
    town.rows("update officers set certificate_to = '2026-03-11' where officer_no = 'T2' returning 1")
    with pytest.raises(NotFit, match="T2 .* certificate ended on 2026-03-11"):
        visit(town, hour=14)


def test_a_towns_login_enters_what_the_town_led(town: Database) -> None:
    with pytest.raises(NotFit, match="led"):
        visit(town, team=(("B1", "lead"), ("B2", "member")), login=True)
    visit(town, login=True)


@pytest.mark.row(103, 184)
def test_a_penalty_of_a_town_needs_the_power_and_runs_under_the_regime_of_its_day(db: Database) -> None:
    build_city(db)
    prepare(db, "T1", "T2")
    delegate(db)
    fine = penalties.penalty_form({"unit_no": "U2", "decided_on": str(DAY), "kind": "fine", "article": "消防法60",
                                   "amount_yuan": 6000, "officers": ["T1", "T2"]})
    with pytest.raises(BeyondPower, match=r"power fine was not given"):
        penalties.record_penalty(db, fine, "wang", now=NOW)
    assert referred(db) == [("no_power", TOWN, "sent")]
    seal = penalties.penalty_form({"unit_no": "U2", "decided_on": str(DAY), "kind": "seal", "article": "消防法54",
                                   "officers": ["T1", "T2"]})
    with pytest.raises(BeyondPower, match="power seal was not given"):
        penalties.record_penalty(db, seal, "wang", now=NOW)
    delegate(db, regime="empowered", powers=["inspect", "order", "warning", "fine"], item_codes=["alarm.broken"],
             signed_on=DAY)
    number = penalties.record_penalty(db, fine, "wang", now=NOW)
    act = db.row("select regime, responsible from town_acts where noun = 'penalty' and ref = %s", [number])
    assert act == {"regime": "empowered", "responsible": "T1"}
    with pytest.raises(CaseworkError, match="some of the items are delegated and others empowered"):
        visit(db, "U2", "exits.blocked", "alarm.broken")


@pytest.mark.row(16)
@pytest.mark.parametrize(("change", "sentence"), [
    ({"principal_code": TOWN}, "can't delegate on"), ({"town_code": BRIGADE}, "is not a town"),
    ({"powers": ["inspect", "seal"]}, r"seal stays with the brigade .*Art\. 17"), ({"powers": []}, "names the powers"),
    ({"item_codes": ["no.such"]}, "no.such is not in the catalogue"), ({"item_codes": []}, "names the items"),
    ({"to_day": "2027-01-05"}, r"ends by 2027-01-04 \(12 months"), ({"signed_on": "2027-01-01"}, "in the future"),
    ({"from_day": "2026-01-01"}, "before it was signed")])
def test_an_agreement_that_can_not_be_is_refused(db: Database, change: dict[str, object], sentence: str) -> None:
    build_city(db)
    with pytest.raises(CaseworkError, match=sentence) as refused:
        delegate(db, **change)
    assert refused.value.zh
    assert db.rows("select from agreements") == []


def test_one_agreement_of_a_regime_at_a_time_and_an_item_in_one_of_them(town: Database) -> None:
    with pytest.raises(AlreadyDone, match="end that before another begins"):
        delegate(town, signed_on=DAY)
    with pytest.raises(CaseworkError, match="delegated or empowered, not both"):
        delegate(town, regime="empowered", signed_on=DAY)
    delegate(town, regime="empowered", signed_on=DAY, item_codes=["alarm.broken"])


# 呼政办规〔2023〕3号 二(四): five working days from signing, the day of signing not counted.
@pytest.mark.row(12)
@pytest.mark.parametrize(("signed", "last"), [
    ("2026-02-13", "2026-02-27"),  # 14 Feb is a swapped Saturday, the New Year lasts from the 15th to the 23rd
    ("2025-09-29", "2025-10-13"),  # 1 to 8 October are holidays, Saturday the 11th works
    ("2026-03-02", "2026-03-09")])
def test_an_agreement_is_filed_within_five_working_days(db: Database, signed: str, last: str) -> None:
    build_city(db)
    number = delegate(db, signed_on=signed)
    until = last_moment(dt.date.fromisoformat(last))
    clocks = db.rows("select ref, due_at, body from clocks where rule = 'delegation.filing' order by ref")
    assert [(row["ref"], row["due_at"], row["body"]) for row in clocks] == [
        (f"{number}/brigade", until, "town"), (f"{number}/government", until, "town")]
    end, late = dt.date.fromisoformat(last), moment(dt.date(2026, 5, 1), 9)
    assert agreements.file(db, number, "government", end, "收件 7 号", "wang", late) is True
    assert agreements.file(db, number, "brigade", end + dt.timedelta(days=1), None, "wang", late) is False
    with pytest.raises(AlreadyDone):
        agreements.file(db, number, "brigade", end, None, "wang", late)


@pytest.mark.row(10, 14)
def test_an_order_of_a_town_that_a_reinspection_finds_uncorrected_goes_to_the_brigade_by_itself(town: Database) -> None:
    made = visit(town, "U2", "exits.blocked")
    due, after = DAY + dt.timedelta(days=7), DAY + dt.timedelta(days=8)
    visit(town, "U2", day=due, now=moment(due, 20), kind="reinspection")
    assert referred(town) == []
    visit(town, "U2", day=after, now=moment(after, 20), kind="reinspection")
    row = town.row("select reason, source_ref, to_code, item_codes, state from referrals")
    assert row == {"reason": "uncorrected", "source_ref": made.orders[0], "to_code": BRIGADE,
                   "item_codes": ["exits.blocked"], "state": "sent"}
    visit(town, "U2", day=after, now=moment(after, 20), kind="reinspection", hour=15)
    assert len(referred(town)) == 1


@pytest.mark.row(22, 30, 31)
def test_a_referral_has_one_owner_at_any_time_and_stays_with_the_first_until_it_is_accepted(town: Database) -> None:
    with town.connection() as connection:
        connection.execute("insert into areas values ('990102', '990000', 'district', '邻区')")
    with pytest.raises(BeyondPower):
        visit(town, "U1")
    number = town.rows("select referral_no from referrals")[0]["referral_no"]

    def box(name: str, area: str) -> list[str]:
        with town.connection() as connection:
            return [row["referral_no"] for row in referrals.listed(connection, areas=[area], box=name)]

    assert (box("out", TOWN), box("in", BRIGADE), box("owned", TOWN)) == ([number], [number], [number])
    referrals.give_back(town, number, "材料不齐", "brigade", NOW)
    assert (box("out", TOWN), box("in", BRIGADE)) == ([number], [])
    with pytest.raises(AlreadyDone, match="is returned"):
        referrals.accept(town, number, None, "brigade", NOW)
    referrals.send(town, number, "已补齐", "wang", NOW)
    assert referrals.accept(town, number, None, "brigade", NOW) is True
    assert (box("out", TOWN), box("in", BRIGADE), box("owned", TOWN), box("owned", BRIGADE)) == ([], [], [], [number])
    referrals.pass_on(town, number, "990102", "管辖", "brigade", NOW)
    assert (box("owned", BRIGADE), box("owned", "990102"), box("in", "990102")) == ([number], [], [number])
    referrals.give_back(town, number, "不属本区", "far", NOW)
    assert (box("owned", BRIGADE), box("in", "990102"), box("in", BRIGADE)) == ([number], [], [])
    referrals.close(town, number, "已立案", "brigade", NOW)
    assert box("owned", BRIGADE) == []
    with town.connection() as connection:
        steps = [row["step"] for row in referrals.one(connection, number)["steps"]]
    assert steps == ["sent", "returned", "sent", "accepted", "passed_on", "returned", "closed"]
    with pytest.raises(NotFound):
        referrals.send(town, "Y1", None, "x", NOW)


# 消防监督检查规定 Ch. 4: a police station transfers in writing within five working days.
@pytest.mark.parametrize(("found", "sent", "in_time"), [
    ("2026-02-13", "2026-02-27T23:59", True), ("2026-02-13", "2026-02-28T00:00", False)])
def test_a_police_station_transfers_an_unlicensed_place_within_five_working_days(
        db: Database, found: str, sent: str, in_time: bool) -> None:
    build_city(db)
    day, at = dt.date.fromisoformat(found), dt.datetime.fromisoformat(sent).replace(tzinfo=SHANGHAI)
    with db.connection() as connection:
        number = referrals.create(connection, referrals.ReferralForm(
            "unlicensed", None, "新街 7 号网吧", TOWN, "police_station", BRIGADE, day, send=False), "pol",
            moment(day, 9))
    assert referred(db) == [("unlicensed", TOWN, "found")]
    assert referrals.send(db, number, None, "pol", at) is in_time


@pytest.mark.row(25, 26)
def test_a_case_is_closed_with_its_recording_and_archived_within_thirty_days(town: Database) -> None:
    number = visit(town, "U2", "exits.blocked").inspection_no
    with pytest.raises(NotFit, match=r"no recording: .*三\(四\)"):
        acts.close(town, "inspection", number, DAY, "wang", NOW)
    with pytest.raises(CaseworkError, match="64 hexadecimal"):
        acts.set_video(town, "inspection", number, "a.mp4", "xyz", 60, "wang")
    acts.set_video(town, "inspection", number, "rec/a.mp4", "a" * 64, 1800, "wang")
    with pytest.raises(NotFit, match="not closed yet"):
        acts.archive(town, "inspection", number, DAY, "wang", NOW)
    with pytest.raises(NotFit, match=r"-G1 of the visit, to be corrected by 2026-03-19, is still open.*Art\. 20"):
        acts.close(town, "inspection", number, DAY, "wang", NOW)
    town.rows("update orders set closed_on = %s returning 1", [DAY + dt.timedelta(days=1)])
    with pytest.raises(NotFit, match=r"closed on 2026-03-13: its file can't be closed on 2026-03-12"):
        acts.close(town, "inspection", number, DAY, "wang", NOW)
    town.rows("update orders set closed_on = %s returning 1", [DAY])
    # 30 calendar days after 12 March end with 11 April.
    assert acts.close(town, "inspection", number, DAY, "wang", NOW) == last_moment(dt.date(2026, 4, 11))
    town.rows("update orders set closed_on = null returning 1")
    with pytest.raises(NotFit, match="is still open"):
        acts.archive(town, "inspection", number, DAY, "wang", NOW)
    # What the brigade took over is no longer the town's.
    with town.connection() as connection:
        referral = referrals.create(connection, referrals.ReferralForm(
            "uncorrected", None, "U2", TOWN, "town", BRIGADE, DAY, source=("order", f"{number}-G1")), "wang", NOW)
    with pytest.raises(NotFit, match="is still open"):
        acts.archive(town, "inspection", number, DAY, "wang", NOW)
    referrals.accept(town, referral, None, "brigade", NOW)
    late, last = dt.date(2026, 4, 12), dt.date(2026, 4, 11)
    assert acts.archive(town, "inspection", number, late, "wang", moment(late, 9)) is False
    with pytest.raises(AlreadyDone):
        acts.archive(town, "inspection", number, late, "wang", moment(late, 9))
    with town.connection() as connection:
        assert acts.one(connection, "inspection", number)["archived_late"] is True
    other = visit(town, "U2", hour=14).inspection_no
    acts.set_video(town, "inspection", other, "rec/b.mp4", "b" * 64, 60, "wang")
    acts.close(town, "inspection", other, DAY, "wang", NOW)
    assert acts.archive(town, "inspection", other, last, "wang", moment(last, 9)) is True


@pytest.mark.row(103, 109)
def test_a_seal_of_a_town_is_refused_and_goes_to_the_brigade(town: Database) -> None:
    form = measure_forms.measure_form({
        "kind": "seal", "unit_no": "U2", "began_at": "2026-03-12T16:00", "ground": "exits", "scope": "一层",
        "method": "封条", "until_on": "2026-04-10", "officers": ["T1", "T2"]})
    with pytest.raises(BeyondPower, match="power seal was not given"):
        measures.impose(town, form, "wang", now=NOW)
    assert referred(town) == [("no_power", TOWN, "sent")]
    assert town.rows("select from measures") == []
