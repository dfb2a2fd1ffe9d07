"""Verdicts by rule: what an alarm was, where policy has a rule that is sure of it.

A rule judges only a case that has been restored, some time after, and only while no person has: it closes nothing,
takes no alarm off a page, and never says that one was real. Its verdict keeps the name of the rule; whoever looks may
put another in its place, and a rule never touches what a person has said. Where late data contradicts a rule's verdict,
the rule takes it back.

Why no rule closes a fire by silence: a panel in test mode, a detector that burnt through and a cable that shorted all
look like an alarm that went away. So each rule asks for something that speaks for it, and for nothing that speaks
against it; what is left over waits for a person, for as long as that takes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from policy import PolicyError, rules
from policy.clocks import legal_day
from policy.rules import Rule
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

_q = Queries(__file__)
_PREFIX = "verdicts.rule."
#: What a rule may say. That an alarm was real is for people alone.
_MAY_SAY = ("false", "test")
#: In this order: the first rule that is sure has judged.
_RULES = ("test_mode", "short_single")


def run(db: Database, now: dt.datetime) -> dict[str, Any]:
    """Judge by the rules of the day what can be judged as of ``now``, and take back what can't stand any more."""
    book, day = rules(), legal_day(now)
    since = now - dt.timedelta(hours=book.value("verdicts.look_back_hours", day))
    told: dict[str, Any] = {"judged": 0, "taken_back": 0}
    for rule in sorted(book.on(day, _PREFIX), key=_place):
        code = rule.name.removeprefix(_PREFIX)
        with db.connection() as connection:
            lock_for_transaction(connection, "verdicts by rule")
            met = connection.execute(_q[code], _terms(rule.value, since, now)).fetchall()
            told["judged"] += _judge(connection, code, rule, met, now)
            told["taken_back"] += _take_back(connection, code, [row["alarm_id"] for row in met], since, now)
    return told


def _place(rule: Rule) -> int:
    code = rule.name.removeprefix(_PREFIX)
    if code not in _RULES or rule.value.get("verdict") not in _MAY_SAY:
        raise PolicyError(f"the rule {rule.name} can't judge: its name ends in {' or '.join(_RULES)}, and its verdict "
                          f"is {' or '.join(_MAY_SAY)}")
    return _RULES.index(code)


def _terms(value: Mapping[str, Any], since: dt.datetime, now: dt.datetime) -> dict[str, Any]:
    return {"since": since, "restored_by": now - dt.timedelta(minutes=value["wait_minutes"]),
            "kinds": value["kinds"], "alone": dt.timedelta(minutes=value["alone_minutes"]), "now": now,
            "longest": dt.timedelta(hours=value.get("longest_hours", 0)),
            "within": dt.timedelta(seconds=value.get("seconds", 0))}


def _judge(connection: Connection, code: str, rule: Rule, met: list[dict[str, Any]], now: dt.datetime) -> int:
    judged = connection.execute(_q["judge"], {
        "alarms": [row["alarm_id"] for row in met], "notes": [row["note"] for row in met],
        "verdict": rule.value["verdict"], "rule": code, "now": now}).fetchall()
    for row in judged:
        audit.record(connection, f"rule:{code}", "judge", "alarm", str(row["alarm_id"]), {"verdict": None},
                     {"verdict": rule.value["verdict"], "note": row["verdict_note"], "rule": rule.name,
                      "source": rule.source, "tag": rule.tag})
    return len(judged)


def _take_back(connection: Connection, code: str, met: list[int], since: dt.datetime, now: dt.datetime) -> int:
    gone = connection.execute(_q["take_back"], {"rule": code, "met": met, "since": since, "now": now}).fetchall()
    for row in gone:
        audit.record(connection, f"rule:{code}", "take back", "alarm", str(row["alarm_id"]), {"verdict": row["was"]},
                     {"verdict": None, "note": "later data contradicts it"})
    return len(gone)
