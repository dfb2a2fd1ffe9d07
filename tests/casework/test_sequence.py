"""What comes after something is dated after it: a file in which the service lies before the decision is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casework import grounds
from casework.enforcement import major_hazard_forms, major_hazards, measure_forms, measures
from casework.enforcement.sequence import AFTER
from casework.errors import CaseworkError
from casework.forms import NewVisit, ResultForm
from casework.results import record_result
from store import Database
from tests.casework.city import PHOTO, SHEET, build_city, moment
from tests.casework.enforcing import LOCAL, MEETING, NOW, STOP, STOPPING, VIDEO, WARNING, Clerk, at, fine
from tests.servers.databases import Server


@pytest.fixture(scope="module")
def clerk(servers: Callable[[str], Server]) -> Iterator[Clerk]:
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        build_city(opened)
        yield Clerk(opened)


def decided(clerk: Clerk) -> str:
    number = clerk.file()
    clerk.told(number, "2026-03-12", fine(6000))
    clerk.reviewed(number, "2026-03-12T11:00")
    clerk.step(number, "decision", "2026-03-13", penalties=[fine(6000)], circumstance="light")
    return number


@pytest.mark.parametrize(("step", "fields", "article"), [
    ("served", {"how": "direct"}, r"行政处罚法 Art\. 61"), ("published", {}, r"行政处罚法 Art\. 48"),
    ("decision_withdrawn", {"note": "复议撤销"}, r"行政处罚法 Art\. 48")])
def test_nothing_is_served_published_or_withdrawn_before_the_decision(clerk: Clerk, step: str, fields: dict[str, Any],
                                                                      article: str) -> None:
    number = decided(clerk)
    before = clerk.read(number)
    with pytest.raises(CaseworkError, match=f"dated 2026-03-13 09:59, before the step decision at .*{article}") as told:
        clerk.step(number, step, "2026-03-13T09:59", **fields)
    assert told.value.status == 409
    assert clerk.read(number) == before
    clerk.step(number, step, "2026-03-13T10:00", **fields)


def test_a_fine_is_paid_after_its_service_and_not_above_what_is_owed(clerk: Clerk) -> None:
    number = decided(clerk)
    clerk.step(number, "served", "2026-03-16", how="direct", evidence=[VIDEO])
    with pytest.raises(CaseworkError, match=r"before the step served.*Art\. 67"):
        clerk.step(number, "paid", "2026-03-14", amount_yuan=6000)
    with pytest.raises(CaseworkError, match=r"6000\.01 yuan are more than the 6000.* yuan that are owed.*Art\. 67"):
        clerk.step(number, "paid", "2026-03-17", amount_yuan="6000.01")
    clerk.step(number, "paid", "2026-03-17", amount_yuan=6000)


def test_a_hearing_is_not_held_before_the_moment_that_was_told(clerk: Clerk) -> None:
    number = clerk.file(article=STOPPING)
    clerk.told(number, "2026-03-12", STOP)
    with pytest.raises(CaseworkError, match=r"before the step notice.*Art\. 64"):
        clerk.step(number, "hearing_asked", "2026-03-12T09:30")
    clerk.step(number, "hearing_asked", "2026-03-13")
    clerk.step(number, "hearing_notice", "2026-03-13T12:00", hearing_at="2026-03-25T09:00")
    with pytest.raises(CaseworkError, match=r"begins at 2026-03-25 09:00, and it was not held before.*Art\. 64"):
        clerk.step(number, "hearing_held", "2026-03-24", chair="T1")
    clerk.step(number, "hearing_held", "2026-03-25", chair="T1")


def test_who_asks_for_a_hearing_after_waiving_it_is_heard(clerk: Clerk) -> None:
    number = clerk.file(article=STOPPING)
    clerk.told(number, "2026-03-12", STOP)
    clerk.step(number, "hearing_waived", "2026-03-13")
    clerk.step(number, "hearing_asked", "2026-03-16")
    clerk.reviewed(number, "2026-03-17")
    clerk.step(number, "collective", "2026-03-17T15:00", collective=MEETING)
    with pytest.raises(CaseworkError, match=r"asked for a hearing, which was not held.*Art\. 64"):
        clerk.step(number, "decision", "2026-03-18", penalties=[STOP])
    clerk.step(number, "hearing_waived", "2026-03-18T09:00")
    clerk.step(number, "decision", "2026-03-18", penalties=[STOP])


def test_a_fine_above_its_article_is_not_even_told(clerk: Clerk) -> None:
    number = clerk.file()
    with pytest.raises(CaseworkError, match=r"above the 50000 yuan that 消防法 Art\. 60 allows"):
        clerk.told(number, "2026-03-12", fine(50001))
    clerk.told(number, "2026-03-12", fine(50000))


@pytest.mark.parametrize("article", ["nonsense", "消防法", "Art. 60"])
def test_a_case_names_a_law_and_an_article(clerk: Clerk, article: str) -> None:
    with pytest.raises(CaseworkError, match="names a law and an article"):
        clerk.file(article=article)
    with pytest.raises(CaseworkError, match=r"消防法 Art\. 99 is no ground of a penalty"):
        clerk.file(article="消防法第九十九条")


def test_a_fine_under_another_law_needs_its_highest_in_policy(
        clerk: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = clerk.file(article="某省消防条例第六十一条")
    clerk.told(number, "2026-03-12", WARNING)
    with pytest.raises(CaseworkError, match=r"某省消防条例 Art\. 61 may come to is not known"):
        clerk.told(number, "2026-03-13", fine(2000))
    (tmp_path / "province.yaml").write_text(LOCAL, encoding="utf-8")
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    with pytest.raises(CaseworkError, match="2001 yuan is above the 2000 yuan"):
        clerk.told(number, "2026-03-13", fine(2001))
    clerk.told(number, "2026-03-13", fine(2000))


def test_a_person_is_fined_no_more_than_the_article_allows_a_person(clerk: Clerk) -> None:
    number = clerk.file(party="citizen")
    with pytest.raises(CaseworkError, match="501 yuan is above the 500 yuan"):
        clerk.told(number, "2026-03-12", fine(501))
    clerk.told(number, "2026-03-12", fine(500))


def test_a_violation_that_an_inspection_found_ended_by_its_day_where_nobody_says_more(clerk: Clerk) -> None:
    day = at("2026-03-10").date()
    found = record_result(clerk.db, NewVisit("U1", "campaign"), ResultForm(
        moment(day, 9), moment(day, 10), "pass", officers=(("B1", "lead"), ("B2", "member")),
        sheet=SHEET, evidence=(PHOTO,)), "clerk", now=NOW)
    number = clerk.file("2026-03-12", inspection_no=found.inspection_no)
    assert clerk.read(number)["offence_on"] == day


def test_a_request_to_unseal_is_asked_inspected_and_decided_in_that_order(clerk: Clerk) -> None:
    form = measure_forms.measure_form({
        "kind": "seal", "unit_no": "U1", "began_at": "2026-03-12T16:00", "ground": "exits", "scope": "一层",
        "officers": ["B1", "B2"], "until_on": "2026-04-11", "collective": MEETING})
    number = measures.impose(clerk.db, form, "clerk", now=NOW)[0]

    def step(name: str, when: str, **fields: Any) -> None:
        measures.step(clerk.db, number, measure_forms.step_form({"step": name, "at": when, **fields}), "clerk", now=NOW)

    step("lift_asked", "2026-03-16T10:00")
    with pytest.raises(CaseworkError, match=r"before the step lift_asked at 2026-03-16 10:00.*检查规定 Art\. 25"):
        step("lift_inspected", "2026-03-15T10:00", gone=True)
    step("lift_inspected", "2026-03-17T10:00", gone=True)
    with pytest.raises(CaseworkError, match=r"before the step lift_inspected.*Art\. 25"):
        step("lift_decided", "2026-03-16T12:00", lifted=True)
    with pytest.raises(CaseworkError, match=r"before the step lift_inspected.*Art\. 25"):
        step("lifted", "2026-03-16T12:00", note="x")
    step("lift_decided", "2026-03-17T12:00", lifted=True)


def test_a_major_hazard_is_told_to_the_unit_after_it_was_determined(clerk: Clerk) -> None:
    number = major_hazards.find(clerk.db, major_hazard_forms.major_hazard_form({
        "unit_no": "U1", "found_at": "2026-03-12T10:00", "way": "direct", "elements": ["7.1.9"],
        "officers": ["B1", "B2"]}), "clerk", now=NOW)

    def step(name: str, when: str, **fields: Any) -> None:
        form = major_hazard_forms.step_form({"step": name, "at": when, **fields})
        major_hazards.step(clerk.db, number, form, "clerk", now=NOW)

    step("determined", "2026-03-13T10:00", collective=MEETING)
    with pytest.raises(CaseworkError, match=r"before the step determined at 2026-03-13 10:00.*Art\. 21"):
        step("notice_served", "2026-03-12T12:00", correct_by="2026-06-30")
    step("notice_served", "2026-03-13T12:00", correct_by="2026-06-30")


def test_no_step_comes_after_itself() -> None:
    assert all(step not in before for step, before in AFTER.items())


@pytest.mark.parametrize(("text", "ground"), [
    ("消防法 Art. 60", "60"), ("消防法第六十条", "60"), ("《消防法》第六十五条第二款", "65"),
    ("消防法第五十八条", "58"),
    ("消防法第十条", "10"), ("消防法第十九条", "19"), ("消防法第八条", "8"), ("Fire Law 60", "60"),
    ("消防法(2021) 60", "60"), ("中华人民共和国消防法第60条", "60"), ("依据《消防法》第六十条第一款第（二）项", "60"),
    ("行政处罚法第六十条", "行政处罚法 60"), ("《某市规定》第一百零二条", "某市规定 102"),
    ("某省消防条例第六十条", "某省消防条例 60"), ("某省实施《消防法》办法第9条", "某省实施《消防法》办法 9"),
    ("消防法", None), ("第六十条", None), ("60", None), ("消防法 2021", None)])
def test_a_ground_is_read_with_its_law_and_its_number_as_digits_or_as_words(text: str, ground: str | None) -> None:
    found = grounds.read(text)
    assert (found and (found.number if found.law == "消防法" else f"{found.law} {found.number}")) == ground
