"""Plans as records: drafts that can be made again, versions that can't be changed, each chained to the one before."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

import orjson

from policy import rules
from policy.clocks import legal_day
from registry import audit
from sampling.errors import PlanError
from sampling.plans import monthly, reading
from sampling.plans.content import Content, Heading, Known, of_year
from sampling.plans.public import public
from sampling.plans.reading import Rules, Span
from sampling.tickets import GENESIS, canonical, digest
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)
LOCK = "plans"

Plan = dict[str, Any]


def make(db: Database, year: int, month: int | None, now: dt.datetime, *, actor: str,
         reason: str | None = None) -> Plan:
    """Draft the plan of a year, or of a month of it; a draft that stands is made again, as things are now.

    Beyond the first version a ``reason`` is needed: the earlier ones stay as they were adopted.
    """
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        return draft(connection, year, month, now, actor=actor, reason=reason)


def draft(connection: Connection, year: int, month: int | None, now: dt.datetime, *, actor: str,
          reason: str | None = None) -> Plan:
    """As :func:`make`, in the caller's transaction, which holds the lock."""
    as_of = legal_day(now)
    _in_time(year, month, as_of)
    before = connection.execute(q["latest"], {"year": year, "month": month}).fetchone()
    if before and before["status"] == "draft":
        connection.execute(q["drop_draft"], [before["plan_id"]])
        reason = reason or before["reason"]
        before = connection.execute(q["latest"], {"year": year, "month": month}).fetchone()
    why = (reason or "").strip() or None
    if before and why is None:
        raise PlanError(f"{before['plan_no']} is {before['status']}: a revision of it needs a reason (--reason)",
                        zh=f"{before['plan_no']} 已审定：修订须说明理由")
    if why and len(why) > 1000:
        raise PlanError("the reason of a revision has at most 1000 characters", zh="修订理由最多 1000 字")
    version = before["version"] + 1 if before else 1
    heading = Heading(number(year, month, version), year, month, version, before["digest"] if before else GENESIS,
                      why if before else None, secrets.token_hex(16))
    content = _content(connection, heading, as_of)
    whole = canonical(content)
    shown = public(content, digest(content), Rules.on(dt.date.fromisoformat(content["first_day"])).least_units)
    connection.execute(q["insert"], {
        "plan_no": heading.plan_no, "year": year, "month": month, "version": version, "as_of": as_of, "content": whole,
        "digest": digest(content), "public_content": canonical(shown), "public_digest": digest(shown),
        "previous": heading.previous, "reason": heading.reason, "actor": actor, "now": now})
    audit.record(connection, actor, "make", "plan", heading.plan_no, None, {"digest": digest(content), "reason": why})
    return get(connection, heading.plan_no)


def adopt(db: Database, plan_no: str, now: dt.datetime, *, actor: str) -> Plan:
    """Adopt a draft: from then on nobody can change it."""
    return _move(db, plan_no, "draft", "adopt", now, actor)


def publish(db: Database, plan_no: str, now: dt.datetime, *, actor: str) -> Plan:
    """Publish an adopted plan: its public form, without classes, may be read by anyone."""
    return _move(db, plan_no, "adopted", "publish", now, actor)


def get(connection: Connection, plan_no: str) -> Plan:
    """A plan with its content; :class:`PlanError` where there is none of that number."""
    row = connection.execute(q["one"], [plan_no]).fetchone()
    if row is None:
        raise PlanMissing(plan_no)
    return opened(row)


def published(connection: Connection, plan_no: str) -> Plan | None:
    """A plan that was published, or None."""
    row = connection.execute(q["one"], [plan_no]).fetchone()
    return opened(row) if row and row["status"] == "published" else None


def in_force(connection: Connection, year: int, month: int | None = None) -> Plan | None:
    """The newest adopted version of the plan of a year or month, or None."""
    row = connection.execute(q["in_force"], {"year": year, "month": month}).fetchone()
    return opened(row) if row else None


def newest(connection: Connection, year: int, month: int | None = None) -> Plan | None:
    """The newest version, drafts too, or None."""
    row = connection.execute(q["latest"], {"year": year, "month": month}).fetchone()
    return opened(row) if row else None


def listed(connection: Connection, year: int | None = None, *, published: bool = False, limit: int = 100) -> list[Plan]:
    """Plans without their content, the newest first."""
    return connection.execute(q["listed"], {"year": year, "published": published, "limit": limit}).fetchall()


def opened(row: Plan) -> Plan:
    """A stored plan with its content read."""
    return {**row, "content": orjson.loads(bytes(row["content"])),
            "public_content": orjson.loads(bytes(row["public_content"]))}


def number(year: int, month: int | None, version: int) -> str:
    """``Y2027-1``, or ``M202701-1`` of a month."""
    return f"Y{year}-{version}" if month is None else f"M{year}{month:02d}-{version}"


class PlanMissing(PlanError):
    """There is no plan of that number."""

    status = 404

    def __init__(self, plan_no: str) -> None:
        super().__init__(f"there is no plan {plan_no}: huoyan plan show lists them", zh=f"没有计划 {plan_no}")


def _content(connection: Connection, heading: Heading, as_of: dt.date) -> Content:
    if heading.month is None:
        span = Span.of_year(heading.year, as_of)
        found = Rules.on(span.first)
        held, scores = reading.held(connection, span, found.draw)
        if not held:
            raise PlanError("there are no active units to plan for: import units",
                            zh="没有可列入计划的在用单位：请先导入单位")
        return of_year(_known(connection, span, held, scores), span, found, heading)
    basis = in_force(connection, heading.year)
    if basis is None:
        raise PlanError(f"there is no adopted plan of {heading.year} that a month could follow: huoyan plan make "
                        f"{heading.year}, then huoyan plan adopt",
                        zh=f"{heading.year} 年度计划尚未审定，不能拟定月度计划")
    span = Span(heading.year, as_of, max(dt.date(heading.year, heading.month, 1), as_of))
    found = Rules.on(span.first)
    known = _known(connection, span, {}, None)
    return monthly.of_month(connection, known, span, found, heading, basis)


def _known(connection: Connection, span: Span, held: Any, scores: dt.date | None) -> Known:
    return Known(held, reading.officers(connection, span), reading.areas(connection),
                 reading.item_list(connection, span.first), scores)


def _in_time(year: int, month: int | None, as_of: dt.date) -> None:
    if not as_of.year <= year <= as_of.year + 1:
        raise PlanError(f"on {as_of} a plan can be made of {as_of.year} or {as_of.year + 1}, not of {year}",
                        zh=f"{as_of} 只能拟定 {as_of.year} 或 {as_of.year + 1} 年的计划")
    if month is not None and (year, month) < (as_of.year, as_of.month):
        raise PlanError(f"{year}-{month:02d} is over: a plan is made before its month or in it",
                        zh=f"{year} 年 {month} 月已过：月度计划须在月前或月内拟定")


def _move(db: Database, plan_no: str, needed: str, verb: str, now: dt.datetime, actor: str) -> Plan:
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        row = connection.execute(q["one_locked"], [plan_no]).fetchone()
        if row is None:
            raise PlanMissing(plan_no)
        if row["status"] != needed:
            done = {"draft": "not adopted yet: adopt it first", "adopted": "adopted already",
                    "published": "published already"}[row["status"]]
            said = {"draft": "尚未审定，请先审定", "adopted": "已审定", "published": "已公布"}[row["status"]]
            raise PlanError(f"{plan_no} is {done}", zh=f"{plan_no} {said}")
        connection.execute(q[verb], {"plan_id": row["plan_id"], "actor": actor, "now": now})
        audit.record(connection, actor, verb, "plan", plan_no, {"status": needed}, {"digest": row["digest"]})
        return get(connection, plan_no)


def who() -> list[str]:
    """Roles that may adopt and publish."""
    return list(rules().value("plans.who", dt.date.max))
