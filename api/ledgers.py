"""Ledgers of supervision that have a page with a list and forms: who answers where, what is at risk, talks, rates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api import assessment, credit, cursors, enforcement_cases, governance
from api.agreements import see
from api.assessment import Span
from api.ledger_fields import Act, Column, Field, Ledger, leads
from api.viewer import LEADS, Viewer
from casework import forms
from casework.errors import CaseworkError
from casework.governance import checklists, control_rooms, coordination, interviews, responsibility
from casework.reports import ledgers, text_entry, texts
from casework.reports.period import Period
from casework.supervision import review_tasks
from policy.clocks import legal_day
from store import Database

At = int | str | None
Found = dict[str, Any]
_UNIT, _NOTE = Field("unit_no"), Field("note", "long", needed=False)
_LIMIT = 50


def _page(rows: list[Found], key: str) -> Found:
    return {"rows": rows, "next": cursors.after(rows, key, _LIMIT)}


def _areas(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    wanted = governance.RiskAreaFilter.model_validate({"state": "all", "after": str(at) if at else None,
                                                        "limit": _LIMIT})
    return _page(governance.risk_areas(db, viewer, wanted, legal_day(now))["areas"], "risk_area_no")


def _end_area(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    governance.end_area(db, viewer, forms.word(data["risk_area_no"], "risk_area_no", 64), forms.day(data["on"], "on"),
                        data["reason"], now)


def _rooms(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    wanted = governance.CoverageFilter.model_validate({"after": int(at) if at else None, "limit": _LIMIT})
    return _page(governance.coverage(db, viewer, wanted, legal_day(now))["units"], "unit_id")


def _put_staff(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    credit.unit(db, viewer, forms.word(data["unit_no"], "unit_no", 64))
    control_rooms.put(db, data, viewer.username, now=now)


def _checks(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    with db.connection() as connection:
        return _page(control_rooms.checks(connection, areas=viewer.areas, before=int(at) if at else None,
                                          limit=_LIMIT), "check_id")


def _check(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    credit.unit(db, viewer, forms.word(data["unit_no"], "unit_no", 64))
    control_rooms.check(db, data, viewer.username, now=now)


def _responsible(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    day = legal_day(now)
    with db.connection() as connection:
        told = responsibility.matrix(connection, day, viewer.areas)
        blind = responsibility.without(connection, day, areas=viewer.areas, limit=20) if told["nobody"] else []
        return {"rows": responsibility.on(connection, day, viewer.areas), "next": None, "matrix": told,
                "without": blind, "facts": [("units", told["units"]), ("nobody", told["nobody"])]}


def _put_responsible(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    see(viewer, forms.word(data["area_code"], "area_code", 12))
    responsibility.put(db, data, viewer.username, now=now)


def _end_responsible(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    number = str(data["responsibility_id"] or "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise CaseworkError("responsibility_id must be a whole number", zh="责任登记编号应为整数")
    last = forms.day(data["last"], "last")
    with db.connection() as connection:
        see(viewer, responsibility.one(connection, int(number))["area_code"])
    responsibility.end(db, int(number), last, viewer.username, now=now)


def _coordination(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    rows = []
    with db.connection() as connection:
        for area in connection.execute(assessment.districts(), {"areas": viewer.areas}).fetchall():
            rows += [{"area_zh": area["name_zh"], "area_en": area["name_en"], "office": one["office"],
                      "members": [f"{member['name']}（{member['post']}）" for member in one["members"]],
                      "vacant": not one["members"]}
                     for one in coordination.roster(connection, area["area_code"], legal_day(now), viewer.areas)]
    return {"rows": rows, "next": None, "facts": [("vacant", sum(row["vacant"] for row in rows))]}


def _put_member(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    see(viewer, forms.word(data["area_code"], "area_code", 12))
    coordination.put(db, data, viewer.username, now=now)


def _interviews(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    with db.connection() as connection:
        return _page(interviews.listed(connection, areas=viewer.areas, before=int(at) if at else None, limit=_LIMIT),
                     "interview_id")


def _hold(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    form = interviews.interview(data)
    credit.unit(db, viewer, form.unit_no)
    interviews.hold(db, form, viewer.username, now=now)


def _lists(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    with db.connection() as connection:
        return _page(checklists.listed(connection, "street_shops", areas=viewer.areas, before=int(at) if at else None,
                                       limit=_LIMIT), "inspection_id")


def _fill_in(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    number = forms.word(data["inspection_no"], "inspection_no", 64)
    assessment.visit_of(db, viewer, number)
    checklists.fill_in(db, number, "street_shops", data["answers"], viewer.username, now=now)


def _streets(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    told = assessment.streets(db, viewer, Span.model_validate({}), legal_day(now))
    return {"rows": told["streets"], "next": None,
            "facts": [("cases", told["cases"]), ("fine_yuan", told["fine_yuan"])]}


def _assessment(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    told = assessment.assessed(db, viewer, Span.model_validate({}), now)
    return {"rows": told["indicators"], "next": None,
            "facts": [] if told["score"] is None else [("score", round(told["score"], 1))]}


def _reviews(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    with db.connection() as connection:
        rows = review_tasks.listed(connection, areas=viewer.areas, state="all", limit=_LIMIT)
    return {"rows": [{**row, "month": f"{row['month']:%Y-%m}", "reviewer": row["reviewer_name"] or row["reviewer"]}
                     for row in rows], "next": None,
            "facts": [("waiting", sum(row["review_no"] is None for row in rows))]}


def _review(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    case_no = forms.word(data["case_no"], "case_no", 64)
    head = enforcement_cases.find(db, viewer, case_no)
    defects = []
    for line in data["defects"]:
        kind, _, code = line.partition(":")
        defects.append({"class": kind.strip(), "code": code.strip()})
    day = forms.day(data["reviewed_on"], "reviewed_on")
    ledgers.enter(db, "reviews", {
        "review_no": f"PC-{case_no}-{day:%Y%m%d}", "noun": "case", "ref": case_no, "area_code": head["area_code"],
        "reviewed_on": day, "reviewer": data["reviewer"], "qualified": data["qualified"],
        "transferred_to": data["transferred_to"], "note": data["note"], "defects": defects}, viewer.username,
        today=legal_day(now))


def _texts(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    name = Period.of("yearly", today=legal_day(now)).name
    with db.connection() as connection:
        # The reports of whoever sees every area are those of all areas.
        told = [(area, texts.of(connection, "yearly", period, area)) for period in (name, str(legal_day(now).year))
                for area in ([None] if viewer.areas is None else viewer.areas[:50])]
    return {"rows": [{**row, "words": row["body"], "area": area or "–"} for area, found in told
                     for rows in found.values() for row in rows], "next": None}


def _write(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    assessment.may_write(viewer, data["area_code"])
    text_entry.write(db, {**data, "body": data["words"]}, viewer.username, now=now, areas=viewer.areas)


_BEGIN = Field("from_day", "day", needed=False)
GOVERNANCE = (
    Ledger("risk-areas", "/api/v1/risk-areas", (
        Column("risk_area_no", "link", path="/risk-areas/{}"), Column("name"),
        Column("kind", "rule", "governance.area_kinds"), Column("area_zh"), Column("units", "number"), Column("basis"),
        Column("from_day", "day"), Column("ended_on", "day"), Column("listed", "flag")), _areas, (
        leads("new", (Field("kind", "rule", rule="governance.area_kinds"), Field("area_code", "area"), Field("name"),
                      Field("basis"), _BEGIN, Field("unit_nos", "lines", needed=False)), governance.put_area),
        leads("end", (Field("risk_area_no"), Field("on", "day"), Field("reason")), _end_area))),
    Ledger("control-rooms", "/api/v1/control-rooms", (
        Column("unit", "unit"), Column("area_zh"), Column("on_duty", "number"), Column("certified", "number"),
        Column("share", "share"), Column("enough", "flag")), _rooms, (
        Act("new", (_UNIT, Field("name"), Field("certificate_no", needed=False),
                    Field("certified_on", "day", needed=False), Field("valid_to", "day", needed=False), _BEGIN),
            _put_staff),)),
    Ledger("certificate-checks", "/api/v1/certificate-checks", (
        Column("unit", "unit"), Column("certificate_no"), Column("checked_on", "day"),
        Column("outcome", "rule", "governance.certificate_outcomes"), Column("list_no"), Column("note")), _checks, (
        Act("new", (_UNIT, Field("certificate_no"), Field("checked_on", "day", needed=False),
                    Field("outcome", "rule", rule="governance.certificate_outcomes"), Field("list_no", needed=False),
                    _NOTE), _check),)),
    Ledger("responsibilities", "/api/v1/responsibilities", (
        Column("area_zh"), Column("responsibility_id"), Column("unit_kind", "rule", "kinds.units"),
        Column("is_key", "flag"),
        Column("body", "rule", "governance.bodies"), Column("department"), Column("basis"), Column("from_day", "day"),
        Column("to_day", "day")), _responsible, (
        leads("new", (Field("area_code", "area"), Field("unit_kind", "rule", rule="kinds.units", needed=False),
                      Field("is_key", "choice", ("true", "false"), needed=False),
                      Field("body", "rule", rule="governance.bodies"), Field("department", needed=False),
                      Field("basis"), _BEGIN), _put_responsible),
        leads("end", (Field("responsibility_id"), Field("last", "day")), _end_responsible))),
    Ledger("coordination", "/api/v1/responsibilities", (
        Column("area_zh"), Column("office", "rule", "governance.offices"), Column("members", "list"),
        Column("vacant", "flag")), _coordination, (
        leads("new", (Field("area_code", "area"), Field("office", "rule", rule="governance.offices"), Field("name"),
                      Field("post"), _BEGIN), _put_member),)),
    Ledger("interviews", "/api/v1/interviews", (
        Column("interview_no"), Column("unit", "unit"), Column("held_at", "moment"), Column("person"),
        Column("role", "rule", "governance.interview_roles"), Column("officers", "list"), Column("topic"),
        Column("promised")), _interviews, (
        Act("new", (_UNIT, Field("held_at", "moment"), Field("person"),
                    Field("role", "rule", rule="governance.interview_roles"), Field("officers", "officers"),
                    Field("topic", "long"), Field("minutes_uri"), Field("minutes_sha256"),
                    Field("promised", "long", needed=False)), _hold),)),
    Ledger("street-shops", "/api/v1/checklists/street_shops", (
        Column("inspection_no"), Column("unit", "unit"), Column("inspected_on", "day"), Column("failed", "list"),
        Column("made_by")), _lists, (
        Act("new", (Field("inspection_no"), Field("answers", "points", rule="street_shops")),
            _fill_in),)),
    Ledger("street-enforcement", "/api/v1/street-enforcement", (
        Column("name_zh"), Column("cases", "number"), Column("delegated", "number"), Column("empowered", "number"),
        Column("fines", "number"), Column("fine_yuan", "number")), _streets),
    Ledger("assessment", "/api/v1/assessment", (
        Column("code", "rule", "governance.indicators"), Column("part", "choice"), Column("kept", "number"),
        Column("asked", "number"), Column("share", "share"), Column("weight", "number")), _assessment, (), LEADS),
    Ledger("case-reviews", "/api/v1/review-tasks?state=all", (
        Column("case_no", "link", path="/cases/{}"), Column("unit", "unit"), Column("month"), Column("reviewer"),
        Column("due_at", "moment"), Column("reviewed_on", "day"), Column("qualified", "flag")), _reviews, (
        leads("new", (Field("case_no"), Field("reviewed_on", "day"), Field("reviewer"), Field("qualified", "tick"),
                      Field("transferred_to", needed=False), Field("defects", "lines", needed=False), _NOTE),
              _review),), LEADS),
    Ledger("report-texts", "/reports", (
        Column("section", "choice"), Column("words"), Column("figures", "list"), Column("area"), Column("made_by"),
        Column("made_at", "moment")), _texts, (
        leads("new", (Field("kind", "choice", ("yearly", "quarterly", "monthly")), Field("period"),
                      Field("area_code", "area", needed=False), Field("section", "choice", ("problems", "plan")),
                      Field("words", "long"), Field("figures", "lines")), _write),), LEADS),
)
