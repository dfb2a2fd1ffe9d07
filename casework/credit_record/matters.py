"""A notice, an objection or a repair: a head that keeps where it stands, and steps that only grow."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from casework import clocks
from casework.clocks import Owner
from casework.credit_record import words
from casework.enforcement.case_record import clocks_of
from casework.enforcement.steps import check_moment
from casework.errors import AlreadyDone, NotFound
from policy.clocks import legal_day
from registry import audit
from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

_PREFIX = {"notice": "GZ", "objection": "YY", "repair": "XF"}
_ZH = {"notice": "告知", "objection": "异议", "repair": "信用修复"}
#: Everything a client reads of a step that was made.
Steps = Sequence[Mapping[str, Any]]


def unit(connection: Connection, unit_no: str) -> dict[str, Any]:
    """A unit, locked against another who would list, repair or object for it at once."""
    row = connection.execute(q["unit"], [unit_no]).fetchone()
    if row is None:
        raise NotFound(f"unit {unit_no} is not in the register", zh=f"名录库中没有单位 {unit_no}")
    lock_for_transaction(connection, f"credit of unit {row['unit_id']}")
    return row


def number(connection: Connection, prefix: str, day: dt.date, table: str) -> str:
    """The next free number of a day, such as GZ20261201-0001."""
    start = f"{prefix}{day:%Y%m%d}-"
    lock_for_transaction(connection, f"number {start}")
    row = connection.execute(q[f"last_{table}"], {"prefix": start + "%", "skip": len(start) + 1}).fetchone()
    return f"{start}{(row['last'] if row and row['last'] else 0) + 1:04d}"


def begin(connection: Connection, noun: str, of: Mapping[str, Any], *, target: str, ref: str, at: dt.datetime,
          standing: str, step: str, note: str | None, details: Mapping[str, Any], actor: str,
          now: dt.datetime) -> dict[str, Any]:
    """A matter with its first step; not in the future, not of long ago."""
    check_moment(at, dt.datetime.min.replace(tzinfo=dt.UTC), now, f"the {noun}")
    found = connection.execute(q["insert"], {
        "number": number(connection, _PREFIX[noun], legal_day(at), "matter"), "noun": noun, "unit": of["unit_id"],
        "area": of["area_code"], "target": target, "ref": ref, "details": _plain(details), "at": at,
        "standing": standing, "actor": actor}).fetchone()
    assert found is not None  # noqa: S101  returning
    _add(connection, found, step, at, note, {}, actor)
    audit.record(connection, actor, step, f"credit_{noun}", found["matter_no"], None,
                 {"unit_no": of["unit_no"], "target": target, "ref": ref, "standing": standing, "note": note,
                  **details})
    return found


def locked(connection: Connection, noun: str, matter_no: str) -> dict[str, Any]:
    """A matter, locked so that no two make a step at once."""
    row = connection.execute(q["locked"], {"noun": noun, "number": matter_no}).fetchone()
    if row is None:
        raise NotFound(f"there is no {noun} {matter_no}", zh=f"没有{_ZH[noun]} {matter_no}")
    return row


def expect(matter: Mapping[str, Any], step: str, standings: Sequence[str]) -> None:
    """Refuse a step that does not fit where the matter stands."""
    if matter["standing"] not in standings:
        raise AlreadyDone(f"{matter['noun']} {matter['matter_no']} stands at {matter['standing']}: a step {step} is "
                          f"made while it is {' or '.join(standings)}",
                          zh=f"{_ZH[matter['noun']]} {matter['matter_no']} 为“{words.stood(matter['standing'])}”，"
                             f"不能进行“{words.said(step)}”：应在{words.fits(standings)}时进行")


def add(connection: Connection, matter: Mapping[str, Any], step: str, at: dt.datetime, note: str | None,
        details: Mapping[str, Any], actor: str, *, now: dt.datetime, standing: str | None = None,
        closes: bool = False) -> None:
    """A step of a matter, after all that were made before; it may move where the matter stands."""
    last = max([matter["began_at"], *(one["at"] for one in steps(connection, matter["matter_id"]))])
    check_moment(at, last, now, f"the step {step} of {matter['noun']} {matter['matter_no']}")
    _add(connection, matter, step, at, note, details, actor)
    connection.execute(q["stand"], {"matter": matter["matter_id"], "standing": standing or matter["standing"],
                                    "closed": legal_day(at) if closes else None})
    audit.record(connection, actor, step, f"credit_{matter['noun']}", matter["matter_no"],
                 {"standing": matter["standing"]},
                 {"standing": standing or matter["standing"], "at": at, "note": note, **details})


def steps(connection: Connection, matter_id: int) -> list[dict[str, Any]]:
    """What a matter went through, the first first."""
    return connection.execute(q["steps"], [matter_id]).fetchall()


def last(made: Steps, *names: str) -> Mapping[str, Any] | None:
    """The newest of the steps of these names."""
    return next((one for one in reversed(made) if one["step"] in names), None)


def whole(connection: Connection, matter_no: str) -> dict[str, Any]:
    """A matter with its unit, steps and periods."""
    row = connection.execute(q["whole"], [matter_no]).fetchone()
    if row is None:
        raise NotFound(f"there is no notice, objection or repair {matter_no}", zh=f"没有信用事项 {matter_no}")
    return {**row, "steps": steps(connection, row["matter_id"]),
            "clocks": clocks_of(connection, f"credit_{row['noun']}", matter_no)}


def start(connection: Connection, rule: str, matter: Mapping[str, Any], at: dt.datetime) -> dt.datetime:
    """Let a period of credit run for a matter."""
    return clocks.start(connection, f"credit.{rule}", f"credit_{matter['noun']}", matter["matter_no"],
                        Owner(matter["area_code"], matter["unit_id"]), at)


def stop(connection: Connection, rule: str, matter: Mapping[str, Any], at: dt.datetime) -> bool | None:
    """What was due is done; whether in time."""
    return clocks.stop(connection, f"credit.{rule}", matter["matter_no"], at)


def drop(connection: Connection, matter: Mapping[str, Any], at: dt.datetime, why: str) -> None:
    """Let no period of a matter run any longer."""
    clocks.drop(connection, f"credit_{matter['noun']}", matter["matter_no"], at, why)


def _add(connection: Connection, matter: Mapping[str, Any], step: str, at: dt.datetime, note: str | None,
         details: Mapping[str, Any], actor: str) -> None:
    connection.execute(q["add"], {"matter": matter["matter_id"], "step": step, "at": at, "note": note,
                                  "details": _plain(details), "actor": actor})


def _plain(details: Mapping[str, Any]) -> Jsonb:
    return Jsonb({key: value for key, value in details.items() if value is not None},
                 dumps=lambda value: json.dumps(value, default=str, ensure_ascii=False))
