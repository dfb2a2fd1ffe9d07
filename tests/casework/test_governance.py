"""Areas of risk, control rooms, responsibility, the coordination group, interviews, checklists and assessment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from casework import penalties
from casework.delegation import street_enforcement
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import HazardFound, NewVisit, ResultForm
from casework.governance import (
    areas,
    assessment,
    checklists,
    control_rooms,
    coordination,
    interviews,
    responsibility,
)
from casework.reports import report, text_entry
from casework.reports.period import Period
from casework.results import record_result
from policy import rules
from store import Database
from tests.casework.city import PHOTO, SHEET, build_city, moment
from tests.casework.enforcing import SHA, VIDEO, Clerk, fine
from tests.casework.towns import delegate, prepare
from tests.servers.databases import Server

DAY = dt.date(2026, 5, 6)
NOW = moment(DAY, 20)
TOWN, BRIGADE = "990101001", "990101"


@pytest.fixture(scope="module")
def city(servers: Callable[[str], Server]) -> Iterator[Database]:
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        build_city(opened)
        yield opened


def later(days: int) -> dt.datetime:
    return NOW + dt.timedelta(days=days)


def visit(db: Database, unit: str, day: dt.date, *items: str, handling: str = "corrected_on_spot",
          kind: str = "campaign", hour: int = 9) -> str:
    hazards = tuple(HazardFound(item, handling, day + dt.timedelta(days=7) if handling == "ordered" else None)
                    for item in items)
    result = "pass" if not items else "hazards_ordered" if handling == "ordered" else "hazards_corrected"
    return record_result(db, NewVisit(unit, kind), ResultForm(
        moment(day, hour), moment(day, hour + 1), result, hazards, officers=(("B1", "lead"), ("B2", "member")),
        sheet=SHEET, evidence=(PHOTO,)), "clerk", now=moment(day, 22)).inspection_no


def put_area(db: Database, now: dt.datetime = NOW, **fields: Any) -> str:
    form = areas.area_form({"kind": "high_risk", "area_code": TOWN, "name": "老城片区", "basis": "安委会文件 1 号",
                            "unit_nos": ["U1", "U2"], **fields}, now.date())
    return areas.put(db, form, "head", now=now)


def named(db: Database, day: dt.date, state: str = "listed") -> list[str]:
    with db.connection() as connection:
        return [row["name"] for row in areas.on(connection, day, state=state)]


@pytest.mark.row(64)
def test_the_areas_of_high_risk_of_a_past_day_are_computed_again(city: Database) -> None:
    first = put_area(city, boundary=[[106.5, 29.5], [106.6, 29.5], [106.6, 29.6]])
    second = put_area(city, now=later(10), name="工业园")
    before = named(city, DAY + dt.timedelta(days=5))
    assert before == ["老城片区"]
    areas.end(city, first, DAY + dt.timedelta(days=20), "整治完成", "head", now=later(20))
    assert named(city, DAY + dt.timedelta(days=19)) == ["老城片区", "工业园"]
    assert named(city, DAY + dt.timedelta(days=20)) == ["工业园"]
    assert named(city, DAY + dt.timedelta(days=20), "all") == ["老城片区", "工业园"]
    with pytest.raises(CaseworkError, match="a list of a past day stays as it was") as no:
        put_area(city, now=later(20), name="补录", from_day="2026-05-01")
    assert no.value.zh
    with pytest.raises(CaseworkError, match="ends today or later"):
        areas.end(city, second, DAY + dt.timedelta(days=12), "补录", "head", now=later(20))
    assert named(city, DAY + dt.timedelta(days=5)) == before
    with pytest.raises(AlreadyDone, match="工业园 is listed"):
        put_area(city, now=later(20), name="工业园")
    with pytest.raises(NotFound, match="U9 does not lie in area"):
        put_area(city, name="x", unit_nos=["U9"])
    with pytest.raises(CaseworkError, match="corners"):
        put_area(city, name="x", boundary=[[0, 0], [200, 0], [1, 1]])


@pytest.mark.row(198)
def test_an_area_hazard_ends_when_every_unit_has_a_result_and_none_stands(city: Database) -> None:
    number = put_area(city, kind="area_hazard", name="电缆井", unit_nos=["U1", "U2", "U3"])
    with pytest.raises(CaseworkError, match="3 units without a result, U1 among them") as no:
        areas.end(city, number, DAY, "完成", "head", now=NOW)
    assert "没有检查结果" in no.value.zh
    visit(city, "U1", DAY)
    visit(city, "U2", DAY, "signs.missing")
    made = visit(city, "U3", DAY, "exits.blocked", handling="ordered")
    with city.connection() as connection:
        found = {row["unit_no"]: row["result"] for row in areas.one(connection, number)["units"]}
    assert found == {"U1": "none", "U2": "treated", "U3": "hazards_open"}
    with pytest.raises(CaseworkError, match="1 units with hazards that stand, U3 among them"):
        areas.end(city, number, DAY, "完成", "head", now=NOW)
    city.rows("update hazards set corrected_on = found_on where inspection_id = "
              "(select inspection_id from inspections where inspection_no = %s) returning 1", [made])
    areas.end(city, number, DAY + dt.timedelta(days=1), "全部治理", "head", now=later(1))


@pytest.mark.row(97)
def test_a_control_room_is_covered_when_everyone_on_duty_holds_a_certificate(city: Database) -> None:
    def put(name: str, **fields: Any) -> int:
        return control_rooms.put(city, {"unit_no": "U1", "name": name, "from_day": "2026-05-01", **fields}, "u",
                                 now=NOW)

    def share(day: dt.date = DAY) -> tuple[int, int, bool]:
        with city.connection() as connection:
            (row,) = control_rooms.coverage(connection, day, unit_no="U1")
        return row["certified"], row["on_duty"], row["enough"]

    put("甲某", certificate_no="Z1", certified_on="2020-01-01")
    untrained = put("乙某")
    assert share() == (1, 2, False)
    with city.connection() as connection:
        assert [row["unit_no"] for row in control_rooms.coverage(connection, DAY, state="short")] == ["U1"]
    control_rooms.leave(city, untrained, DAY, "u", now=NOW)
    tomorrow = DAY + dt.timedelta(days=1)
    assert (share(), share(tomorrow)) == ((1, 2, False), (1, 1, True))
    put("丙某", certificate_no="Z2", certified_on="2021-01-01", valid_to="2026-05-10")
    assert share(dt.date(2026, 5, 10)) == (2, 2, True)
    assert share(dt.date(2026, 5, 11)) == (1, 2, False)
    with pytest.raises(CaseworkError, match="number and the day it was given"):
        put("丁某", certificate_no="Z9")
    with pytest.raises(AlreadyDone, match="on duty at unit U1 already"):
        put("甲某", certificate_no="Z1", certified_on="2020-01-01")


@pytest.mark.row(170)
def test_a_campaign_about_certificates_counts_them_by_outcome_and_a_false_one_certifies_nobody(city: Database) -> None:
    themes = [one["code"] for one in rules().value("draw.list.themes", DAY)]
    assert "agencies" in themes
    city.rows("insert into draw_lists (list_no, kind, title, theme, selection, first_day, last_day, drawn_by, made_by, "
              "made_at) values ('ZX20260506-01', 'campaign', '资格证书专项', 'agencies', '{}', %s, %s, 'chance', 'x', "
              "now()) returning 1", [DAY, DAY])
    control_rooms.put(city, {"unit_no": "U2", "name": "戊某", "certificate_no": "Z7", "certified_on": "2020-01-01",
                             "from_day": "2026-05-01"}, "u", now=NOW)

    def check(number: str, outcome: str, list_no: str = "ZX20260506-01") -> None:
        control_rooms.check(city, {"unit_no": "U2", "certificate_no": number, "outcome": outcome, "list_no": list_no,
                                   "checked_on": "2026-05-05"}, "u", now=NOW)

    with pytest.raises(NotFound, match="no campaign ZX0"):
        check("Z7", "false", "ZX0")
    check("Z7", "false")
    check("Z8", "valid")
    with pytest.raises(AlreadyDone, match="Z7 was checked"):
        check("Z7", "valid")
    with city.connection() as connection:
        assert control_rooms.counted(connection, "ZX20260506-01") == {"checked": 2, "valid": 1, "expired": 0,
                                                                      "false": 1, "lent": 0}
        duty = {day: [row["certified"] for row in control_rooms.on_duty(connection, _unit(city, "U2"), day)]
                for day in (dt.date(2026, 5, 4), dt.date(2026, 5, 5))}
    assert duty == {dt.date(2026, 5, 4): [True], dt.date(2026, 5, 5): [False]}


def _unit(db: Database, number: str) -> int:
    row = db.row("select unit_id from units where unit_no = %s", [number])
    assert row
    return int(row["unit_id"])


@pytest.mark.row(106)
def test_no_unit_is_without_a_body_once_the_matrix_covers_all(city: Database) -> None:
    def nobody(day: dt.date = DAY) -> tuple[int, list[str]]:
        with city.connection() as connection:
            found = [row["unit_no"] for row in responsibility.without(connection, day)]
            told = responsibility.matrix(connection, day)
        assert sum(row["units"] for row in told["rows"]) == told["units"] == 3
        return told["nobody"], found

    def put(**fields: Any) -> int:
        return responsibility.put(city, {"area_code": BRIGADE, "basis": "责任清单", **fields}, "head", now=NOW)

    assert nobody() == (3, ["U1", "U2", "U3"])
    put(body="brigade", is_key=True)
    put(body="town", area_code=TOWN, unit_kind="restaurant")
    assert nobody() == (1, ["U3"])
    assigned = put(body="department", department="住建局", unit_kind="office")
    put(body="police_station", unit_kind="office", is_key=False)
    assert nobody() == (0, [])
    with city.connection() as connection:
        told = responsibility.matrix(connection, DAY)
        assert {row["kind"]: (row["brigade"], row["town"], row["department"], row["police_station"])
                for row in told["rows"]} == {"mall": (1, 0, 0, 0), "restaurant": (0, 1, 0, 0), "office": (0, 0, 1, 1)}
        assert [row["body"] for row in responsibility.of_unit(connection, _unit(city, "U3"), DAY)] == [
            "department", "police_station"]
    assert nobody(DAY - dt.timedelta(days=1))[0] == 3
    responsibility.end(city, assigned, DAY, "head", now=NOW)
    with city.connection() as connection:
        assert len(responsibility.of_unit(connection, _unit(city, "U3"), DAY + dt.timedelta(days=1))) == 1
    with pytest.raises(CaseworkError, match="a department is named"):
        put(body="department")
    with pytest.raises(AlreadyDone):
        put(body="brigade", is_key=True)


@pytest.mark.row(17)
def test_the_roster_of_the_coordination_group_shows_its_seven_offices_and_who_is_missing(city: Database) -> None:
    def roster(day: dt.date) -> dict[str, list[str]]:
        with city.connection() as connection:
            return {row["office"]: [one["name"] for one in row["members"]]
                    for row in coordination.roster(connection, BRIGADE, day)}

    assert len(roster(DAY)) == 7
    assert not any(roster(DAY).values())
    made = {office: coordination.put(city, {"area_code": BRIGADE, "office": office, "name": f"{office} 代表",
                                            "post": "负责人"}, "head", now=NOW) for office in roster(DAY)}
    assert all(len(members) == 1 for members in roster(DAY).values())
    coordination.end(city, made["finance"], DAY, "head", now=NOW)
    assert roster(DAY + dt.timedelta(days=1))["finance"] == []
    with pytest.raises(CaseworkError, match="office must be one of"):
        coordination.put(city, {"area_code": BRIGADE, "office": "x", "name": "a", "post": "b"}, "head", now=NOW)


@pytest.mark.row(194)
def test_an_interview_needs_minutes_and_says_with_whom_it_was_held(city: Database) -> None:
    talk = {"unit_no": "U1", "held_at": "2026-05-06T09:00", "person": "王某", "role": "responsible",
            "officers": ["B1"], "topic": "逾期未整改", "minutes_uri": "s3://m/1.pdf", "minutes_sha256": SHA}
    for wrong, why in (({"minutes_uri": None}, "kept with its minutes"), ({"role": "cook"}, "role must be one of"),
                       ({"officers": []}, "which officers"), ({"officers": ["B9"]}, "B9 is not in the register"),
                       ({"held_at": "2026-05-07T09:00"}, "in the future")):
        with pytest.raises(CaseworkError, match=why):
            interviews.hold(city, interviews.interview({**talk, **wrong}), "u", now=NOW)
    number = interviews.hold(city, interviews.interview(talk), "u", now=NOW)
    with pytest.raises(AlreadyDone):
        interviews.hold(city, interviews.interview(talk), "u", now=NOW)
    interviews.hold(city, interviews.interview({**talk, "person": "李某", "role": "manager"}), "u", now=NOW)
    with city.connection() as connection:
        assert number in {row["interview_no"] for row in interviews.listed(connection, unit_no="U1")}
        assert interviews.counted(connection, DAY, DAY) == {"interviews": 2, "responsible": 1, "manager": 1}
        assert interviews.counted(connection, DAY, DAY, [])["interviews"] == 0


@pytest.mark.row(195)
def test_six_haves_and_six_have_nots_are_twelve_points_answered_one_by_one(city: Database) -> None:
    points = checklists.named("street_shops", DAY)["points"]
    assert [sum(one["has"] for one in points), len(points)] == [6, 12]
    number = visit(city, "U2", DAY, hour=14)
    answers = {one["code"]: one["code"] not in ("has_exit", "no_ebike") for one in points}
    with pytest.raises(CaseworkError, match="1 of 12 points .* has_exit first"):
        checklists.fill_in(city, number, "street_shops", {k: v for k, v in answers.items() if k != "has_exit"}, "u",
                           now=NOW)
    with pytest.raises(CaseworkError, match="no point of the list"):
        checklists.fill_in(city, number, "street_shops", {**answers, "x": True}, "u", now=NOW)
    assert checklists.fill_in(city, number, "street_shops", answers, "u", now=NOW) == ["has_exit", "no_ebike"]
    with pytest.raises(AlreadyDone):
        checklists.fill_in(city, number, "street_shops", answers, "u", now=NOW)
    with city.connection() as connection:
        told = checklists.counted(connection, "street_shops", DAY, DAY)
    assert (told["visits"], told["all_met"], told["missed"]["no_ebike"], told["missed"]["no_bars"]) == (1, 0, 1, 0)


@pytest.mark.row(196)
def test_enforcement_of_streets_is_counted_and_fined_street_by_street(city: Database) -> None:
    prepare(city, "T1", "T2")
    delegate(city, regime="empowered", powers=["inspect", "order", "warning", "fine"], item_codes=["alarm.broken"])

    def penalise(kind: str, amount: int | None = None) -> str:
        return penalties.record_penalty(city, penalties.penalty_form({
            "unit_no": "U2", "decided_on": str(DAY), "kind": kind, "article": "消防法60", "amount_yuan": amount,
            "officers": ["T1", "T2"]}), "wang", now=NOW)

    penalise("warning")
    penalise("fine", 6000)
    withdrawn = penalise("fine", 7000)
    penalties.withdraw(city, withdrawn, DAY, "错误", "wang", now=NOW)
    with city.connection() as connection:
        (street,) = street_enforcement.by_street(connection, DAY, DAY)
        assert street_enforcement.by_street(connection, DAY, DAY, areas=[BRIGADE]) == []
    assert (street["town_code"], street["cases"], street["empowered"], street["fines"], street["fine_yuan"]) == (
        TOWN, 2, 2, 1, 6000.0)


@pytest.mark.row(175, 178)
def test_the_three_systems_have_a_rate_each_and_the_score_is_their_weighted_mean(city: Database) -> None:
    clerk = Clerk(city)

    def decided(day: str, filmed: bool, published: str | None) -> None:
        number = clerk.file(day)
        clerk.step(number, "notice", f"{day}T10:00", penalties=[fine(6000)], public_told=True,
                   evidence=[VIDEO] if filmed else [])
        clerk.reviewed(number, f"{day}T11:00")
        clerk.step(number, "decision", f"{day}T12:00", penalties=[fine(6000)], circumstance="light")
        if published:
            clerk.step(number, "published", published, uri="https://example.org/1")

    decided("2026-03-12", True, "2026-03-20")
    decided("2026-03-13", True, "2026-04-20")
    decided("2026-03-16", False, None)
    first, last = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
    with city.connection() as connection:
        rates = {rate.code: (rate.kept, rate.asked) for rate in assessment.three_systems(
            connection, first, last, as_of=NOW)}
        told = assessment.assess(connection, first, last, as_of=NOW)
        again = assessment.assess(connection, first, last, as_of=NOW)
        assert assessment.assess(connection, first, last, as_of=NOW, areas=[])["score"] is None
    assert rates == {"publicity": (1, 3), "legal_review": (3, 3), "recording": (2, 3)}
    assert told == again
    shares = {row["code"]: row["share"] for row in told["indicators"]}
    assert {row["part"] for row in told["indicators"]} == {"daily", "special"}
    assert set(told["left_out"]) == {"qualified", "without_fault", "reviews_done"}
    expected = 100 * 20 * (1 / 3 + 1 + 2 / 3 + shares["in_time"]) / 80
    assert told["score"] == pytest.approx(expected)


@pytest.mark.row(189)
def test_problems_and_plan_of_a_report_rest_on_figures_that_have_rows(city: Database) -> None:
    visit(city, "U1", dt.date(2026, 4, 1), "exits.blocked", handling="ordered")
    text = {"kind": "monthly", "period": "2026-04", "section": "problems", "body": "隐患整改不够及时。",
            "figures": ["hazards_found", "inspections"]}
    for wrong, why in (({"figures": []}, "rests on 1 to 10 figures"), ({"figures": ["no_such"]}, "not in that report"),
                       ({"figures": ["fires"]}, "has no rows"), ({"section": "praise"}, "section must be one of")):
        with pytest.raises(CaseworkError, match=why):
            text_entry.write(city, {**text, **wrong}, "head", now=NOW)
    made = text_entry.write(city, text, "head", now=NOW)
    text_entry.write(city, {**text, "section": "plan", "body": "五月开展专项整治。"}, "head", now=NOW)

    def said() -> dict[str, list[str]]:
        with city.connection() as connection:
            told = report.report(connection, "monthly", Period.named("monthly", "2026-04"), as_of=DAY)
        return {section: [one["zh"] for one in told.sentences.get(section, [])] for section in ("problems", "plan")}

    assert said() == {"problems": ["隐患整改不够及时。"], "plan": ["五月开展专项整治。"]}
    text_entry.withdraw(city, made, "head", now=NOW)
    assert said()["problems"] == []
    with pytest.raises(AlreadyDone):
        text_entry.withdraw(city, made, "head", now=NOW)
