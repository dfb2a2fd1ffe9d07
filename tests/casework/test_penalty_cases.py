"""Every gate of a case refuses with its article, and opens once what was missing is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from casework import credit
from casework.enforcement import evidence
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.reports import counting, figures
from casework.reports.period import Period
from policy import clocks
from policy.clocks import SHANGHAI
from scoring import features
from store import Database
from tests.casework.city import build_city
from tests.casework.enforcing import LOCAL, MEETING, NOW, SHA, STOP, STOPPING, VIDEO, WARNING, Clerk, fine
from tests.casework.towns import delegate
from tests.servers.databases import Server


@pytest.fixture(scope="module")
def clerk(servers: Callable[[str], Server]) -> Iterator[Clerk]:
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        build_city(opened)
        yield Clerk(opened)


def last_moment(day: str) -> dt.datetime:
    """A period of days ends with the last moment of its last day."""
    return clocks.last_moment(dt.date.fromisoformat(day))


def ready(clerk: Clerk, *penalties: dict[str, object], day: str = "2026-03-12", **changes: object) -> str:
    """A case in which the party was told, and which was reviewed."""
    number = clerk.file(day, **changes)
    clerk.told(number, day, *penalties)
    clerk.reviewed(number, f"{day}T11:00")
    return number


def decided(clerk: Clerk, amount: float = 6000, **changes: object) -> str:
    number = ready(clerk, fine(amount), **changes)
    clerk.step(number, "decision", "2026-03-13", penalties=[fine(amount)], circumstance="light")
    return number


@pytest.mark.row(111)
def test_two_certified_officers_who_are_not_recused_file_a_case(clerk: Clerk) -> None:
    with pytest.raises(CaseworkError, match=r"Art\. 42"):
        clerk.file(officers=["B1"])
    with pytest.raises(CaseworkError, match="the certificate ended on 2025-12-31"):
        clerk.file(officers=["B1", "B3"])
    with pytest.raises(CaseworkError, match="recused"):
        clerk.file(unit_no="U2", officers=["B1", "B4"])
    assert clerk.file(officers=["B1", "B2"]).startswith("A20260312-")


def test_a_case_is_filed_once(clerk: Clerk) -> None:
    clerk.file(facts="同一事实")
    with pytest.raises(AlreadyDone, match="was filed before as A20260312"):
        clerk.file(facts="同一事实")


@pytest.mark.row(184)
@pytest.mark.parametrize(("day", "regime", "opens"), [
    ("2023-09-17", "delegated", False), ("2023-09-18", "delegated", True),
    ("2023-12-31", "empowered", False), ("2024-01-01", "empowered", True)])
def test_a_case_is_under_a_regime_valid_on_the_day_it_is_filed(clerk: Clerk, day: str, regime: str,
                                                               opens: bool) -> None:
    if opens:
        with pytest.raises(CaseworkError, match=r"(has no agreement|has no empowered agreement) .* passed on as Y"):
            clerk.file(day, unit_no="U2", regime=regime)
        delegate(clerk.db, regime=regime, signed_on=day, powers=["fine"],
                 item_codes=["exits.blocked" if regime == "delegated" else "alarm.broken"])
        assert clerk.read(clerk.file(day, unit_no="U2", regime=regime))["regime"] == regime
    else:
        with pytest.raises(CaseworkError, match=f"{regime}' was not in force"):
            clerk.file(day, regime=regime)


def test_a_case_in_the_brigades_own_power_is_signed_by_the_brigade(clerk: Clerk) -> None:
    with pytest.raises(CaseworkError, match=r"signed by an officer of the brigade .*Art\. 20"):
        clerk.file(unit_no="U2", officers=["T1", "T2"])
    clerk.file(unit_no="U2", officers=["T1", "B1"])


@pytest.mark.parametrize(("offence", "life", "opens"), [
    ("2024-03-13", False, True), ("2024-03-12", False, False), ("2021-03-13", True, True),
    ("2021-03-12", True, False)])
def test_a_violation_is_punished_within_two_years_or_five(clerk: Clerk, offence: str, life: bool, opens: bool) -> None:
    if opens:
        clerk.file(offence_on=offence, life_safety=life)
    else:
        with pytest.raises(CaseworkError, match=r"行政处罚法 Art\. 36"):
            clerk.file(offence_on=offence, life_safety=life)


@pytest.mark.parametrize(("party", "penalty", "opens"), [
    ("organisation", fine(3000), True), ("organisation", fine(3000.01), False), ("citizen", fine(200), True),
    ("citizen", fine(201), False), ("organisation", WARNING, True), ("organisation", STOP, False)])
def test_the_simple_procedure_has_its_limits(clerk: Clerk, party: str, penalty: dict[str, object], opens: bool,
                                             tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "province.yaml").write_text(LOCAL, encoding="utf-8")
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    number = clerk.file(procedure="simple", party=party, article="地方条例 Art. 9")
    clerk.reviewed(number, "2026-03-12T09:30")
    if opens:
        clerk.step(number, "decision", "2026-03-12", penalties=[penalty], public_told=True)
        assert clerk.read(number)["standing"] == "decided"
        assert clerk.due(number, "penalty_on_spot")["due_at"] == last_moment("2026-03-12")
    else:
        with pytest.raises(CaseworkError, match=r"行政处罚法 Art\. 51"):
            clerk.step(number, "decision", "2026-03-12", penalties=[penalty], public_told=True)


def test_the_party_is_told_before_and_not_less_than_is_decided(clerk: Clerk) -> None:
    number = clerk.file()
    clerk.reviewed(number, "2026-03-12T11:00")
    with pytest.raises(CaseworkError, match=r"not told of the penalty.*Art\. 44"):
        clerk.step(number, "decision", "2026-03-13", penalties=[fine(6000)], circumstance="light")
    clerk.told(number, "2026-03-13", fine(6000))
    with pytest.raises(CaseworkError, match=r"of a fine of 6000.* yuan, not of 7000.*Art\. 44"):
        clerk.step(number, "decision", "2026-03-13T11:00", penalties=[fine(7000)], circumstance="light")
    with pytest.raises(CaseworkError, match="not of warning"):
        clerk.step(number, "decision", "2026-03-13T11:00", penalties=[WARNING])
    clerk.step(number, "decision", "2026-03-14", penalties=[fine(5500)], circumstance="light")
    row = clerk.db.row("select kind, amount_yuan, decided_on from penalties where case_no = %s", [number])
    assert row == {"kind": "fine", "amount_yuan": Decimal(5500), "decided_on": dt.date(2026, 3, 14)}


@pytest.mark.row(174)
def test_the_party_is_told_that_the_penalty_will_be_public(clerk: Clerk) -> None:
    number = clerk.file()
    clerk.step(number, "notice", "2026-03-12", penalties=[fine(6000)])
    clerk.reviewed(number, "2026-03-12T11:00")
    with pytest.raises(CaseworkError, match=r"not told that the penalty will be made public.*Art\. 48"):
        clerk.step(number, "decision", "2026-03-13", penalties=[fine(6000)], circumstance="light")
    clerk.told(number, "2026-03-13", fine(6000))
    clerk.step(number, "decision", "2026-03-14", penalties=[fine(6000)], circumstance="light")


@pytest.mark.row(113, 172)
@pytest.mark.parametrize("procedure", ["simple", "ordinary"])
def test_every_decision_needs_a_review_by_someone_who_does_not_handle_the_case(clerk: Clerk, procedure: str) -> None:
    number = clerk.file(procedure=procedure)
    if procedure == "ordinary":
        clerk.told(number, "2026-03-12", WARNING)
    decide = {"penalties": [WARNING], "public_told": True}
    with pytest.raises(CaseworkError, match=r"needs a legal review first.*Art\. 58"):
        clerk.step(number, "decision", "2026-03-13", **decide)
    with pytest.raises(CaseworkError, match=r"B2 handles the case and can't review it.*Art\. 58"):
        clerk.reviewed(number, "2026-03-13", reviewer="B2")
    with pytest.raises(NotFound, match="NOBODY"):
        clerk.reviewed(number, "2026-03-13", reviewer="NOBODY")
    clerk.reviewed(number, "2026-03-13", agreed=False)
    with pytest.raises(CaseworkError, match="did not agree"):
        clerk.step(number, "decision", "2026-03-13T11:00", **decide)
    clerk.reviewed(number, "2026-03-13T12:00")
    clerk.step(number, "decision", "2026-03-14", **decide)


@pytest.mark.row(173, 206)
@pytest.mark.parametrize(("penalty", "article"), [
    (fine(30000), r"行政处罚法 Art\. 57"), (STOP, r"消防法 Art\. 70")])
def test_a_large_fine_and_an_order_to_stop_need_minutes(clerk: Clerk, penalty: dict[str, object],
                                                        article: str) -> None:
    number = ready(clerk, penalty, article=STOPPING)
    clerk.step(number, "hearing_waived", "2026-03-12T12:00")
    decide = {"penalties": [penalty], "circumstance": "ordinary"}
    with pytest.raises(CaseworkError, match=f"needs a collective decision with minutes first.*{article}"):
        clerk.step(number, "decision", "2026-03-13", **decide)
    with pytest.raises(CaseworkError, match="2 members sat"):
        clerk.step(number, "collective", "2026-03-13", collective={**MEETING, "members": ["B1", "B2"]})
    with pytest.raises(CaseworkError, match="minutes_uri is missing"):
        clerk.step(number, "collective", "2026-03-13", collective={**MEETING, "minutes_uri": ""})
    clerk.step(number, "collective", "2026-03-13", collective={**MEETING, "agreed": False})
    with pytest.raises(CaseworkError, match="did not agree"):
        clerk.step(number, "decision", "2026-03-13T11:00", **decide)
    clerk.step(number, "collective", "2026-03-13T12:00",
               collective={**MEETING, "held_at": "2026-03-13T12:00", "filing_receipt": "报备2026-7"})
    clerk.step(number, "decision", "2026-03-14", **decide)
    assert clerk.read(number)["meetings"][-1]["filing_receipt"] == "报备2026-7"


def test_nothing_is_decided_before_the_right_to_a_hearing_has_run_out(clerk: Clerk) -> None:
    # Told on Thursday 24 September; Friday, then the Mid-Autumn and National Day holidays, with no swapped day between.
    number = ready(clerk, fine(12000), day="2026-09-24")
    decide = {"penalties": [fine(12000)], "circumstance": "light"}
    until = clerk.due(number, "hearing_asked")["due_at"].astimezone(SHANGHAI)
    with pytest.raises(CaseworkError, match=rf"may ask for a hearing until {until:%Y-%m-%d}.*Art\. 64"):
        clerk.step(number, "decision", f"{until - dt.timedelta(minutes=1):%Y-%m-%dT%H:%M}", **decide)
    midnight = f"{until + dt.timedelta(days=1):%Y-%m-%d}T00:00"
    with pytest.raises(CaseworkError, match=r"ran out.*Art\. 64"):
        clerk.step(number, "hearing_asked", midnight)
    clerk.step(number, "decision", midnight, **decide)


def test_a_hearing_that_was_asked_for_is_held_with_notice_and_another_chair(clerk: Clerk) -> None:
    number = ready(clerk, STOP, article=STOPPING)
    with pytest.raises(CaseworkError, match=r"has not asked for a hearing.*Art\. 64"):
        clerk.step(number, "hearing_held", "2026-03-13", chair="T1")
    clerk.step(number, "hearing_asked", "2026-03-13")
    clerk.step(number, "collective", "2026-03-13T11:00", collective=MEETING)
    with pytest.raises(CaseworkError, match="which was not held"):
        clerk.step(number, "decision", "2026-04-30", penalties=[STOP])
    # Seven working days after Friday the 13th: Tuesday the 24th.
    with pytest.raises(CaseworkError, match=r"on 2026-03-24 at the earliest \(7 working days\).*Art\. 64"):
        clerk.step(number, "hearing_notice", "2026-03-13T12:00", hearing_at="2026-03-23T09:00")
    clerk.step(number, "hearing_notice", "2026-03-13T12:00", hearing_at="2026-03-24T09:00")
    with pytest.raises(CaseworkError, match="B1 handles the case and can't chair"):
        clerk.step(number, "hearing_held", "2026-03-24", chair="B1")
    clerk.step(number, "hearing_held", "2026-03-24", chair="T1")
    with pytest.raises(CaseworkError, match="review the case again"):
        clerk.step(number, "decision", "2026-03-25", penalties=[STOP])
    clerk.reviewed(number, "2026-03-25T09:00")
    clerk.step(number, "decision", "2026-03-25", penalties=[STOP])


def test_a_small_fine_gives_no_right_to_a_hearing(clerk: Clerk) -> None:
    number = ready(clerk, fine(9999))
    with pytest.raises(CaseworkError, match=r"no right to a hearing.*Art\. 63"):
        clerk.step(number, "hearing_asked", "2026-03-13")


@pytest.mark.row(107)
def test_a_fine_outside_its_band_needs_a_reason(clerk: Clerk) -> None:
    number = ready(clerk, fine(9000))
    with pytest.raises(CaseworkError, match=r"name the circumstances.*Art\. 34"):
        clerk.step(number, "decision", "2026-03-13", penalties=[fine(9000)])
    with pytest.raises(CaseworkError, match=r"outside the band of 18500 to 36500 yuan for ordinary.*Art\. 34"):
        clerk.step(number, "decision", "2026-03-13", penalties=[fine(9000)], circumstance="ordinary")
    clerk.step(number, "decision", "2026-03-13", penalties=[fine(9000)], circumstance="ordinary", reason="积极配合")
    assert clerk.read(number)["steps"][-1]["details"]["reason"] == "积极配合"


@pytest.mark.row(25, 26, 171, 207)
def test_a_case_is_closed_with_videos_paid_and_public_and_archived_within_thirty_days(clerk: Clerk) -> None:
    number = decided(clerk)
    with pytest.raises(CaseworkError, match=r"not served.*Art\. 61"):
        clerk.step(number, "closed", "2026-03-16")
    assert clerk.step(number, "served", "2026-03-16", how="direct") is True
    with pytest.raises(CaseworkError, match=r"not made public.*Art\. 48"):
        clerk.step(number, "closed", "2026-03-17")
    assert clerk.step(number, "published", "2026-03-17") is True
    with pytest.raises(CaseworkError, match=r"6000.* yuan of the fine are not paid.*Art\. 67"):
        clerk.step(number, "closed", "2026-03-17")
    assert clerk.step(number, "paid", "2026-03-18", amount_yuan=6000) is True
    assert clerk.read(number)["missing_media"] == ["served"]
    with pytest.raises(CaseworkError, match=r"no video with digest and duration is with served.*Art\. 47"):
        clerk.step(number, "closed", "2026-03-19")
    served = next(one for one in clerk.read(number)["steps"] if one["step"] == "served")
    evidence.add(clerk.db, "case", number, served["step_id"], evidence.evidence_list([VIDEO]), "clerk")
    clerk.step(number, "closed", "2026-03-19")
    assert clerk.due(number, "case_archived")["due_at"] == last_moment("2026-04-18")
    assert clerk.step(number, "archived", "2026-04-19", archive_ref="档2026-1") is False
    assert clerk.read(number)["standing"] == "archived"
    assert clerk.read(number)["next"][0]["step"] == "decision_withdrawn"


def test_evidence_has_a_digest_and_a_film_its_duration(clerk: Clerk) -> None:
    number = clerk.file()
    with pytest.raises(CaseworkError, match="needs its duration"):
        clerk.step(number, "inquiry", "2026-03-12", evidence=[{"kind": "video", "uri": "x", "sha256": SHA}])
    with pytest.raises(CaseworkError, match="SHA-256"):
        clerk.step(number, "inquiry", "2026-03-12", evidence=[{**VIDEO, "sha256": "ab"}])
    clerk.step(number, "inquiry", "2026-03-12", evidence=[VIDEO])
    assert clerk.read(number)["missing_media"] == []


@pytest.mark.parametrize(("paid_on", "added"), [
    ("2026-03-31", 0), ("2026-04-01", 180), ("2026-04-02", 360), ("2026-12-31", 6000)])
def test_a_late_fine_grows_by_three_per_cent_a_day_and_never_above_itself(clerk: Clerk, paid_on: str,
                                                                          added: int) -> None:
    number = decided(clerk)
    clerk.step(number, "served", "2026-03-16", how="direct", evidence=[VIDEO])
    assert clerk.due(number, "penalty_paid")["due_at"] == last_moment("2026-03-31")
    in_time = clerk.step(number, "paid", paid_on, amount_yuan=6000 + added)
    assert in_time is (added == 0)
    held = clerk.read(number)
    assert (held["added_yuan"], held["owed_yuan"]) == (added, 0)


def test_a_withdrawn_decision_gives_points_back_and_its_publication_ends_in_three_days(clerk: Clerk) -> None:
    number = decided(clerk)
    with pytest.raises(CaseworkError, match=r"neither changed nor annulled.*Art\. 48"):
        clerk.step(number, "publication_withdrawn", "2026-03-20")
    clerk.step(number, "published", "2026-03-20")
    clerk.step(number, "decision_withdrawn", "2026-03-21", note="复议撤销")
    assert clerk.due(number, "penalty_withdrawn")["due_at"] == last_moment("2026-03-24")
    assert clerk.step(number, "publication_withdrawn", "2026-03-25") is False
    row = clerk.db.row("select withdrawn_on from penalties where case_no = %s", [number])
    assert row == {"withdrawn_on": dt.date(2026, 3, 21)}
    sums = clerk.db.row("select sum(points) as points from credit_entries where event_ref = %s", [number])
    assert sums is not None
    assert sums["points"] == 0


def test_nothing_is_owed_by_a_decision_that_was_withdrawn(clerk: Clerk) -> None:
    number = decided(clerk)
    clerk.step(number, "served", "2026-03-18", how="direct")
    assert clerk.read(number)["owed_yuan"] > 0
    clerk.step(number, "decision_withdrawn", "2026-03-21", note="复议撤销")
    told = clerk.read(number)
    assert (told["owed_yuan"], told["added_yuan"]) == (0, 0)
    with pytest.raises(CaseworkError, match=r"100 yuan are more than the 0 yuan that are owed.*Art\. 67"):
        clerk.step(number, "paid", "2026-03-22", amount_yuan=100)
    refusals = {one["step"]: one["refusal"] for one in told["next"]}
    assert refusals["paid"] == refusals["execution_ended"] == "nothing is owed by then (行政处罚法 Art. 67)"


def test_a_fine_that_is_paid_is_neither_paid_nor_given_up_again(clerk: Clerk) -> None:
    number = decided(clerk)
    clerk.step(number, "served", "2026-03-18", how="direct")
    assert {one["step"]: one["refusal"] for one in clerk.read(number)["next"]}["paid"] is None
    clerk.step(number, "paid", "2026-03-20", amount_yuan=6000)
    refusals = {one["step"]: one["refusal"] for one in clerk.read(number)["next"]}
    assert refusals["paid"] == refusals["execution_ended"] == "nothing is owed by then (行政处罚法 Art. 67)"
    with pytest.raises(CaseworkError, match="nothing is owed by then"):
        clerk.step(number, "execution_ended", "2026-03-21", note="终结")


@pytest.mark.parametrize(("approved", "until", "paid_on", "added"), [
    # Art. 66 with 72: served on 18 March, to be paid by 2 April; 180 yuan a day.
    ("2026-03-30", "2026-06-30", "2026-06-30", 0), ("2026-03-30", "2026-06-30", "2026-07-03", 540),
    # Approved five days late: 3 to 6 April, the days before the approval, stay added.
    ("2026-04-07", "2026-06-30", "2026-06-01", 720), ("2026-04-07", "2026-06-30", "2026-07-01", 900),
])
def test_a_fine_that_is_deferred_does_not_grow_until_its_day(clerk: Clerk, approved: str, until: str, paid_on: str,
                                                           added: int) -> None:
    number = decided(clerk)
    with pytest.raises(CaseworkError, match=r"was not served.*Art\. 61"):
        clerk.step(number, "payment_deferred", "2026-03-17", until_on=until, note="经济困难")
    clerk.step(number, "served", "2026-03-18", how="direct")
    with pytest.raises(CaseworkError, match=r"is to be paid by 2026-04-02.*not to 2026-04-02.*Art\. 66"):
        clerk.step(number, "payment_deferred", "2026-03-30", until_on="2026-04-02", note="经济困难")
    clerk.step(number, "payment_deferred", approved, until_on=until, note="当事人申请，经批准分三期缴纳")
    assert clerk.due(number, "penalty_paid")["due_at"] == last_moment(until)
    clerk.step(number, "paid", "2026-05-15", amount_yuan=2000)
    in_time = clerk.step(number, "paid", paid_on, amount_yuan=4000 + added)
    assert in_time is (paid_on <= until)
    held = clerk.read(number)
    assert (held["added_yuan"], held["paid_yuan"], held["owed_yuan"]) == (added, 6000 + added, 0)
    with pytest.raises(CaseworkError, match=r"nothing is owed by then.*Art\. 67"):
        clerk.step(number, "payment_deferred", "2026-07-20", until_on="2026-12-31", note="再次")


def test_a_case_names_items_of_the_catalogue(clerk: Clerk) -> None:
    with pytest.raises(CaseworkError, match="item nosuch is not in the catalogue of inspection items on 2026-03-12"):
        clerk.file(items=["exits.blocked", "nosuch"])
    clerk.file(items=["exits.blocked"])


def test_a_case_that_is_handed_over_stays_until_it_is_accepted(clerk: Clerk) -> None:
    number = ready(clerk, WARNING)
    with pytest.raises(CaseworkError, match=r"was not handed over.*Art\. 25"):
        clerk.step(number, "transfer_accepted", "2026-03-12T12:00", receipt="R1")
    clerk.step(number, "transferred", "2026-03-12T12:00", to="市公安局", note="涉嫌失火罪")
    with pytest.raises(CaseworkError, match="stays with the first receiver"):
        clerk.step(number, "decision", "2026-03-13", penalties=[WARNING])
    clerk.step(number, "transfer_refused", "2026-03-13", note="不属于管辖")
    clerk.step(number, "transferred", "2026-03-14", to="住建局", note="施工工地")
    clerk.step(number, "transfer_accepted", "2026-03-15", receipt="R2")
    held = clerk.read(number)
    assert held["standing"] == "transferred"
    assert held["next"] == []
    assert clerk.due(number, "penalty_decided")["dropped_at"] is not None


def test_a_decision_may_have_several_kinds_and_each_is_a_row_of_penalties(clerk: Clerk) -> None:
    number = ready(clerk, STOP, fine(12000), article=STOPPING)
    clerk.step(number, "hearing_waived", "2026-03-12T12:00")
    clerk.step(number, "collective", "2026-03-12T15:00", collective=MEETING)
    clerk.step(number, "decision", "2026-03-13", penalties=[STOP, fine(12000)], circumstance="light")
    rows = clerk.db.rows("select case_no, kind from penalties where case_no like %s order by 1", [number + "%"])
    assert rows == [{"case_no": number, "kind": "suspension"}, {"case_no": f"{number}-2", "kind": "fine"}]


def test_a_decision_of_several_kinds_is_one_penalty_and_a_seal_is_none(db: Database) -> None:
    unit, clerk = build_city(db)["U1"], Clerk(db)
    number = ready(clerk, STOP, fine(12000), article=STOPPING)
    clerk.step(number, "hearing_waived", "2026-03-12T12:00")
    clerk.step(number, "collective", "2026-03-12T15:00", collective=MEETING)
    clerk.step(number, "decision", "2026-03-13", penalties=[STOP, fine(12000)], circumstance="light")
    # 2026-7 is a number of its own, and no further kind of a case 2026.
    db.rows("insert into penalties (case_no, unit_id, decided_on, kind, article) select no, %s, '2026-03-16', kind, "
            "'消防法第五十四条' from (values ('F1', 'seal'), ('2026-7', 'warning')) p (no, kind) returning 1", [unit])
    day, month = dt.date(2026, 3, 31), Period.named("monthly", "2026-03")
    with db.connection() as connection:
        wanted = [figures.defined(day)[one] for one in ("penalties", "offenders")]
        counted = counting.count(connection, wanted, month, None, day)
        scored = connection.execute(features.q["penalties"], {"as_of": day, "units": [unit]}).fetchone()
        assert credit.serious_grounds(connection, unit, day) == []
    assert {one: told.value for one, told in counted.items()} == {"penalties": 2, "offenders": 1}
    assert dict(counted["penalties"].forms) == {"suspension": 1, "warning": 1}
    assert scored is not None
    assert (scored["penalties_12m"], scored["grave_penalties_12m"]) == (3, 2)


@pytest.mark.parametrize(("rule", "filed", "until"), [
    # 行政处罚法 Art. 60: ninety days, every day counts, also 春节 (15 to 23 February 2026).
    ("penalty_decided", "2026-02-10", "2026-05-11"), ("penalty_decided", "2026-09-28", "2026-12-27"),
    # Art. 64 with Art. 85, five working days: 14 February (a Saturday that works), 24, 25, 26, 27; 30 September, 8, 9,
    # 10 October (a Saturday that works), 12.
    ("hearing_asked", "2026-02-13", "2026-02-27"), ("hearing_asked", "2026-09-29", "2026-10-12"),
    ("hearing_asked", "2026-03-12", "2026-03-19")])
def test_the_periods_of_a_case_end_on_the_day_counted_by_hand(clerk: Clerk, rule: str, filed: str, until: str) -> None:
    number = ready(clerk, STOP, day=filed, article=STOPPING)
    assert clerk.due(number, rule)["due_at"] == last_moment(until)


@pytest.mark.parametrize(("rule", "decided_on", "until"), [
    ("penalty_served", "2026-02-13", "2026-02-20"),  # Art. 61, seven days
    # 国办发〔2018〕118号, seven working days: 14 February (swapped), 24, 25, 26, 27, 28 (swapped), 2 March.
    ("penalty_published", "2026-02-13", "2026-03-02"),
    # From Wednesday 30 September: 8, 9, 10 (swapped), 12, 13, 14, 15 October.
    ("penalty_published", "2026-09-30", "2026-10-15")])
def test_the_periods_after_a_decision_end_on_the_day_counted_by_hand(clerk: Clerk, rule: str, decided_on: str,
                                                                     until: str) -> None:
    number = ready(clerk, WARNING, day=decided_on)
    clerk.step(number, "decision", f"{decided_on}T12:00", penalties=[WARNING])
    assert clerk.due(number, rule)["due_at"] == last_moment(until)


def test_a_refused_step_leaves_nothing_behind(clerk: Clerk) -> None:
    number = ready(clerk, fine(40000))
    clerk.step(number, "hearing_waived", "2026-03-12T12:00")
    before = clerk.read(number)
    with pytest.raises(CaseworkError, match="above the 50000 yuan"):
        clerk.told(number, "2026-03-13", fine(90000))
    with pytest.raises(NotFound, match="B9 is not in the register"):
        clerk.step(number, "collective", "2026-03-12T15:00", collective={**MEETING, "members": ["B1", "B2", "B9"]})
    assert clerk.read(number) == before
    assert clerk.db.row("select from penalties where case_no = %s", [number]) is None


def test_a_step_is_neither_of_tomorrow_nor_from_before_the_case(clerk: Clerk) -> None:
    number = clerk.file()
    with pytest.raises(CaseworkError, match="in the future"):
        clerk.step(number, "inquiry", f"{NOW + dt.timedelta(days=1):%Y-%m-%dT%H:%M}")
    with pytest.raises(CaseworkError, match="before it began"):
        clerk.step(number, "inquiry", "2026-03-11")
    with pytest.raises(CaseworkError, match="a step paid is made while it is decided"):
        clerk.step(number, "paid", "2026-03-12", amount_yuan=1)
    clerk.step(number, "dropped", "2026-03-13", note="不成立")
    with pytest.raises(CaseworkError, match="stands at dropped"):
        clerk.step(number, "inquiry", "2026-03-14")


@pytest.mark.parametrize(("article", "kind", "refusal", "zh"), [
    ("消防法 Art. 60", "licence_revoked", "消防法 Art. 60 is no ground of a licence_revoked: it allows warning, fine",
     "《消防法》第 60 条不是吊销许可的依据，只可作出警告、罚款"),
    ("消防法 Art. 60", "suspension", "Art. 60 is no ground of a suspension",
     "第 60 条不是责令停止施工、停止使用或停产停业的依据"),
    ("消防法 Art. 61", "warning", "Art. 61 is no ground of a warning: it allows fine, suspension", "只可作出罚款、")])
def test_an_article_is_the_ground_of_its_own_kinds_alone(clerk: Clerk, article: str, kind: str, refusal: str,
                                                         zh: str) -> None:
    number = clerk.file(article=article)
    with pytest.raises(CaseworkError, match=refusal) as refused:
        clerk.told(number, "2026-03-12", {"kind": kind})
    assert refused.value.zh
    assert zh in refused.value.zh


def test_a_refusal_says_in_chinese_where_a_step_is_made_and_by_what_law(clerk: Clerk) -> None:
    number = ready(clerk, WARNING)
    with pytest.raises(CaseworkError, match=r"made while it is closed or dropped \(行政处罚法 Art\. 47\)") as early:
        clerk.step(number, "archived", "2026-03-13", archive_ref="1")
    assert early.value.zh == (
        f"案件 {number} 现为“办理中”，不能进行“归档”：应在“已结案”或“已撤案”时进行（《行政处罚法》第四十七条）")
    with pytest.raises(CaseworkError) as unlike:
        clerk.step(number, "decision", "2026-03-13", penalties=[fine(6000)], circumstance="light")
    assert unlike.value.zh == "告知的处罚不含罚款，请重新告知（《行政处罚法》第四十四条）"
    clerk.step(number, "decision", "2026-03-13", penalties=[WARNING])
    with pytest.raises(CaseworkError) as backwards:
        clerk.step(number, "served", "2026-03-12T12:00", how="direct")
    assert backwards.value.zh
    assert "“送达”的时间 2026-03-12 12:00 早于“处罚决定”的时间" in backwards.value.zh
    clerk.step(number, "served", "2026-03-13T12:00", how="direct")
    clerk.step(number, "published", "2026-03-13T13:00", uri="https://x")
    with pytest.raises(CaseworkError) as unfilmed:
        clerk.step(number, "closed", "2026-03-14")
    assert unfilmed.value.zh == "“送达”没有影像记录（含摘要和时长），请补充（《行政处罚法》第四十七条）"


def test_a_sum_is_said_as_it_was_written(clerk: Clerk) -> None:
    number = ready(clerk, fine(6000.0))
    with pytest.raises(CaseworkError, match="told of a fine of 6000 yuan, not of 7000.5: tell it again"):
        clerk.step(number, "decision", "2026-03-13", penalties=[fine(7000.5)], circumstance="light")


def test_what_a_citizen_is_punished_for_is_no_record_of_the_unit(clerk: Clerk) -> None:
    """消防法 Art. 60 ¶2 and 64 punish persons: the credit of the place where they did it is another's."""
    def punished(unit: str, party: str) -> list[str]:
        numbers = []
        for _ in range(3):
            numbers.append(clerk.file(unit_no=unit, party=party))
            clerk.told(numbers[-1], "2026-03-12", fine(150))
            clerk.reviewed(numbers[-1], "2026-03-12T11:00")
            clerk.step(numbers[-1], "decision", "2026-03-13", penalties=[fine(150)], circumstance="light", reason="x")
        credit.run(clerk.db, dt.date(2026, 3, 14))
        return numbers

    theirs = punished("U3", "citizen")
    with clerk.db.connection() as connection:
        unit = clerk.db.row("select unit_id from units where unit_no = 'U3'")
        assert unit
        assert credit.serious_grounds(connection, unit["unit_id"], dt.date(2026, 3, 14)) == []
    assert clerk.db.rows("select 1 from credit_entries where event_ref = any(%s)", [theirs]) == []
    clerk.step(theirs[0], "decision_withdrawn", "2026-03-15", note="撤销")
    assert clerk.db.rows("select 1 from credit_entries where event_ref = any(%s)", [theirs]) == []
