"""Ask devices something: rows for the listeners to send, with who asked, when, what and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from ingest.links.kinds import DUTY_CHECK, SET_CLOCK, checked, kind_of, unit_of
from policy import RuleBook
from policy.clocks import legal_day
from store import Queries
from store.database import Connection

_q = Queries(__file__)
#: Listeners wait for notices on this channel.
CHANNEL: Final = "huoyan_gbt_requests"


def ask(connection: Connection, devices: Sequence[int], kind: str, fields: Mapping[str, Any], *, actor: str,
        now: dt.datetime, book: RuleBook) -> list[int]:
    """Ask each of ``devices`` (numbers of active ones) the same; returns the numbers of the requests.

    Nothing is sent before the caller's transaction commits. :class:`~ingest.gbt26875.downstream.RequestError` names the
    field that can't be used.
    """
    day = legal_day(now)
    wanted = kind_of(kind)
    found = checked(wanted, fields, minutes=book.value("gbt26875.duty_minutes", day))
    within = book.value("gbt26875.send_within_minutes", day)
    once, resends = book.value("gbt26875.confirm_seconds", day), book.value("gbt26875.resends", day)
    answer_seconds = (found["minutes"] * 60 + book.value("gbt26875.duty_grace_seconds", day) if kind == DUTY_CHECK
                      else once * (resends + 1) + once)
    rows = connection.execute(_q["ask"], {
        "devices": list(devices), "kind": kind, "command": wanted.command, "unit": unit_of(wanted, found),
        "parameters": orjson.dumps(found).decode(), "actor": actor, "now": now,
        "send_by": now + dt.timedelta(minutes=within.get(kind, within["default"])),
        "answer_seconds": answer_seconds}).fetchall()
    numbers = [row["request_id"] for row in rows]
    if numbers:
        connection.execute(_q["note"], {"requests": numbers, "now": now})
        connection.execute(_q["tell"])
    return numbers


def set_clocks(connection: Connection, devices: Sequence[int], *, hours: int, now: dt.datetime,
               book: RuleBook) -> list[int]:
    """Set the clocks of devices that are off, but none again within ``hours``."""
    rows = connection.execute(_q["set_clocks"], {"devices": list(devices),
                                                 "since": now - dt.timedelta(hours=hours)}).fetchall()
    chosen = [row["device_id"] for row in rows]
    return ask(connection, chosen, SET_CLOCK, {}, actor="system", now=now, book=book) if chosen else []
