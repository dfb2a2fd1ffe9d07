"""Plans on a real database: drafts, versions that can't be changed, and what is published of them."""

from __future__ import annotations

import datetime as dt
import json

import psycopg
import pytest

from sampling.errors import PlanError
from sampling.plans import progress, record
from sampling.plans.public import public
from sampling.tickets import GENESIS, canonical, digest
from store import Database
from tests.sampling.plans.city import EVE, PARAMETERS, YEAR, fill, visit

JUNE = dt.datetime(2026, 6, 26, 2, 0, tzinfo=dt.UTC)


@pytest.fixture
def town(db: Database) -> Database:
    fill(db)
    return db


def _adopted(db: Database) -> record.Plan:
    return record.adopt(db, record.make(db, YEAR, None, EVE, actor="li")["plan_no"], EVE, actor="wang")


def test_a_year_is_drafted_adopted_published_and_its_digest_is_that_of_its_content(town: Database) -> None:
    plan = record.make(town, YEAR, None, EVE, actor="li")
    assert (plan["plan_no"], plan["status"], plan["previous"]) == ("Y2026-1", "draft", GENESIS)
    again = record.make(town, YEAR, None, EVE, actor="li")
    assert again["plan_no"] == "Y2026-1"
    assert again["digest"] != plan["digest"], "a salt of its own"
    with pytest.raises(PlanError, match="not adopted yet"):
        record.publish(town, "Y2026-1", EVE, actor="wang")
    assert record.adopt(town, "Y2026-1", EVE, actor="wang")["adopted_by"] == "wang"
    shown = record.publish(town, "Y2026-1", EVE, actor="wang")
    assert shown["digest"] == digest(shown["content"])
    assert shown["public_digest"] == digest(shown["public_content"])
    assert shown["public_content"]["plan_digest"] == shown["digest"]
    assert bytes(town.row("select content from plans")["content"]) == canonical(shown["content"])
    with pytest.raises(PlanError, match="published already"):
        record.adopt(town, "Y2026-1", EVE, actor="wang")
    trail = town.rows("select action from audit_log where entity = 'plan' order by audit_id")
    assert [line["action"] for line in trail] == ["make", "make", "adopt", "publish"]


def test_an_adopted_plan_is_never_changed_and_a_revision_is_chained_with_its_reason(town: Database) -> None:
    first = _adopted(town)
    for change in ("update plans set content = 'x'", "update plans set reason = 'x'", "delete from plans",
                   "update plans set status = 'draft', adopted_by = null, adopted_at = null",
                   "update plans set status = 'published', published_by = 'x', published_at = now(), adopted_by = 'y'"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="final|revised"), town.connection() as connection:
            connection.execute(change)
    with pytest.raises(PlanError, match="needs a reason"):
        record.make(town, YEAR, None, JUNE, actor="li")
    visit(town, "U00001", dt.date(2026, 3, 2))
    second = record.make(town, YEAR, None, JUNE, actor="li", reason="三名人员调离")
    assert (second["plan_no"], second["version"], second["previous"]) == ("Y2026-2", 2, first["digest"])
    assert second["content"]["reason"] == "三名人员调离"
    assert second["content"]["totals"]["all"]["done"] == 1
    assert sum(second["content"]["totals"]["all"]["months"][:5]) == 0
    with town.connection() as connection:
        force = record.in_force(connection, YEAR)
        assert force is not None
        assert force["plan_no"] == "Y2026-1", "a draft is in force for nobody"


def test_the_published_plan_holds_no_class_and_small_areas_are_not_shown_apart(town: Database) -> None:
    plan = _adopted(town)
    shown = plan["public_content"]
    text = json.dumps(shown, ensure_ascii=False)
    assert "risk_class" not in json.dumps([shown["rows"], shown["totals"], shown["shortfalls"]])
    assert "salt" not in shown
    assert plan["content"]["salt"] not in text
    assert "class" not in shown["totals"]
    for group in ("duty", "key", "general"):
        rows = [row for row in shown["rows"] if row["group"] == group]
        whole = next(one for one in plan["content"]["totals"]["group"] if one["group"] == group)
        assert sum(row["quota"] for row in rows) == whole["quota"]
        assert sum(row["units"] for row in rows) == whole["units"]
        assert all(row["units"] >= 10 for row in rows)
    tiny = {**plan["content"], "rows": [row | {"units": 1} for row in plan["content"]["rows"]]}
    assert all(row["units"] >= 10 or sum(one["group"] == row["group"] for one in public(tiny, "d", 10)["rows"]) == 1
               for row in public(tiny, "d", 10)["rows"])


@pytest.mark.row(52)
def test_the_printed_rules_are_the_parameters_of_the_draw(town: Database) -> None:
    shown = _adopted(town)["public_content"]["rules"]
    printed = {rule["name"]: rule["value"] for rule in shown}
    assert printed["draw.ratio.general"] == dict(PARAMETERS.ratio["general"])
    assert printed["draw.ratio.total"] == dict(PARAMETERS.total)
    assert printed["draw.cap"] == dict(PARAMETERS.cap)
    assert all(rule["source"] and rule["tag"] for rule in shown)


@pytest.mark.row(48)
def test_a_month_follows_the_year_and_takes_over_what_is_behind(town: Database) -> None:
    with pytest.raises(PlanError, match="no adopted plan of 2026"):
        record.make(town, YEAR, 1, EVE, actor="li")
    year = _adopted(town)
    january = record.make(town, YEAR, 1, EVE, actor="li")["content"]
    assert january["totals"]["all"]["quota"] == year["content"]["totals"]["all"]["months"][0]
    assert january["basis"] == {"plan_no": "Y2026-1", "digest": year["digest"]}
    july = record.make(town, YEAR, 7, JUNE, actor="li")
    assert july["plan_no"] == "M202607-1"
    carried = {one["group"]: one for one in july["content"]["carried"]}
    assert carried["duty"]["behind"] > 10
    assert carried["duty"]["quota"] > carried["duty"]["planned"], "nothing was visited: July asks for more"
    total = july["content"]["totals"]["all"]
    assert total["quota"] == sum(row["quota"] for row in july["content"]["rows"]) == sum(total["months"])
    with pytest.raises(PlanError, match="2026-05 is over"):
        record.make(town, YEAR, 5, JUNE, actor="li")


def test_a_planned_campaign_counts_for_the_quota_in_its_month(town: Database) -> None:
    row = town.row("select unit_no from units where is_key and is_crowded limit 1")
    assert row
    visit(town, row["unit_no"], dt.date(2026, 5, 6), kind="campaign", status="planned")
    told = record.make(town, YEAR, None, EVE, actor="li")["content"]["totals"]["all"]
    assert told["booked"][4] == 1
    assert told["left"] == told["quota"] - 1 == sum(told["months"])


def test_progress_says_what_is_behind_and_where_the_year_ends(town: Database) -> None:
    plan = _adopted(town)
    duties = town.rows("select unit_no from units where is_key and is_crowded order by unit_no limit 6")
    for number, one in enumerate(duties):
        visit(town, one["unit_no"], dt.date(2026, 1, 5) + dt.timedelta(days=number))
    visit(town, duties[0]["unit_no"], dt.date(2026, 2, 2))
    visit(town, "U00100", dt.date(2026, 1, 6), status="cancelled")
    day = dt.date(2026, 6, 30)
    with town.connection() as connection:
        told = progress.progress(plan["content"], progress.counts(connection, YEAR, day, PARAMETERS), day)
        lost = progress.lost(connection, YEAR, day, PARAMETERS)
    duty = told["group"][0]
    months = next(one for one in plan["content"]["totals"]["group"] if one["group"] == "duty")["months"]
    assert duty["due"] == sum(months[:6])
    assert (duty["done"], duty["behind"]) == (6, sum(months[:6]) - 6)
    assert duty["projected"] == round(6 * duty["quota"] / sum(months[:6]))
    assert told["all"]["done"] == sum(row["done"] for row in told["rows"]) == 6, "a unit counts once"
    assert sum(lost.values()) == 1
    assert progress.gone(dt.date(2026, 1, 1), dt.date(2026, 6, 30)) == 1


def test_a_draft_needs_units_and_a_year_that_can_be_planned(db: Database) -> None:
    with pytest.raises(PlanError, match="no active units"):
        record.make(db, YEAR, None, EVE, actor="li")
    with pytest.raises(PlanError, match="not of 2030"):
        record.make(db, 2030, None, EVE, actor="li")
    with pytest.raises(PlanError, match="there is no plan Y1"):
        record.adopt(db, "Y1", EVE, actor="li")
