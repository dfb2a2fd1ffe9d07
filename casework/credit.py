"""消防信用积分 as a ledger: a balance is the start plus the sum of entries, and each entry names its event and article.

Nothing of the ledger is ever changed: a withdrawn penalty or a repair posts a new entry with the points given back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import PolicyError, rules
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Band:
    """A rating and the lowest balance that earns it."""

    code: str
    lowest: float
    zh: str
    en: str


def balance(points: Iterable[float], day: dt.date) -> float:
    """Start plus sum."""
    return float(rules().value("credit.start", day)) + sum(map(float, points))


def rating(points: float, day: dt.date) -> Band:
    """The band that a balance falls into."""
    bands = [Band(band["code"], band["from"], band["zh"], band["en"]) for band in rules().value("credit.bands", day)]
    for band in sorted(bands, key=lambda band: -band.lowest):
        if points >= band.lowest:
            return band
    raise PolicyError(f"credit.bands has no band for {points:g} points: give the last one a lower bound")


def points_of(event_kind: str, day: dt.date) -> tuple[float, str] | None:
    """Points and article of a kind of event on its day; None where policy posts none for it."""
    entry = rules().value("credit.points", day).get(event_kind)
    return (float(entry["points"]), str(entry["article"])) if entry else None


def post(connection: Connection, *, unit_id: int, occurred_on: dt.date, event_kind: str, event_ref: str,
         actor: str) -> float | None:
    """Post the points that policy sets for an event; once, however often it is asked for. Returns points posted now."""
    found = points_of(event_kind, occurred_on)
    if found is None:
        return None
    return _enter(connection, unit_id, occurred_on, found[0], event_kind, event_ref, found[1], actor)


def post_reversal(connection: Connection, *, unit_id: int, occurred_on: dt.date, event_ref: str, event_kind: str,
                  article: str, actor: str) -> float | None:
    """Give back what an event posted, whatever policy says today; nothing where it posted nothing."""
    row = connection.execute(q["posted_for"], {"unit": unit_id, "ref": event_ref}).fetchone()
    posted = float(row["points"]) if row else 0.0
    if posted >= 0:
        return None
    return _enter(connection, unit_id, occurred_on, -posted, event_kind, event_ref, article, actor)


def repair(db: Database, entry_id: int, reason: str, actor: str, *, day: dt.date) -> float:
    """信用修复: give the points of one entry back once its shortest publicity has passed; returns them."""
    why = forms.reason(reason)
    with db.connection() as connection:
        lock_for_transaction(connection, f"repair of credit entry {entry_id}")
        entry = connection.execute(q["entry"], [entry_id]).fetchone()
        if entry is None:
            raise NotFound(f"there is no credit entry {entry_id}")
        if entry["points"] >= 0:
            raise CaseworkError(f"credit entry {entry_id} took no points: there is nothing to repair")
        earliest = earliest_repair(entry["event_kind"], entry["occurred_on"])
        if day < earliest:
            raise CaseworkError(f"credit entry {entry_id} may be repaired from {earliest} on (shortest publicity)")
        if connection.execute(q["given_back"], {"ref": entry["event_ref"], "entry": str(entry_id)}).fetchone():
            raise AlreadyDone(f"the points of credit entry {entry_id} were given back before")
        given = _enter(connection, entry["unit_id"], day, -float(entry["points"]), "repair", str(entry_id), why[:200],
                       actor)
    if given is None:
        raise AlreadyDone(f"credit entry {entry_id} was repaired before")
    return given


def earliest_repair(event_kind: str, occurred_on: dt.date) -> dt.date:
    """The first day on which points of an event may be given back."""
    shortest = int(rules().value("credit.publicity_min_days", occurred_on))
    longer = int(rules().value("credit.repair_after_days", occurred_on).get(event_kind, 0))
    return occurred_on + dt.timedelta(days=max(shortest, longer))


def list_unit(db: Database, *, unit_no: str, listing: str, from_day: dt.date, basis: str, actor: str) -> None:
    """Put a unit on 一般失信, 严重失信 or 守信激励. It is on one of them at a time: end the one it is on first."""
    codes = [entry["code"] for entry in rules().value("credit.lists", from_day)]
    forms.chosen(listing, "the list", codes)
    why = forms.reason(basis)
    with db.connection() as connection:
        unit = _unit(connection, unit_no)
        held = connection.execute(q["listed_from"], {"unit": unit, "day": from_day}).fetchone()
        if held:
            until = "" if held["to_day"] is None else f" to {held['to_day']}"
            raise AlreadyDone(f"unit {unit_no} is on the {held['list']} list from {held['from_day']}{until}: a unit is "
                              f"on one list at a time, end that first")
        connection.execute(q["insert_listing"], {"unit": unit, "list": listing, "day": from_day, "basis": why})
        audit.record(connection, actor, "list", "unit", unit_no, None,
                     {"list": listing, "from_day": from_day, "basis": why})


def end_listing(db: Database, *, unit_no: str, to_day: dt.date, reason: str, actor: str) -> None:
    """End the listing a unit is on; ``to_day`` is its last day on it. Discredit stays for its shortest publicity."""
    why = forms.reason(reason)
    with db.connection() as connection:
        unit = _unit(connection, unit_no)
        held = connection.execute(q["open_listing"], [unit]).fetchone()
        if held is None:
            raise NotFound(f"unit {unit_no} is on no list")
        if to_day < held["from_day"]:
            raise CaseworkError(f"unit {unit_no} is on the {held['list']} list from {held['from_day']}: {to_day} is "
                                f"before that")
        earliest = earliest_repair("", held["from_day"])
        if held["list"] != "red" and to_day < earliest:
            raise CaseworkError(f"unit {unit_no} stays on the {held['list']} list at least to {earliest} "
                                f"(shortest publicity in fire safety)")
        connection.execute(q["end_listing"], {"unit": unit, "list": held["list"], "from": held["from_day"],
                                              "day": to_day})
        audit.record(connection, actor, "end_listing", "unit", unit_no, {"list": held["list"]},
                     {"list": held["list"], "to_day": to_day, "reason": why})


def serious_grounds(connection: Connection, unit_id: int, day: dt.date) -> list[str]:
    """Facts that are grounds for the serious list on ``day``; the body decides after it has heard the unit."""
    rule = rules().value("credit.serious_penalties", day)
    row = connection.execute(q["grounds"], {"unit": unit_id, "day": day,
                                            "since": day - dt.timedelta(days=rule["days"])}).fetchone()
    assert row is not None  # noqa: S101  an aggregate has one row
    grounds = []
    if row["penalties"] >= rule["count"]:
        grounds.append(f"{row['penalties']} penalties within {rule['days']} days")
    if row["overdue"]:
        grounds.append(f"{row['overdue']} major hazards not corrected in time")
    return grounds


def run(db: Database, day: dt.date) -> dict[str, Any]:
    """Post what events up to ``day`` should have posted and did not (bulk loads, a later rule)."""
    posted = 0
    with db.connection() as connection:
        for event in connection.execute(q["unposted"], {"day": day}).fetchall():
            posted += post(connection, unit_id=event["unit_id"], occurred_on=event["occurred_on"],
                           event_kind=event["event_kind"], event_ref=event["event_ref"], actor="job:credit") is not None
    return {"posted": posted}


def _enter(connection: Connection, unit_id: int, occurred_on: dt.date, points: float, event_kind: str, event_ref: str,
           article: str, actor: str) -> float | None:
    row = connection.execute(q["insert_entry"], {
        "unit": unit_id, "day": occurred_on, "points": points, "kind": event_kind, "ref": event_ref,
        "article": article}).fetchone()
    if row is None:
        return None
    audit.record(connection, actor, "post", "credit_entry", str(row["entry_id"]), None, {
        "unit_id": unit_id, "occurred_on": occurred_on, "points": points, "event_kind": event_kind,
        "event_ref": event_ref, "article": article})
    return points


def _unit(connection: Connection, unit_no: str) -> int:
    row = connection.execute(q["unit_id"], [unit_no]).fetchone()
    if row is None:
        raise NotFound(f"unit {unit_no} is not in the register")
    # Two clerks listing one unit at once would each see it on no list.
    lock_for_transaction(connection, f"listing of unit {row['unit_id']}")
    return int(row["unit_id"])
