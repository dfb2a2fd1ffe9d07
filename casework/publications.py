"""公示: results that wait to be made public; nothing before the decision, nothing late, and the unit is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework import clocks, forms
from casework.clocks import Owner
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

RULE = "deadlines.result_published"


def queue(connection: Connection, inspection_id: int, inspection_no: str, kind: str, owner: Owner,
          ended_at: dt.datetime) -> None:
    """Put the result of a visit into the queue, where its kind is made public, and start its clock."""
    if kind in rules().value("publication.kinds", legal_day(ended_at)):
        connection.execute(q["queue"], {"id": inspection_id, "at": ended_at})
        clocks.start(connection, RULE, "inspection", inspection_no, owner, ended_at)


def decide(db: Database, inspection_no: str, publish: bool, reason: str | None, actor: str, *, now: dt.datetime,
           at: dt.datetime | None = None) -> None:
    """Approve a result for publication, or keep it back with a reason; once. Signed ``at``, now if None."""
    with db.connection() as connection:
        row = _waiting(connection, inspection_no)
        if row["decided_at"] is not None:
            raise AlreadyDone(f"the result of {inspection_no} was decided on by {row['decided_by']} before",
                              zh=f"检查 {inspection_no} 的结果已由 {row['decided_by']} 审定")
        why = None if publish else forms.reason(reason)
        signed = _dated(at, row["queued_at"], now, inspection_no, ("decided on", "审定"),
                        ("the end of the visit", "检查结束"))
        connection.execute(q["decide"], {"id": row["inspection_id"], "at": signed, "actor": actor, "why": why})
        if why is not None:
            clocks.drop(connection, "inspection", inspection_no, signed, why, rule=RULE)
        _trace(connection, actor, "decide", inspection_no, row, decided_by=actor, withheld_why=why, decided_at=signed)


def publish(db: Database, inspection_no: str, place: str, actor: str, *, now: dt.datetime,
            at: dt.datetime | None = None) -> bool | None:
    """Write down that a result was made public, and where; whether in time. Refused before the decision."""
    with db.connection() as connection:
        row = _waiting(connection, inspection_no)
        forms.chosen(place, "place", _codes("publication.places", now))
        if row["decided_at"] is None:
            raise AlreadyDone(f"the result of {inspection_no} is not decided on: nothing is made public before the "
                              f"decision (优化营商环境条例 Art. 54, 行政处罚法 Art. 48)",
                              zh=f"检查 {inspection_no} 尚未审定，审定前不得公示（《优化营商环境条例》第五十四条）")
        done = _dated(at, row["decided_at"], now, inspection_no, ("made public", "公示"), ("its decision", "审定"))
        connection.execute(q["publish"], {"id": row["inspection_id"], "at": done, "actor": actor, "place": place})
        in_time = clocks.stop(connection, RULE, inspection_no, done) if row["clocked"] else None
        _trace(connection, actor, "publish", inspection_no, row, published_by=actor, place=place, published_at=done)
    return in_time


def tell(db: Database, inspection_no: str, how: str, told_at: dt.datetime, actor: str, *, now: dt.datetime) -> None:
    """Write down when and how the unit was told its result."""
    with db.connection() as connection:
        row = _locked(connection, inspection_no)
        forms.chosen(how, "how", _codes("complaint.tell_ways", now))
        if row["told_at"] is not None:
            raise AlreadyDone(f"the unit was told of the result of {inspection_no} before",
                              zh=f"检查 {inspection_no} 的结果已告知被检查单位")
        if not row["ended_at"] <= told_at <= now:
            raise CaseworkError(f"inspection {inspection_no}: the unit is told between the end of the visit and now",
                                zh="告知时间应在检查结束之后、现在之前")
        connection.execute(q["tell"], {"id": row["inspection_id"], "at": told_at, "how": how})
        _trace(connection, actor, "tell", inspection_no, row, told_at=told_at, told_how=how)


def _dated(at: dt.datetime | None, first: dt.datetime, now: dt.datetime, inspection_no: str, what: tuple[str, str],
           before: tuple[str, str]) -> dt.datetime:
    """When something was done: entered late it keeps its moment, neither ahead nor before what it comes after."""
    if at is None:
        return now
    if not first <= at <= now:
        raise CaseworkError(f"inspection {inspection_no}: its result is {what[0]} between {before[0]} and now",
                            zh=f"检查 {inspection_no} 的结果{what[1]}时间应在{before[1]}之后、现在之前")
    return at


def _codes(rule: str, now: dt.datetime) -> list[str]:
    return [entry["code"] for entry in rules().value(rule, legal_day(now))]


def _locked(connection: Connection, inspection_no: str) -> dict[str, Any]:
    row = connection.execute(q["locked"], [inspection_no]).fetchone()
    if row is None:
        raise NotFound(f"the result of inspection {inspection_no} is not in the queue of results to make public",
                       zh=f"检查 {inspection_no} 的结果不在公示队列中")
    return row


def _waiting(connection: Connection, inspection_no: str) -> dict[str, Any]:
    row = _locked(connection, inspection_no)
    if row["published_at"] is not None:
        raise AlreadyDone(f"the result of {inspection_no} was made public at {row['published_at']:%Y-%m-%d %H:%M} UTC",
                          zh=f"检查 {inspection_no} 的结果已公示")
    if row["withheld_why"] is not None:
        raise AlreadyDone(f"the result of {inspection_no} is kept back: {row['withheld_why']}",
                          zh=f"检查 {inspection_no} 的结果不予公示：{row['withheld_why']}")
    return row


def _trace(connection: Connection, actor: str, action: str, inspection_no: str, row: dict[str, Any],
           **after: Any) -> None:
    audit.record(connection, actor, action, "publication", inspection_no, {name: row[name] for name in after}, after)
