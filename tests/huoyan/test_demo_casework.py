"""What the demo's district has done and has in hand: pages of casework are not empty, on any day of the year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import httpx
import pytest
from psycopg.types.json import Jsonb

import api.accounts
from api.i18n import say
from api.ledger_pages import LEDGERS
from casework.reports.period import Period
from casework.reports.report import report
from casework.supervision import detectors
from huoyan.embedded import in_hand, town_agreements
from huoyan.embedded.in_hand import campaign
from huoyan.embedded.loading import load_city
from policy import calendar
from policy.clocks import SHANGHAI, legal_day
from simulators.city import generate
from store import Database
from tests.api import district
from tests.api.conftest import house_on
from tests.servers.databases import Server

#: An ordinary day, and the whole of what the demo does with it.
NOW = dt.datetime(2026, 12, 7, 10, 30, tzinfo=SHANGHAI)
PAGES = ("/cases", "/cases?state=archived", "/measures", "/measures?state=all", "/major-hazards", "/referrals",
         "/grid-leads", "/visit-requests", "/credit?noun=notice", "/credit?noun=repair",
         "/public/penalties", "/towns", "/deadlines")


def laid(db: Database, units: int, now: dt.datetime, seed: int = 7) -> None:
    """A district as the demo fills it, but for its telemetry and its night."""
    city = generate(seed, units=units, devices=4, until=legal_day(now), days=1, now=now)
    load_city(db, city, now, lambda text, share: None)
    town_agreements.sign(db, now, 365)
    assert in_hand.lay(db, now)
    today = legal_day(now)
    campaign.lay(db, today if calendar().is_working_day(today) else calendar().next(today), now)


@pytest.fixture(scope="module")
def filled(servers: Callable[[str], Server]) -> Iterator[Database]:
    with servers("embedded").migrated() as url, Database(url, max_size=4) as opened:
        laid(opened, 200, NOW)
        yield opened


@pytest.fixture(scope="module")
def duty(filled: Database) -> Iterator[httpx.Client]:
    api.accounts.ensure(filled, username="duty", display_name="值班员", password=district.PASSWORD, role="brigade",
                        area_codes=["990101"])
    with house_on(filled, clock=lambda: NOW) as house:
        yield house.browser_like("duty")[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_casework_has_rows(duty: httpx.Client, page: str) -> None:
    answer = duty.get(page)
    assert answer.status_code == 200
    body = answer.text.partition("<main")[2]
    assert body.count("<tr") > 1 or body.count("<li") > 1, page


def test_the_campaign_is_drawn(duty: httpx.Client) -> None:
    assert "人员密集场所安全疏散专项检查" in duty.get("/campaigns").text
    (row,) = duty.get("/api/v1/campaigns").json()["lists"]
    assert row["draw_status"] == "drawn"


# Lists of shops along streets are filled in at visits, and files are drawn for review by a job of the month.
@pytest.mark.parametrize("ledger", [key for key, one in LEDGERS.items()
                                    if key not in ("street-shops", "case-reviews", "report-texts", "fire-reviews",
                                                   "credit-objections")])
def test_ledgers_have_rows(duty: httpx.Client, ledger: str) -> None:
    answer = duty.get(f"/ledgers/{ledger}")
    assert answer.status_code == 200
    assert answer.text.partition("<main")[2].count("<tr") > 1, ledger


def test_matters_in_hand_stand_at_different_steps_and_are_laid_once(filled: Database) -> None:
    def counted(table: str, column: str, where: str = "true") -> dict[str, int]:
        return {row["value"]: row["n"] for row in filled.rows(
            f"select {column} as value, count(*)::int as n from {table} where {where} group by 1")}

    assert counted("cases", "standing", "entered_by = 'duty'") == {"open": 2, "decided": 2}
    assert counted("measures", "kind", "entered_by = 'duty' and standing = 'standing'") == {"seal": 1, "suspension": 1}
    assert counted("major_hazards", "standing", "entered_by = 'duty'") == {"determined": 1, "listed": 1}
    assert counted("referrals", "state") == {"sent": 1, "accepted": 1, "closed": 1}
    assert counted("visit_requests", "kind") == {"opening": 1, "event": 1, "promise": 1}
    assert counted("credit_matters", "noun") == {"notice": 1, "repair": 1}
    assert sum(counted("grid_leads", "state").values()) == 10
    late = filled.rows("select from clocks where noun = 'lead' and done_at is null and due_at < %s", [NOW])
    assert 2 <= len(late) <= 4
    assert not in_hand.lay(filled, NOW)


def test_each_past_penalty_has_its_case_and_a_review_and_few_acts_are_marked(filled: Database) -> None:
    assert filled.rows("""select from penalties p left join cases c using (case_no)
                          where p.kind <> 'seal' and p.decided_on is distinct from c.decided_on""") == []
    found = detectors.run(filled, legal_day(NOW), NOW)
    visits = filled.row("select count(*)::int as n from inspections where inspected_on > %s",
                        [legal_day(NOW) - dt.timedelta(days=120)])
    assert visits
    assert found["beyond_power"] == found["one_officer"] == found["missing_video"] == found["outside_band"] == 0
    assert sum(found.values()) < .2 * visits["n"], found


def test_the_page_of_supervision_tells_facts_in_words(duty: httpx.Client, filled: Database) -> None:
    detectors.run(filled, legal_day(NOW), NOW)
    body = duty.get("/supervision?detector=late_step").text.partition("<main")[2]
    assert "网格隐患处置时限" in body
    assert "due_at" not in body
    assert "delegation.lead_in_grid" not in body


@pytest.mark.parametrize("year", [2024, 2025])
def test_the_yearly_report_of_the_past_holds_together(filled: Database, year: int) -> None:
    with filled.connection() as connection:
        told = report(connection, "yearly", Period.of("yearly", str(year), today=legal_day(NOW)), as_of=legal_day(NOW))
    # What was corrected counts what was found before: policy says of these two that they need not hold.
    assert {one.code for one in told.relations if not one.holds} <= {"corrected_found", "town_corrected_found"}


@pytest.mark.parametrize(("seed", "now"), [
    (7, dt.datetime(2026, 1, 1, 0, 20, tzinfo=SHANGHAI)), (7, dt.datetime(2026, 2, 18, 15, 0, tzinfo=SHANGHAI)),
    # Nothing of this one's record can be repaired yet.
    (5, dt.datetime(2026, 10, 4, 23, 50, tzinfo=SHANGHAI))])
def test_a_small_district_gets_them_on_any_day(db: Database, seed: int, now: dt.datetime) -> None:
    laid(db, 50, now, seed)
    assert db.row("select count(*)::int as n from cases where entered_by = 'duty'") == {"n": 4}
    assert db.row("select count(*)::int as n from credit_matters") == {"n": 2}
    assert db.row("select count(*)::int as n from draw_lists") == {"n": 1}


#: What each detector tells of an act (casework/supervision/detectors.sql).
FACTS = {
    "beyond_power": [{"key_unit": True, "agreement": None},
                     {"key_unit": False, "agreement": "W1", "regime": "delegated"}],
    "one_officer": [{"officers": 1}], "expired_certificate": [{"ran_out": "2026-01-01"}, {"ran_out": None}],
    "late_step": [{"rule": "deadlines.recheck", "of": "Z1", "due_at": "2026-01-05T15:59:59.999999+00:00",
                   "done_at": None}],
    "outside_band": [{"amount_yuan": 90000, "lowest": 5000, "highest": 20000, "article": "消防法 Art. 60",
                      "circumstance": one} for one in ("light", "ordinary", "heavy", None)],
    "missing_video": [{"steps": ["inquiry", "notice", "served"]}, {"act": "inspection"}],
    "missing_review": [{"case": "A20260101-0001"}, {"case": None}]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_facts_of_every_detector_are_words(duty: httpx.Client, filled: Database, lang: str) -> None:
    assert FACTS.keys() == set(detectors.DETECTORS)
    with filled.connection() as connection:
        for detector, told in FACTS.items():
            for number, facts in enumerate(told):
                connection.execute(
                    "insert into supervision_findings (detector, noun, ref, area_code, body, officers, acted_on, facts,"
                    " found_on) values (%s, 'inspection', %s, '990101', 'town', '{}', '2026-12-01', %s, '2026-12-02')"
                    " on conflict do nothing", [detector, f"X{number}", Jsonb(facts)])
    for detector, told in FACTS.items():
        answer = duty.get("/supervision", params={"detector": detector, "lang": lang})
        assert answer.status_code == 200, detector
        body = answer.text.partition("<main")[2]
        for name in {name for facts in told for name, value in facts.items() if value is not None} - {"of"}:
            assert say(lang, f"fact.{name}") in body, (detector, name)
