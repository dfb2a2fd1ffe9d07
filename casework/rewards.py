"""一事一奖: complaints of one fact are joined, and the first of them may earn a reward, once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from casework import complaints, credit, forms
from casework.errors import AlreadyDone, CaseworkError
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Reward:
    """What a fact earns: the band of policy and its amount."""

    band: str
    amount_yuan: float
    valid_from: dt.date


def reward_for(kind: str, major: bool, day: dt.date) -> Reward:
    """What policy gives on a day for a true complaint of a kind, or for a major hazard."""
    rule = rules().rule("complaint.reward", day)
    bands = rule.value
    found = next((band for band in bands if (band["code"] == "major" if major else kind in band["kinds"])), bands[-1])
    return Reward(found["code"], float(found["yuan"]), rule.valid_from)


def join(db: Database, complaint_no: str, first_no: str, actor: str, *, now: dt.datetime | None = None) -> None:
    """Say that a complaint tells the same fact as an earlier one of the same unit.

    One fact gives points once: what the later one took is given back where the first one took points too.
    """
    with db.connection() as connection:
        # Locked in the order of their numbers, so that two who join the same pair can't wait for each other.
        held = {number: complaints.locked(connection, number) for number in sorted({complaint_no, first_no})}
        later, first = held[complaint_no], held[first_no]
        if later["complaint_id"] == first["complaint_id"]:
            raise CaseworkError(f"complaint {complaint_no} can't be joined to itself", zh="不能与自身合并")
        if later["same_fact_as"] is not None:
            raise AlreadyDone(f"complaint {complaint_no} is joined to another already",
                              zh=f"投诉 {complaint_no} 已合并")
        if later["unit_id"] != first["unit_id"]:
            raise CaseworkError(f"complaints {complaint_no} and {first_no} are about two units: that is not one fact",
                                zh=f"投诉 {complaint_no} 与 {first_no} 不是同一单位，不属于同一事实")
        if first["same_fact_as"] is not None or connection.execute(q["joined_to"], [later["complaint_id"]]).fetchone():
            raise CaseworkError(f"join both to the first complaint of the fact: {first_no} or {complaint_no} is joined "
                                f"to another", zh="请都合并到该事实的第一件投诉")
        if (later["received_at"], later["complaint_id"]) < (first["received_at"], first["complaint_id"]):
            raise CaseworkError(f"complaint {first_no} came in later than {complaint_no}: the first one stays "
                                f"(东莞市关于贯彻消防执法改革的实施意见 item 17)",
                                zh=f"投诉 {first_no} 晚于 {complaint_no}：以最先举报的为准")
        if connection.execute(q["reward"], [later["complaint_id"]]).fetchone():
            raise AlreadyDone(f"complaint {complaint_no} has a decision on its reward already",
                              zh=f"投诉 {complaint_no} 已作出奖励决定")
        if complaints.posted_for_fact(connection, first):
            credit.post_reversal(connection, unit_id=later["unit_id"], event_ref=complaint_no,
                                 occurred_on=legal_day(now or dt.datetime.now(dt.UTC)), event_kind="complaint_joined",
                                 article=f"与 {first_no} 为同一事实", actor=actor)
        connection.execute(q["join"], {"id": later["complaint_id"], "first": first["complaint_id"]})
        audit.record(connection, actor, "join", "complaint", complaint_no, {"same_fact_as": None},
                     {"same_fact_as": first_no})


def grant(db: Database, complaint_no: str, actor: str, *, now: dt.datetime, at: dt.datetime | None = None) -> Reward:
    """Grant the reward of a fact to whoever told it first; ``at`` is when it was signed, now if None."""
    with db.connection() as connection:
        found = _decidable(connection, complaint_no)
        if not found["verified"]:
            raise AlreadyDone(f"complaint {complaint_no} was not found true by a check: there is nothing to reward "
                              f"(东莞市关于贯彻消防执法改革的实施意见 item 17)",
                              zh=f"投诉 {complaint_no} 未经核查属实，不能奖励")
        day = _signed_on(found, complaint_no, at, now)
        if rules().value("complaint.reward_needs_name", day) and (
                found["anonymous"] or not connection.execute(q["named"], [found["complaint_id"]]).fetchone()):
            raise AlreadyDone(f"complaint {complaint_no} was made without a name: a reward needs somebody to pay it to",
                              zh=f"投诉 {complaint_no} 未登记举报人，不能发放奖励")
        major = connection.execute(q["major"], [found["inspection_id"]]).fetchone() is not None
        reward = reward_for(found["kind"], major, day)
        _store(connection, found, complaint_no, reward, "granted", None, day, actor)
    return reward


def refuse(db: Database, complaint_no: str, reason: str, actor: str, *, now: dt.datetime,
           at: dt.datetime | None = None) -> None:
    """Decide that a fact earns no reward, with the reason; ``at`` is when it was signed, now if None."""
    why = forms.reason(reason)
    with db.connection() as connection:
        found = _decidable(connection, complaint_no)
        day = _signed_on(found, complaint_no, at, now)
        reward = reward_for(found["kind"], False, day)
        _store(connection, found, complaint_no, Reward(reward.band, 0.0, reward.valid_from), "refused", why, day,
               actor)


def pay(db: Database, complaint_no: str, paid_on: dt.date, actor: str, *, now: dt.datetime) -> None:
    """Write down that a granted reward was paid; once."""
    with db.connection() as connection:
        found = complaints.locked(connection, complaint_no)
        row = connection.execute(q["reward"], [found["complaint_id"]]).fetchone()
        if row is None or row["state"] != "granted":
            state = "not decided on" if row is None else str(row["state"])
            raise AlreadyDone(f"the reward of complaint {complaint_no} is {state}: only a granted one is paid",
                              zh=f"投诉 {complaint_no} 没有待发放的奖励")
        if not row["decided_on"] <= paid_on <= legal_day(now):
            raise CaseworkError(f"the reward of {complaint_no} is paid between its decision on {row['decided_on']} and "
                                f"today", zh=f"发放日期应在决定日 {row['decided_on']} 与今天之间")
        connection.execute(q["pay"], {"id": found["complaint_id"], "day": paid_on})
        audit.record(connection, actor, "pay", "reward", complaint_no, {"state": "granted"},
                     {"state": "paid", "paid_on": paid_on})


def _decidable(connection: Connection, complaint_no: str) -> dict[str, Any]:
    found = complaints.locked(connection, complaint_no)
    if found["same_fact_as"] is not None:
        first = connection.execute(q["number"], [found["same_fact_as"]]).fetchone()
        told = first["complaint_no"] if first else ""
        raise AlreadyDone(f"complaint {complaint_no} tells the same fact as {told}: one fact is rewarded once, and to "
                          f"whoever told it first (东莞市关于贯彻消防执法改革的实施意见 item 17)",
                          zh=f"投诉 {complaint_no} 与 {told} 是同一事实：一事一奖，奖励最先举报人")
    if found["checked_at"] is None:
        raise AlreadyDone(f"complaint {complaint_no} is not checked: a reward is decided on after the check "
                          f"(消防监督检查规定 Art. 18)",
                          zh=f"投诉 {complaint_no} 尚未核查，核查后才能决定奖励（《消防监督检查规定》第十八条）")
    if connection.execute(q["reward"], [found["complaint_id"]]).fetchone():
        raise AlreadyDone(f"the reward of complaint {complaint_no} was decided on before: one fact is rewarded once",
                          zh=f"投诉 {complaint_no} 已作出奖励决定：一事一奖")
    return found


def _signed_on(found: dict[str, Any], complaint_no: str, at: dt.datetime | None, now: dt.datetime) -> dt.date:
    """The day of a decision that may be entered late: not ahead, and not before the check that it rests on."""
    if at is not None and not found["checked_at"] <= at <= now:
        raise CaseworkError(f"the reward of complaint {complaint_no} is decided on between its check and now",
                            zh=f"投诉 {complaint_no} 的奖励决定时间应在核查之后、现在之前")
    return legal_day(at or now)


def _store(connection: Connection, found: dict[str, Any], complaint_no: str, reward: Reward, state: str,
           reason: str | None, day: dt.date, actor: str) -> None:
    connection.execute(q["decide"], {
        "id": found["complaint_id"], "rule": reward.valid_from, "band": reward.band, "amount": reward.amount_yuan,
        "state": state, "day": day, "actor": actor, "reason": reason})
    audit.record(connection, actor, "grant" if state == "granted" else "refuse", "reward", complaint_no, None,
                 {"state": state, "band": reward.band, "amount_yuan": reward.amount_yuan, "reason": reason,
                  "decided_on": day})
